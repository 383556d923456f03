//===- FormMatrices.cpp - Elimination -------------------------------------===//

#include "dialects/xf/XfSpecial.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Reals.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

/// A matrix in the compute type whose rows are being eliminated.
class Rows {
public:
  Rows(TaskScope &t, Reals r, Value memref, ValueRange matrix)
      : t(t), r(r), memref(memref), matrix(matrix),
        size(t.sizeOf(memref, matrix.size())),
        width(t.sizeOf(memref, matrix.size() + 1)) {}

  Value load(Value i, Value j) { return t.load(memref, at(i, j)); }
  void store(Value value, Value i, Value j) {
    t.store(value, memref, at(i, j));
  }

  /// The row from `column` on with the largest element in `column`.
  Value findPivot(Value column) {
    Value start = r.abs(load(column, column));
    return t.carry(column, size, {start, column},
                   [&](Value i, ValueRange best) -> Values {
                     Value element = r.abs(load(i, column));
                     Value better = r.isLess(best[0], element);
                     return {r.select(better, element, best[0]),
                             t.select(better, i, best[1])};
                   })[1];
  }

  void swap(Value first, Value second) {
    t.loop(t.index(0), width, [&](Value j) {
      Value x = load(first, j), y = load(second, j);
      store(y, first, j);
      store(x, second, j);
    });
  }

  /// Takes `factor` times row `from` off row `to`.
  void subtract(Value from, Value to, Value factor) {
    t.loop(t.index(0), width, [&](Value j) {
      store(r.sub(load(to, j), r.mul(factor, load(from, j))), to, j);
    });
  }

private:
  Values at(Value i, Value j) {
    Values place(matrix);
    place.push_back(i);
    place.push_back(j);
    return place;
  }

  TaskScope &t;
  Reals r;
  Value memref;
  Values matrix;

public:
  Value size, width;
};

} // namespace

/// A work item is a matrix, copied and brought to triangular form.
LogicalResult hagane::form(xf::Determinant op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), out = emptyLike(op.getY(), b);
  Type type = computeTypeOf(op.getX());
  Value work = b.empty(op.getLoc(), b.shapes.getDims(x), type);
  Dim items = b.product(b.shapes.getDims(x).drop_back(2));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], to = t.operands[1];
    Values matrix = t.delinearize(t.item, t.sizesOf(to));
    Reals r{t.b, type};
    Rows rows(t, r, t.operands[2], matrix);
    t.loops({rows.size, rows.size}, [&](ValueRange at) {
      Values source(matrix);
      llvm::append_range(source, at);
      rows.store(t.load(from, source), at[0], at[1]);
    });
    Value result = t.carry(
        t.index(0), rows.size, r.number(1),
        [&](Value column, ValueRange sofar) -> Values {
          Value pivot = rows.findPivot(column);
          rows.swap(column, pivot);
          Value element = rows.load(column, column);
          Value isZero = r.isEqual(element, r.number(0));
          t.loop(t.add(column, t.index(1)), rows.size, [&](Value i) {
            // Nothing is left to eliminate below a pivot of 0.
            Value factor = r.div(rows.load(i, column), element);
            rows.subtract(column, i, r.select(isZero, r.number(0), factor));
          });
          Value isSwapped = arith::CmpIOp::create(t.b, arith::CmpIPredicate::ne,
                                                  column, pivot);
          Value product = r.mul(sofar[0], element);
          return {r.select(isSwapped, r.mul(product, -1), product)};
        })[0];
    t.store(result, to, matrix);
  };
  ResultRange results = formTask(op, x, {out, work}, items, body, b);
  b.replaceAll(op, results.take_front(1));
  return success();
}

/// A work item is a matrix, copied with the identity beside it; what brings the
/// one to the identity brings the other to the inverse.
LogicalResult hagane::form(xf::Inverse op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), out = emptyLike(op.getY(), b);
  Type type = computeTypeOf(op.getX());
  SmallVector<Dim> dims(b.shapes.getDims(x));
  Dim items = b.product(ArrayRef(dims).drop_back(2));
  dims.back() = dims.back() * 2;
  Value work = b.empty(op.getLoc(), dims, type);
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], to = t.operands[1];
    Values sizes = t.sizesOf(to);
    Values matrix = t.delinearize(t.item, ArrayRef(sizes).drop_back(2));
    Reals r{t.b, type};
    Rows rows(t, r, t.operands[2], matrix);
    auto place = [&](ValueRange at) {
      Values all(matrix);
      llvm::append_range(all, at);
      return all;
    };
    t.loops({rows.size, rows.size}, [&](ValueRange at) {
      rows.store(t.load(from, place(at)), at[0], at[1]);
      Value isDiagonal =
          arith::CmpIOp::create(t.b, arith::CmpIPredicate::eq, at[0], at[1]);
      rows.store(r.select(isDiagonal, r.number(1), r.number(0)), at[0],
                 t.add(at[1], rows.size));
    });
    t.loop(t.index(0), rows.size, [&](Value column) {
      rows.swap(column, rows.findPivot(column));
      Value element = rows.load(column, column);
      t.loop(t.index(0), rows.width, [&](Value j) {
        rows.store(r.div(rows.load(column, j), element), column, j);
      });
      t.loop(t.index(0), rows.size, [&](Value i) {
        Value isOther =
            arith::CmpIOp::create(t.b, arith::CmpIPredicate::ne, i, column);
        t.ifThen(isOther,
                 [&] { rows.subtract(column, i, rows.load(i, column)); });
      });
    });
    t.loops({rows.size, rows.size}, [&](ValueRange at) {
      t.store(rows.load(at[0], t.add(at[1], rows.size)), to, place(at));
    });
  };
  ResultRange results = formTask(op, x, {out, work}, items, body, b);
  b.replaceAll(op, results.take_front(1));
  return success();
}
