//===- FormRemap.cpp - Elements from elsewhere ----------------------------===//
//
// Padding modes that repeat elements and broadcasting that only the run
// decides: each element of the result is one of x's, whose place is found axis
// by axis.
//
//===----------------------------------------------------------------------===//

#include "dialects/xf/XfDynamic.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// The place in x, along an axis of this size, of a place in the result.
using Place =
    llvm::function_ref<Value(TaskScope &, size_t axis, Value at, Value size)>;

/// A work item is a line along the last axis. x is the first of `ins`.
static LogicalResult formRemap(Operation *op, ValueRange ins, Value out,
                               Place place, KernelBuilder &b) {
  ArrayRef<Dim> dims = b.shapes.getDims(out);
  Dim items = b.product(dims.drop_back());
  auto body = [&](TaskScope &t) {
    Value from = t.operands.front(), to = t.operands.back();
    Values sizes = t.sizesOf(to), all = t.sizesOf(from);
    Values line = t.delinearize(t.item, ArrayRef(sizes).drop_back());
    // x may have fewer axes, which are the last ones.
    size_t shift = sizes.size() - all.size(), last = sizes.size() - 1;
    Values source;
    for (size_t axis = shift; axis < last; ++axis)
      source.push_back(place(t, axis - shift, line[axis], all[axis - shift]));
    t.loop(t.index(0), sizes.back(), [&](Value at) {
      Values target = line, origin = source;
      target.push_back(at);
      if (!all.empty())
        origin.push_back(place(t, last - shift, at, all.back()));
      t.store(t.load(from, origin), to, target);
    });
  };
  b.replace(op, formTask(op, ins, out, items, body, b).front());
  return success();
}

/// i modulo size, for any i.
static Value wrap(TaskScope &t, Value i, Value size) {
  Value rest = arith::RemSIOp::create(t.b, i, size);
  return t.select(t.isLess(rest, t.index(0)), t.add(rest, size), rest);
}

/// ... 2 1 0 1 2 ... n-1 ... 2 1 0 ...: a wave of period 2 (n - 1).
static Value reflect(TaskScope &t, Value i, Value size) {
  Value one = t.index(1), last = t.sub(size, one);
  Value period = t.max(t.add(last, last), one);
  Value rest = wrap(t, i, period);
  return t.min(rest, t.sub(period, rest));
}

LogicalResult hagane::formRepeatingPad(xf::Pad op, KernelBuilder &b) {
  if (!op.getPads())
    return b.cannotForm(op, "its amounts are only known when the model runs");
  Value x = b.tensor(op.getX()), out = emptyLike(op.getY(), b);
  SmallVector<Dim> pads = getDimsFrom(*op.getPads());
  SmallVector<Value> ins{x};
  // By axis: the amount before it, or the operand that holds it.
  SmallVector<std::pair<std::optional<int64_t>, size_t>> before;
  for (Dim pad : ArrayRef(pads).take_front(pads.size() / 2)) {
    before.push_back({pad.getConstant(), ins.size()});
    if (!pad.getConstant())
      ins.push_back(b.scalarTensor(op.getLoc(), pad, b.rewriter.getI64Type()));
  }
  xf::PadKind kind = op.getKind();
  return formRemap(
      op, ins, out,
      [&](TaskScope &t, size_t axis, Value at, Value size) {
        auto [constant, operand] = before[axis];
        Value pad = constant ? t.index(*constant)
                             : Value(arith::IndexCastOp::create(
                                   t.b, t.b.getIndexType(),
                                   t.load(t.operands[operand], {})));
        Value i = t.sub(at, pad);
        if (kind == xf::PadKind::wrap)
          return wrap(t, i, size);
        if (kind == xf::PadKind::reflect)
          return reflect(t, i, size);
        return t.max(t.min(i, t.sub(size, t.index(1))), t.index(0));
      },
      b);
}

LogicalResult hagane::form(xf::Stretch op, KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(op.getY()));
  Value x = b.tensor(op.getX());
  if (AffineMap map = b.broadcastMap(b.shapes.getDims(x), dims)) {
    b.replace(op, b.copy(op.getLoc(), {x, map}, dims));
    return success();
  }
  return formRemap(
      op, x, emptyLike(op.getY(), b),
      [](TaskScope &t, size_t, Value at, Value size) {
        return t.min(at, t.sub(size, t.index(1)));
      },
      b);
}
