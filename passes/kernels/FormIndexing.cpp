//===- FormIndexing.cpp - Gathers and scatters by tuples and elements -----===//

#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"
#include "passes/precision/FactorType.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

static Type elementTypeOf(Value shaped) {
  return cast<ShapedType>(shaped.getType()).getElementType();
}

//===-- Gathers -----------------------------------------------------------===//

/// Where `indices[at]` lies on an axis of `size`; visits nothing if the axis
/// is empty.
static void visitPosition(TaskScope &t, Value indices, ValueRange at,
                          Value size, llvm::function_ref<void(Value)> visit) {
  Value where = t.position(t.load(indices, at), elementTypeOf(indices), size);
  t.ifThen(t.isLess(where, size), [&] { visit(where); });
}

/// Axes besides `axis` along which the indices may be larger than x.
static SmallVector<bool> findOpenAxes(xf::GatherElements op, KernelBuilder &b) {
  SmallVector<bool> open;
  for (auto [size, limit] : llvm::zip_equal(b.shapes.getDims(op.getIndices()),
                                            b.shapes.getDims(op.getX())))
    open.push_back(static_cast<int64_t>(open.size()) !=
                       static_cast<int64_t>(op.getAxis()) &&
                   !b.shapes.getProver().isLessOrEqual(size, limit));
  return open;
}

LogicalResult hagane::form(xf::GatherElements op, KernelBuilder &b) {
  SmallVector<bool> open = findOpenAxes(op, b);
  Value x = b.tensor(op.getX()), indices = b.tensor(op.getIndices()),
        out = emptyLike(op.getY(), b);
  int64_t axis = op.getAxis();
  Dim items = b.product(b.shapes.getDims(out).drop_back());
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], where = t.operands[1], to = t.operands[2];
    Values sizes = t.sizesOf(to);
    Values at = t.delinearize(t.item, ArrayRef(sizes).drop_back());
    t.loop(t.index(0), sizes.back(), [&](Value last) {
      Values target = at;
      target.push_back(last);
      visitPosition(t, where, target, t.sizeOf(from, axis), [&](Value row) {
        Values source = target;
        source[axis] = row;
        Value exists = arith::ConstantIntOp::create(t.b, 1, 1);
        for (auto [i, isOpen] : llvm::enumerate(open))
          if (isOpen) {
            Value size = t.sizeOf(from, i);
            source[i] = kernel::Position::create(t.b, source[i], size);
            exists = t.both(exists, t.isLess(source[i], size));
          }
        t.ifThen(exists, [&] { t.store(t.load(from, source), to, target); });
      });
    });
  };
  b.replace(op, formTask(op, {x, indices}, out, items, body, b).front());
  return success();
}

/// The position of each axis that the tuple `at` of an index tensor names,
/// from axis `batchDims` of `x` on, and whether all these axes have elements.
static std::pair<Values, Value> readTuple(TaskScope &t, Value indices,
                                          ValueRange at, Value x,
                                          int64_t batchDims) {
  auto type = cast<MemRefType>(indices.getType());
  Values positions;
  Value exists = arith::ConstantIntOp::create(t.b, 1, 1);
  for (int64_t i = 0, length = type.getShape().back(); i < length; ++i) {
    Values place(at);
    place.push_back(t.index(i));
    Value size = t.sizeOf(x, batchDims + i);
    positions.push_back(
        t.position(t.load(indices, place), type.getElementType(), size));
    exists = t.both(exists, t.isLess(positions.back(), size));
  }
  return {positions, exists};
}

/// Row r of the table is column r of the product: few of its elements lie side
/// by side in a panel.
LogicalResult hagane::formGatherOfPanels(xf::Gather op, KernelBuilder &b) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  int64_t rows = type.getDimSize(0), columns = type.getDimSize(1);
  Value weight = b.rounded(op.getLoc(), op.getX(), getFactorType(op));
  Type factor = getFactorType(op);
  kernel::PackedForm form =
      b.getPackedForm(factor, factor, /*transposed=*/true);
  Value table = b.packedWeight(weight, form);
  Value indices = b.tensor(op.getIndices()), out = emptyLike(op.getY(), b);
  Dim items = b.product(b.shapes.getDims(indices));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], where = t.operands[1], to = t.operands[2];
    Values at = t.delinearize(t.item, t.sizesOf(where));
    visitPosition(t, where, at, t.index(rows), [&](Value row) {
      Values place =
          t.delinearize(row, {t.sizeOf(from, 0), t.index(form.panel)});
      auto copy = [&](Value chunk, int64_t count) {
        for (int64_t i = 0; i < count; ++i) {
          Values target = at;
          target.push_back(
              t.add(t.mul(chunk, t.index(form.interleave)), t.index(i)));
          t.store(t.load(from, {place[0], chunk, place[1], t.index(i)}), to,
                  target);
        }
      };
      t.loop(t.index(0), t.index(columns / form.interleave),
             [&](Value chunk) { copy(chunk, form.interleave); });
      copy(t.index(columns / form.interleave), columns % form.interleave);
    });
  };
  b.replace(op, formTask(op, {table, indices}, out, items, body, b).front());
  return success();
}

LogicalResult hagane::form(xf::GatherNd op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), indices = b.tensor(op.getIndices()),
        out = emptyLike(op.getY(), b);
  int64_t batchDims = op.getBatchDims();
  Dim items = b.product(b.shapes.getDims(indices).drop_back());
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], where = t.operands[1], to = t.operands[2];
    Values sizes = t.sizesOf(to), tuples = t.sizesOf(where);
    tuples.pop_back();
    Values at = t.delinearize(t.item, tuples);
    auto [positions, exists] = readTuple(t, where, at, from, batchDims);
    Values origin(ArrayRef(at).take_front(batchDims));
    llvm::append_range(origin, positions);
    t.ifThen(exists, [&] {
      t.loops(ArrayRef(sizes).drop_front(tuples.size()), [&](ValueRange rest) {
        Values source = origin, target = at;
        llvm::append_range(source, rest);
        llvm::append_range(target, rest);
        t.store(t.load(from, source), to, target);
      });
    });
  };
  b.replace(op, formTask(op, {x, indices}, out, items, body, b).front());
  return success();
}

//===-- Scatters ----------------------------------------------------------===//
//
// Updates may meet in one element, and the result must not depend on the
// number of threads: a work item owns every element that its updates can
// reach, and applies them in order.

static Value combine(TaskScope &t, xf::ScatterKind kind, Value old,
                     Value update, bool isUnsigned) {
  ImplicitLocOpBuilder &b = t.b;
  bool isFloat = isa<FloatType>(old.getType());
  switch (kind) {
  case xf::ScatterKind::set:
    return update;
  case xf::ScatterKind::add:
    if (isFloat)
      return arith::AddFOp::create(b, old, update);
    return arith::AddIOp::create(b, old, update);
  case xf::ScatterKind::mul:
    if (isFloat)
      return arith::MulFOp::create(b, old, update);
    return arith::MulIOp::create(b, old, update);
  case xf::ScatterKind::max:
    if (isFloat)
      return arith::MaximumFOp::create(b, old, update);
    if (isUnsigned)
      return arith::MaxUIOp::create(b, old, update);
    return arith::MaxSIOp::create(b, old, update);
  case xf::ScatterKind::min:
    if (isFloat)
      return arith::MinimumFOp::create(b, old, update);
    if (isUnsigned)
      return arith::MinUIOp::create(b, old, update);
    return arith::MinSIOp::create(b, old, update);
  }
  llvm_unreachable("all kinds are listed");
}

/// y[to] = y[to] combined with updates[from].
static void applyUpdate(TaskScope &t, xf::ScatterKind kind, ValueRange to,
                        ValueRange from) {
  Value updates = t.operands[2], y = t.operands[3];
  Type storage = elementTypeOf(y);
  bool isUnsigned = storage.isUnsignedInteger() || storage.isInteger(1);
  Value update = t.load(updates, from);
  if (kind != xf::ScatterKind::set)
    update = combine(t, kind, t.load(y, to), update, isUnsigned);
  t.store(update, y, to);
}

/// A work item is a line along the axis.
LogicalResult hagane::form(xf::ScatterElements op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), indices = b.tensor(op.getIndices()),
        updates = b.tensor(op.getUpdates()), out = emptyLike(op.getY(), b);
  int64_t axis = op.getAxis();
  Dim items = b.product(dropAxis(b.shapes.getDims(out), axis));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], where = t.operands[1], y = t.operands[3];
    Values sizes = t.sizesOf(y), inside = t.sizesOf(where);
    Value size = sizes[axis], count = inside[axis];
    sizes.erase(sizes.begin() + axis);
    inside.erase(inside.begin() + axis);
    Values line = t.delinearize(t.item, sizes);
    t.loop(t.index(0), size, [&](Value i) {
      Values at = withAxis(line, axis, i);
      t.store(t.load(from, at), y, at);
    });
    Value reached = arith::ConstantIntOp::create(t.b, 1, 1);
    for (auto [coordinate, limit] : llvm::zip_equal(line, inside))
      reached = t.both(reached, t.isLess(coordinate, limit));
    t.ifThen(reached, [&] {
      t.loop(t.index(0), count, [&](Value i) {
        Values source = withAxis(line, axis, i);
        visitPosition(t, where, source, size, [&](Value row) {
          applyUpdate(t, op.getKind(), withAxis(line, axis, row), source);
        });
      });
    });
  };
  b.replace(op,
            formTask(op, {x, indices, updates}, out, items, body, b).front());
  return success();
}

/// Elements of the last axis that a work item of a scatter owns: a cache line
/// of f32.
static constexpr int64_t kScatterColumns = 16;

/// A work item is a stretch of the last axis of the slices, at one position of
/// their other axes; everything if tuples name single elements.
LogicalResult hagane::form(xf::ScatterNd op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), indices = b.tensor(op.getIndices()),
        updates = b.tensor(op.getUpdates()), out = emptyLike(op.getY(), b);
  int64_t length = cast<RankedTensorType>(indices.getType()).getShape().back();
  SmallVector<Dim> suffix(b.shapes.getDims(out).drop_front(length));
  Dim items = b.constant(1);
  if (!suffix.empty())
    items = b.product(ArrayRef(suffix).drop_back()) *
            suffix.back().ceilDiv(b.constant(kScatterColumns));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], where = t.operands[1], y = t.operands[3];
    Values sizes = t.sizesOf(y), tuples = t.sizesOf(where);
    tuples.pop_back();
    Values outer(ArrayRef(sizes).drop_front(length)), rest;
    Value first, last;
    if (!outer.empty()) {
      Value width = t.index(kScatterColumns), columns = outer.back();
      outer.back() = t.b.createOrFold<arith::CeilDivUIOp>(columns, width);
      rest = t.delinearize(t.item, outer);
      first = t.mul(rest.pop_back_val(), width);
      last = t.min(t.add(first, width), columns);
    }
    /// Visits the elements of this item in one slice.
    auto eachElement = [&](llvm::function_ref<void(ValueRange)> visit) {
      if (!first)
        return visit(rest);
      t.loop(first, last, [&](Value column) {
        Values at = rest;
        at.push_back(column);
        visit(at);
      });
    };
    auto join = [](ValueRange front, ValueRange back) {
      Values all(front);
      llvm::append_range(all, back);
      return all;
    };
    t.loops(ArrayRef(sizes).take_front(length), [&](ValueRange prefix) {
      eachElement([&](ValueRange element) {
        Values at = join(prefix, element);
        t.store(t.load(from, at), y, at);
      });
    });
    t.loops(tuples, [&](ValueRange tuple) {
      Values at(tuple);
      auto [positions, exists] = readTuple(t, where, at, y, 0);
      t.ifThen(exists, [&, positions = positions] {
        eachElement([&](ValueRange element) {
          applyUpdate(t, op.getKind(), join(positions, element),
                      join(at, element));
        });
      });
    });
  };
  b.replace(op,
            formTask(op, {x, indices, updates}, out, items, body, b).front());
  return success();
}
