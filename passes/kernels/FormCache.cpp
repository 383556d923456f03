//===- FormCache.cpp - Writing into caches --------------------------------===//

#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// Fails the run if positions [start, start + count) leave an axis.
static void checkWindow(TaskScope &t, Value start, Value count, Value size) {
  Value last = t.sub(t.add(start, count), t.index(1));
  for (Value at : {start, last})
    kernel::Position::create(t.b, at, size, /*from_start=*/true);
}

/// Positions of one line along the axis that a work item computes, with all
/// that lies behind each.
static constexpr int64_t kPositionsAtOnce = 64;

/// Whether a caller may keep the cache where it is: a past in the model's
/// arguments. Each element is read where it is written, and nowhere else.
static bool mayBeInPlace(xf::CacheWrite op) {
  auto past = dyn_cast_if_present<BlockArgument>(op.getPast());
  return past && isa<func::FuncOp>(past.getOwner()->getParentOp());
}

namespace {

/// Emits one work item.
class CacheItem {
public:
  CacheItem(xf::CacheWrite op, ArrayRef<int64_t> order, TaskScope &t)
      : op(op), order(order), t(t), axis(op.getAxis()), x(t.operands[0]),
        y(t.operands.back()), past(op.getPast() ? t.operands[2] : Value()) {}

  void emit() {
    sizes = t.sizesOf(y);
    Value size = sizes[axis], length = t.index(kPositionsAtOnce);
    Values counts(ArrayRef(sizes).take_front(axis + 1));
    counts.back() = arith::CeilDivUIOp::create(t.b, size, length);
    at = t.delinearize(t.item, counts);
    Value block = at.back();
    Value first = t.mul(block, length);
    Value last = t.min(t.add(first, length), size);
    count = t.sizeOf(x, order[axis]);
    start = arith::IndexCastOp::create(t.b, t.b.getIndexType(),
                                       t.load(t.operands[1], at.front()));
    if (op.getCircular())
      start = arith::RemSIOp::create(t.b, start, size);
    else
      // Once for each line.
      t.ifThen(t.both(t.isLess(block, t.index(1)), t.isLess(t.index(0), count)),
               [&] { checkWindow(t, start, count, size); });
    if (mayBeInPlace(op))
      isSame = isOverPast();
    if (isSame && !op.getCircular()) {
      // All but the new positions stands there.
      first = t.select(isSame, t.max(first, start), first);
      last = t.select(isSame, t.min(last, t.add(start, count)), last);
    }
    t.loop(first, last, [&](Value position) { emitPosition(position); });
  }

private:
  /// Whether the caller gave the past's memory for the result.
  Value isOverPast() {
    auto address = [&](Value memref) {
      return memref::ExtractAlignedPointerAsIndexOp::create(t.b, memref);
    };
    auto equal = [&](Value a, Value b) {
      return arith::CmpIOp::create(t.b, arith::CmpIPredicate::eq, a, b);
    };
    return t.both(equal(address(past), address(y)),
                  equal(t.sizeOf(past, axis), sizes[axis]));
  }

  void emitPosition(Value position) {
    at.back() = position;
    Value step = t.sub(position, start), before = t.isLess(position, start);
    Value isNew = t.both(t.isLess(t.index(-1), step), t.isLess(step, count));
    if (op.getCircular()) {
      step = t.select(before, t.add(step, sizes[axis]), step);
      isNew = t.isLess(step, count);
    }
    copy(isNew, x, step);
    Value other = isNot(isNew);
    if (past) {
      if (isSame)
        other = t.both(other, isNot(isSame));
      Value kept = t.isLess(position, t.sizeOf(past, axis));
      if (!op.getKeepRest())
        kept = t.both(kept, before);
      copy(t.both(other, kept), past, position);
      other = t.both(other, isNot(kept));
    }
    copy(other, Value(), position);
  }

  Value isNot(Value condition) {
    return t.select(condition, arith::ConstantIntOp::create(t.b, 0, 1),
                    arith::ConstantIntOp::create(t.b, 1, 1));
  }

  /// Copies what lies behind a place of `from`, or zeros.
  void copy(Value condition, Value from, Value place) {
    t.ifThen(condition, [&] {
      t.loops(ArrayRef(sizes).drop_front(axis + 1), [&](ValueRange rest) {
        Values source = at, target = at;
        source.back() = place;
        llvm::append_range(source, rest);
        llvm::append_range(target, rest);
        if (from == x) {
          Values stored(source);
          for (auto [i, axis] : llvm::enumerate(order))
            stored[axis] = source[i];
          source = stored;
        }
        t.store(from ? t.load(from, source)
                     : makeScalar(t.b, computeTypeOf(op.getY()), 0),
                y, target);
      });
    });
  }

  xf::CacheWrite op;
  ArrayRef<int64_t> order;
  TaskScope &t;
  int64_t axis;
  Value x, y, past, start, count, isSame;
  Values sizes, at;
};

} // namespace

LogicalResult hagane::form(xf::CacheWrite op, KernelBuilder &b) {
  bool hasPast = static_cast<bool>(op.getPast());
  // What stands behind a transpose is read where it is.
  auto order = llvm::to_vector(
      llvm::seq<int64_t>(0, b.shapes.getDims(op.getX()).size()));
  Value written = op.getX();
  if (auto transpose = written.getDefiningOp<xf::Transpose>()) {
    order.assign(transpose.getPermutation().begin(),
                 transpose.getPermutation().end());
    written = transpose.getX();
  }
  SmallVector<Value> ins{b.tensor(written), b.tensor(op.getStarts())};
  if (hasPast)
    ins.push_back(b.tensor(op.getPast()));
  Value out = emptyLike(op.getY(), b);
  SmallVector<Dim> dims(b.shapes.getDims(out));
  int64_t axis = op.getAxis();
  Dim blocks =
      dims[axis].ceilDiv(Dim::constant(op.getContext(), kPositionsAtOnce));
  Dim items = b.product(ArrayRef(dims).take_front(axis)) * blocks;
  auto body = [&](TaskScope &t) { CacheItem(op, order, t).emit(); };
  Value result = formTask(op, ins, out, items, body, b).front();
  if (mayBeInPlace(op))
    result.getDefiningOp()->setAttr("kernel.in_place",
                                    b.rewriter.getI64IntegerAttr(2));
  b.replace(op, result);
  return success();
}
