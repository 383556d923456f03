//===- LowerWrite.cpp - New positions of caches ---------------------------===//
//
// A work item is positions of one line, with all that lies behind each. It goes
// over ranges of positions that come from the same place: the past before the
// new ones, the new ones, what lies behind them.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Nest.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace hagane::cpu {
namespace {

class WriteLowering {
public:
  WriteLowering(kernel::Write op, const KernelBody &body, Builder &b)
      : op(op), body(body), b(b), out(op.getOuts().front()),
        element(cast<MemRefType>(out.getType()).getElementType()),
        axis(static_cast<unsigned>(op.getAxis())) {
    for (int64_t i = 0; i < cast<MemRefType>(out.getType()).getRank(); ++i)
      sizes.push_back(sizeOf(b, out, i));
  }

  void run() {
    int64_t perItem = op.getSchedule()->getItemSize();
    Values counts(ArrayRef(sizes).take_front(axis + 1));
    counts.back() = ceilDivide(b, counts.back(), perItem);
    if (op.getPast())
      isSame = isOverPast();
    forEach(b, body.begin, body.end, 1, [&](Value item) {
      line = delinearize(b, item, counts);
      Value block = line.pop_back_val();
      Value first = mul(b, block, perItem);
      emitBlock(first, minimum(b, add(b, first, perItem), sizes[axis]));
    });
  }

private:
  /// Whether the caller gave the past's memory for the result.
  Value isOverPast() {
    auto address = [&](Value memref) {
      return memref::ExtractAlignedPointerAsIndexOp::create(b, memref);
    };
    return arith::AndIOp::create(
        b, isEqual(address(op.getPast()), address(out)),
        isEqual(sizeOf(b, op.getPast(), axis), sizes[axis]));
  }

  /// Writes positions [first, last) of a line.
  void emitBlock(Value first, Value last) {
    Value count = sizeOf(b, op.getX(),
                         static_cast<int64_t>(*op.getXMap().getResultPosition(
                             getAffineDimExpr(axis, op.getContext()))));
    Value start = arith::IndexCastOp::create(
        b, b.getIndexType(),
        memref::LoadOp::create(b, op.getStarts(), line.front()));
    Value none = index(b, 0), wrapped = none;
    if (op.getCircular())
      start = arith::RemSIOp::create(b, start, sizes[axis]);
    else
      checkWindow(first, start, count);
    Value end = add(b, start, count);
    copyNew(maximum(b, first, start), minimum(b, last, end), start);
    if (op.getCircular()) {
      // The first positions hold those behind the end.
      wrapped = maximum(b, minimum(b, sub(b, end, sizes[axis]), start), none);
      copyNew(first, minimum(b, last, wrapped), sub(b, start, sizes[axis]));
    }
    auto copyOthers = [&] {
      copyOld(maximum(b, first, wrapped), minimum(b, last, start),
              /*kept=*/true);
      copyOld(maximum(b, first, maximum(b, end, none)), last, op.getKeepRest());
    };
    if (isSame)
      ifThen(b, isNot(b, isSame), copyOthers);
    else
      copyOthers();
  }

  /// Fails the run if new positions leave the axis; once for each line.
  void checkWindow(Value first, Value start, Value count) {
    Value some =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, count, index(b, 0));
    Value isFirst = isEqual(first, index(b, 0));
    ifThen(b, arith::AndIOp::create(b, isFirst, some), [&] {
      Value last = sub(b, add(b, start, count), index(b, 1));
      for (Value at : {start, last})
        kernel::Position::create(b, at, sizes[axis], /*from_start=*/true);
    });
  }

  /// Positions of x, which lie `shift` before those of the result.
  void copyNew(Value first, Value last, Value shift) {
    forElements(first, last, [&](Values at, Access access) {
      Values target = at;
      at[axis] = sub(b, at[axis], shift);
      store(b,
            loadMapped(b, op.getX(), op.getXMap(), at, lastAxis(), access,
                       element),
            out, target, access);
    });
  }

  /// The past as far as there is one, if it is kept, then zeros.
  void copyOld(Value first, Value last, bool kept) {
    Value past = op.getPast();
    if (past && kept) {
      Value known = minimum(b, last, sizeOf(b, past, axis));
      forElements(first, known, [&](const Values &at, Access access) {
        store(b, load(b, past, at, access, element), out, at, access);
      });
      first = maximum(b, first, known);
    }
    forElements(first, last, [&](const Values &at, Access access) {
      Value nothing = zero(b, element);
      if (access.lanes > 1)
        nothing = splat(b, nothing, access.lanes);
      store(b, nothing, out, at, access);
    });
  }

  /// Visits all elements of positions [first, last) of the line.
  void forElements(Value first, Value last,
                   llvm::function_ref<void(Values, Access)> visit) {
    if (axis == lastAxis()) {
      forEach(b, first, last, 1,
              [&](Value position) { visit(withPosition(position), Access{}); });
      return;
    }
    Values rows(ArrayRef(sizes).slice(axis + 1, lastAxis() - axis - 1));
    rows.insert(rows.begin(), sub(b, last, first));
    rows.front() = maximum(b, rows.front(), index(b, 0));
    forEach(b, index(b, 0), product(b, rows), 1, [&](Value row) {
      Values rest = delinearize(b, row, rows);
      Values at = withPosition(add(b, first, rest.front()));
      llvm::append_range(at, ArrayRef(rest).drop_front());
      at.push_back(Value());
      forVectors(b, sizes.back(), op.getSchedule()->getVector(),
                 [&](Value column, Access access) {
                   at.back() = column;
                   visit(at, access);
                 });
    });
  }

  Values withPosition(Value position) {
    Values at = line;
    at.push_back(position);
    return at;
  }

  Value isEqual(Value x, Value y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, y);
  }

  unsigned lastAxis() const { return sizes.size() - 1; }

  kernel::Write op;
  const KernelBody &body;
  Builder &b;
  Value out;
  Type element;
  unsigned axis;
  Values sizes;
  // Of the block being emitted: the coordinates before the axis.
  Values line;
  Value isSame;
};

} // namespace

LogicalResult lowerWrite(kernel::Write op, const KernelBody &body,
                         ImplicitLocOpBuilder &b) {
  WriteLowering(op, body, b).run();
  return success();
}

} // namespace hagane::cpu
