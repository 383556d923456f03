//===- WindowWay.cpp - A window's way over its input ----------------------===//

#include "codegen/cpu/WindowWay.h"

using namespace mlir;

namespace hagane::cpu {

Value WindowWay::outSize(unsigned axis) {
  int64_t reach = (window[axis] - 1) * dilations[axis];
  Value room =
      add(b, sizes[axis], pads[axis] + pads[kSpace + axis] - reach - 1);
  return add(
      b, divide(b, maximum(b, room, index(b, 0)), index(b, strides[axis])), 1);
}

Value WindowWay::coordinate(unsigned axis, Value out, Value k) {
  Value at = add(b, mul(b, out, strides[axis]), mul(b, k, dilations[axis]));
  return add(b, at, -pads[axis]);
}

Value WindowWay::isInside(unsigned axis, Value coordinate) {
  // Below zero is far above as an unsigned number.
  return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, coordinate,
                                       sizes[axis]);
}

Value WindowWay::steps(Value x, int64_t step) {
  return ceilDivide(b, maximum(b, x, index(b, 0)), step);
}

std::pair<Value, Value> WindowWay::range(unsigned axis, Value k) {
  // out * stride + k * dilation - pad >= 0 and < size.
  Value least = sub(b, index(b, pads[axis]), mul(b, k, dilations[axis]));
  return {steps(least, strides[axis]),
          steps(add(b, sizes[axis], least), strides[axis])};
}

std::pair<Value, Value> WindowWay::seen(unsigned axis, Value out, bool padded) {
  Value origin = add(b, mul(b, out, strides[axis]), -pads[axis]);
  Value end = sizes[axis], begin = index(b, 0);
  if (padded) {
    end = add(b, end, pads[kSpace + axis]);
    begin = index(b, -pads[axis]);
  }
  Value last = minimum(b, steps(sub(b, end, origin), dilations[axis]),
                       index(b, window[axis]));
  return {minimum(b, steps(sub(b, begin, origin), dilations[axis]), last),
          last};
}

Value WindowWay::load(Value x, ValueRange indices, Access access,
                      Type compute) {
  return loadSpaced(b, x, indices, strides[kSpace - 1], access, compute);
}

} // namespace hagane::cpu
