//===- FormRemap.cpp - Elements from elsewhere ----------------------------===//
//
// The padding modes that repeat elements: each element of the result is one of
// x's, whose place is found axis by axis.
//
//===----------------------------------------------------------------------===//

#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// The place in x, along an axis of this size, of a place in the result.
using Place =
    llvm::function_ref<Value(TaskScope &, size_t axis, Value at, Value size)>;

/// A work item is a line along the last axis.
static LogicalResult formRemap(Operation *op, Value x, Value out, Place place,
                               KernelBuilder &b) {
  ArrayRef<Dim> dims = b.shapes.getDims(out);
  Dim items = b.product(dims.drop_back());
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], to = t.operands[1];
    Values sizes = t.sizesOf(to), all = t.sizesOf(from);
    Values line = t.delinearize(t.item, ArrayRef(sizes).drop_back());
    Values source;
    for (auto [axis, at] : llvm::enumerate(line))
      source.push_back(place(t, axis, at, all[axis]));
    size_t last = sizes.size() - 1;
    t.loop(t.index(0), sizes.back(), [&](Value at) {
      Values target = line, origin = source;
      target.push_back(at);
      origin.push_back(place(t, last, at, all[last]));
      t.store(t.load(from, origin), to, target);
    });
  };
  b.replace(op, formTask(op, x, out, items, body, b).front());
  return success();
}

static std::optional<SmallVector<int64_t>> getConstants(ArrayRef<Dim> dims) {
  SmallVector<int64_t> values;
  for (Dim dim : dims) {
    std::optional<int64_t> value = dim.getConstant();
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
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
  Value x = b.tensor(op.getX()), out = emptyLike(op.getY(), b);
  auto pads =
      op.getPads() ? getConstants(getDimsFrom(*op.getPads())) : std::nullopt;
  if (!pads)
    return b.cannotForm(op, "its amounts are only known when the model runs");
  xf::PadKind kind = op.getKind();
  return formRemap(
      op, x, out,
      [&](TaskScope &t, size_t axis, Value at, Value size) {
        Value i = t.sub(at, t.index((*pads)[axis]));
        if (kind == xf::PadKind::wrap)
          return wrap(t, i, size);
        if (kind == xf::PadKind::reflect)
          return reflect(t, i, size);
        return t.max(t.min(i, t.sub(size, t.index(1))), t.index(0));
      },
      b);
}
