//===- FormCache.cpp - Writing into caches --------------------------------===//

#include "dialects/xf/XfDynamic.h"
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

/// A work item is one position of one line along the axis, with all that lies
/// behind it.
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
  int64_t axis = op.getAxis();
  Dim items = b.product(b.shapes.getDims(out).take_front(axis + 1));
  auto body = [&](TaskScope &t) {
    Value x = t.operands[0], starts = t.operands[1], y = t.operands.back();
    Values sizes = t.sizesOf(y);
    Values at = t.delinearize(t.item, ArrayRef(sizes).take_front(axis + 1));
    Value position = at.back(), size = sizes[axis],
          count = t.sizeOf(x, order[axis]);
    Value start = arith::IndexCastOp::create(t.b, t.b.getIndexType(),
                                             t.load(starts, at.front()));
    Value zero = t.index(0);
    if (op.getCircular())
      start = arith::RemSIOp::create(t.b, start, size);
    else
      // Once for each line.
      t.ifThen(t.both(t.isLess(position, t.index(1)), t.isLess(zero, count)),
               [&] { checkWindow(t, start, count, size); });
    Value step = t.sub(position, start), before = t.isLess(position, start);
    Value isNew = t.both(t.isLess(t.index(-1), step), t.isLess(step, count));
    if (op.getCircular()) {
      step = t.select(before, t.add(step, size), step);
      isNew = t.isLess(step, count);
    }
    auto copy = [&](Value condition, Value from, Value place) {
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
    };
    auto isNot = [&](Value condition) {
      return t.select(condition, arith::ConstantIntOp::create(t.b, 0, 1),
                      arith::ConstantIntOp::create(t.b, 1, 1));
    };
    copy(isNew, x, step);
    Value other = isNot(isNew);
    if (hasPast) {
      Value past = t.operands[2];
      Value kept = t.isLess(position, t.sizeOf(past, axis));
      if (!op.getKeepRest())
        kept = t.both(kept, before);
      copy(t.both(other, kept), past, position);
      other = t.both(other, isNot(kept));
    }
    copy(other, Value(), position);
  };
  b.replace(op, formTask(op, ins, out, items, body, b).front());
  return success();
}
