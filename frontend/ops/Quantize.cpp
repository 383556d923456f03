// Quantization with explicit scales and zero points.
#include "frontend/ops/Quantize.h"
#include "frontend/ops/MatMul.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

Value hagane::frontend::asParameter(NodeConverter &n, Value value) {
  if (value && n.rank(value) == 1 && n.staticSize(value, 0) == 1)
    return n.squeeze(value, {0});
  return value;
}

Value hagane::frontend::dequantize(NodeConverter &n, Value x, Value scale,
                                   Value zero, int64_t axis) {
  return n.make<xf::Dequantize>(x, asParameter(n, scale), asParameter(n, zero),
                                axis, int64_t(0));
}

Value hagane::frontend::quantize(NodeConverter &n, Value x, Value scale,
                                 Value zero, Type to) {
  return n.make<xf::Quantize>(x, asParameter(n, scale), asParameter(n, zero),
                              int64_t(0), int64_t(0), to);
}

/// The axis of per-axis or blocked parameters; of no matter to scalars.
static int64_t parameterAxis(NodeConverter &n, Value x, Value scale) {
  return n.rank(scale) == 0 ? 0 : n.normalAxis(n.getInt("axis", 1), n.rank(x));
}

static LogicalResult convertQuantizeLinear(NodeConverter &n) {
  Value x = n.in(0), scale = asParameter(n, n.in(1)),
        zero = asParameter(n, n.in(2));
  Type to = n.getDataType("output_dtype");
  if (zero)
    to = n.elem(zero);
  if (!to)
    to = n.builder().getIntegerType(8, /*isSigned=*/false);
  return n.done(
      {n.make<xf::Quantize>(x, scale, zero, parameterAxis(n, x, scale),
                            n.getInt("block_size", 0), to)});
}

static LogicalResult convertDequantizeLinear(NodeConverter &n) {
  Value x = n.in(0), scale = asParameter(n, n.in(1)),
        zero = asParameter(n, n.in(2));
  Value y = n.make<xf::Dequantize>(x, scale, zero, parameterAxis(n, x, scale),
                                   n.getInt("block_size", 0));
  Type to = n.getDataType("output_dtype");
  return n.done({to ? n.cast(y, to) : y});
}

/// Range of x with 0 in it, mapped to 0..255.
Quantized hagane::frontend::quantizeDynamically(NodeConverter &n, Value x) {
  Type type = n.elem(x), to = n.builder().getIntegerType(8, /*isSigned=*/false);
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
  Value zero = n.scalar(0, type);
  Value low =
      n.make<xf::Min>(n.reduce(x, xf::ReduceKind::min, all, false), zero);
  Value high =
      n.make<xf::Max>(n.reduce(x, xf::ReduceKind::max, all, false), zero);
  Value scale = n.div(n.sub(high, low), n.scalar(255, type));
  // All zeros: any scale does, but 0.
  scale =
      n.select(n.cmp(xf::CmpKind::eq, scale, zero), n.scalar(1, type), scale);
  Value point = n.make<xf::Round>(n.make<xf::Neg>(n.div(low, scale)));
  point = n.make<xf::Min>(n.make<xf::Max>(point, zero), n.scalar(255, type));
  point = n.cast(point, to);
  return {quantize(n, x, scale, point, to), scale, point};
}

static LogicalResult convertDynamicQuantizeLinear(NodeConverter &n) {
  auto [codes, scale, zero] = quantizeDynamically(n, n.in(0));
  return n.done({codes, scale, zero});
}

/// x with its zero point taken off; a vector of zero points runs along the
/// second last axis of the left operand, the last of the right one.
static Value centre(NodeConverter &n, Value x, Value zero, bool left,
                    Type type) {
  x = n.cast(x, type);
  if (!zero)
    return x;
  zero = n.cast(asParameter(n, zero), type);
  if (left && n.rank(zero) == 1)
    zero = n.unsqueeze(zero, {1});
  return n.sub(x, zero);
}

Value hagane::frontend::integerProduct(NodeConverter &n, Value a, Value b,
                                       Value aZero, Value bZero) {
  auto isFloat = [&](Value value) {
    return isa_and_nonnull<FloatType>(n.elem(value));
  };
  Type type = isFloat(a) || isFloat(b) ? Type(n.builder().getF32Type())
                                       : Type(n.builder().getI32Type());
  return makeMatMul(n, centre(n, a, aZero, true, type),
                    centre(n, b, bZero, false, type));
}

static LogicalResult convertMatMulInteger(NodeConverter &n) {
  return n.done({integerProduct(n, n.in(0), n.in(1), n.in(2), n.in(3))});
}

/// (a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero).
static LogicalResult convertQLinearMatMul(NodeConverter &n) {
  Value sum = integerProduct(n, n.in(0), n.in(3), n.in(2), n.in(5));
  // Sums of products are beyond the range of 16 bits.
  auto scale = [&](unsigned input) {
    return n.cast(asParameter(n, n.in(input)), n.builder().getF32Type());
  };
  Value aScale = scale(1), bScale = scale(4), yScale = scale(6),
        yZero = asParameter(n, n.in(7));
  if (n.rank(aScale) == 1)
    aScale = n.unsqueeze(aScale, {1});
  if (n.rank(yScale) != 0)
    return n.error("y_scale has rank " + Twine(n.rank(yScale)) +
                   ", expected a scalar");
  Value y = n.mul(n.cast(sum, n.elem(aScale)), n.mul(aScale, bScale));
  return n.done({n.make<xf::Quantize>(y, yScale, yZero, static_cast<int64_t>(0),
                                      static_cast<int64_t>(0), n.elem(yZero))});
}

static const OpRow rows[] = {
    {"DequantizeLinear", 10, 2, convertDequantizeLinear},
    {"DynamicQuantizeLinear", 11, 1, convertDynamicQuantizeLinear},
    {"MatMulInteger", 10, 2, convertMatMulInteger},
    {"QLinearMatMul", 10, 8, convertQLinearMatMul},
    {"QuantizeLinear", 10, 2, convertQuantizeLinear},
};

static const OpRow microsoftRows[] = {
    {"DequantizeLinear", 1, 2, convertDequantizeLinear},
    {"QuantizeLinear", 1, 2, convertQuantizeLinear},
};

void hagane::frontend::registerQuantize(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("com.microsoft", microsoftRows);
}
