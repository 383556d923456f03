// Operators of com.microsoft on quantized values. Element-wise ones and pools
// compute on the numbers that the codes stand for.
#include "frontend/ops/MatMul.h"
#include "frontend/ops/Quantize.h"
#include "frontend/ops/Window.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// (a, a_scale, a_zero?, b, b_scale, b_zero?, y_scale, y_zero?).
template <typename OpTy>
static LogicalResult convertQuantizedBinary(NodeConverter &n) {
  Value a = dequantize(n, n.in(0), n.in(1), n.in(2)),
        b = dequantize(n, n.in(3), n.in(4), n.in(5));
  return n.done(
      {quantize(n, n.make<OpTy>(a, b), n.in(6), n.in(7), n.elem(n.in(0)))});
}

/// (x, x_scale, x_zero?, y_scale, y_zero?).
static LogicalResult
convertQuantizedUnary(NodeConverter &n,
                      llvm::function_ref<Value(Value)> compute) {
  Value y = compute(dequantize(n, n.in(0), n.in(1), n.in(2)));
  return n.done({quantize(n, y, n.in(3), n.in(4), n.elem(n.in(0)))});
}

static LogicalResult convertQuantizedSigmoid(NodeConverter &n) {
  return convertQuantizedUnary(n,
                               [&](Value x) { return n.make<xf::Sigmoid>(x); });
}

static LogicalResult convertQuantizedLeakyRelu(NodeConverter &n) {
  return convertQuantizedUnary(n, [&](Value x) {
    Value low = n.mulScalar(x, n.getFloat("alpha", 0.01f));
    Value isLow = n.cmp(xf::CmpKind::lt, x, n.scalar(0, n.elem(x)));
    return n.select(isLow, low, x);
  });
}

static LogicalResult convertQuantizedSoftmax(NodeConverter &n) {
  int64_t rank = n.rank(n.in(0)),
          axis = n.normalAxis(n.getInt("axis", -1), rank);
  if (n.getInt("opset", 13) < 13 && axis != rank - 1)
    return n.error("axis is " + Twine(axis) +
                   " of a Softmax before version "
                   "13, expected the last one");
  return convertQuantizedUnary(
      n, [&](Value x) { return n.make<xf::Softmax>(x, axis, /*log=*/false); });
}

static LogicalResult convertQuantizedGlobalPool(NodeConverter &n) {
  bool isLast = n.getInt("channels_last", 0) != 0;
  return convertQuantizedUnary(n, [&](Value x) {
    int64_t first = isLast ? 1 : 2, rank = n.rank(x);
    return n.reduce(
        x, xf::ReduceKind::mean,
        llvm::to_vector(llvm::seq<int64_t>(first, isLast ? rank - 1 : rank)));
  });
}

static Value makePool(NodeConverter &n, Value x, xf::PoolKind kind) {
  auto kernel = n.getInts("kernel_shape");
  if (!kernel) {
    (void)n.error("attribute 'kernel_shape' is missing");
    return {};
  }
  auto window = readWindow(n, x, *kernel);
  if (failed(window) || window->hasBorder()) {
    (void)n.error("auto_pad with strides needs static sizes");
    return {};
  }
  return n.make<xf::Pool>(x, kind, window->kernel, window->strides,
                          window->pads, window->dilations,
                          n.getInt("count_include_pad", 0) != 0,
                          n.getInt("ceil_mode", 0) != 0, int64_t(2));
}

static LogicalResult convertQuantizedPool(NodeConverter &n) {
  bool isLast = n.getInt("channels_last", 0) != 0;
  return convertQuantizedUnary(n, [&](Value x) {
    Value y =
        makePool(n, isLast ? channelsFirst(n, x) : x, xf::PoolKind::average);
    return isLast ? channelsLast(n, y) : y;
  });
}

/// Codes of one scale have the order of their numbers.
static LogicalResult convertNhwcMaxPool(NodeConverter &n) {
  Value y = makePool(n, channelsFirst(n, n.in(0)), xf::PoolKind::max);
  return n.done({channelsLast(n, y)});
}

/// (x, x_scale, x_zero?, y_scale, y_zero?).
static LogicalResult convertQuantizedMean(NodeConverter &n) {
  auto axes = n.getInts("axes");
  if (!axes)
    return n.error("attribute 'axes' is missing");
  bool keeps = n.getInt("keepdims", 1) != 0;
  return convertQuantizedUnary(n, [&](Value x) {
    return n.reduce(x, xf::ReduceKind::mean, n.normalAxes(*axes, n.rank(x)),
                    keeps);
  });
}

/// (y_scale, y_zero, (x, x_scale, x_zero?)...).
static LogicalResult convertQuantizedConcat(NodeConverter &n) {
  SmallVector<Value> parts;
  if (n.numInputs() % 3 != 2)
    return n.error("has " + Twine(n.numInputs()) +
                   " inputs, expected 2 and 3 for each part");
  for (unsigned i = 2; i < n.numInputs(); i += 3)
    parts.push_back(dequantize(n, n.in(i), n.in(i + 1), n.in(i + 2)));
  if (n.failed() || !parts.front())
    return failure();
  int64_t axis = n.normalAxis(n.requireInt("axis"), n.rank(parts.front()));
  return n.done(
      {quantize(n, n.concat(parts, axis), n.in(0), n.in(1), n.elem(n.in(2)))});
}

/// (condition, x, x_scale, x_zero, y, y_scale, y_zero, z_scale, z_zero).
static LogicalResult convertQuantizedWhere(NodeConverter &n) {
  Value z = n.select(n.in(0), dequantize(n, n.in(1), n.in(2), n.in(3)),
                     dequantize(n, n.in(4), n.in(5), n.in(6)));
  return n.done({quantize(n, z, n.in(7), n.in(8), n.elem(n.in(1)))});
}

/// x as i32 with its zero point taken off.
static Value centre(NodeConverter &n, Value x, Value zero) {
  Type i32 = n.builder().getI32Type();
  x = n.cast(x, i32);
  return zero ? n.sub(x, n.cast(asParameter(n, zero), i32)) : x;
}

/// (a, a_zero?, b, b_zero?): products as i32.
static LogicalResult convertMulInteger(NodeConverter &n) {
  return n.in(2) ? n.done({n.mul(centre(n, n.in(0), n.in(1)),
                                 centre(n, n.in(2), n.in(3)))})
                 : n.error("input 2 is absent, expected the second factor");
}

static LogicalResult convertReduceSumInteger(NodeConverter &n) {
  Value x = n.in(0);
  auto axes = n.getInts("axes");
  if (!axes)
    return n.error("attribute 'axes' is missing");
  Type to = n.elem(x).isUnsignedInteger()
                ? n.builder().getIntegerType(32, /*isSigned=*/false)
                : n.builder().getI32Type();
  return n.done(
      {n.reduce(n.cast(x, to), xf::ReduceKind::sum,
                n.normalAxes(*axes, n.rank(x)), n.getInt("keepdims", 1) != 0)});
}

//===----------------------------------------------------------------------===//
// Matrix products
//===----------------------------------------------------------------------===//

/// The product of integers in the scales' unit, plus a bias.
static Value scaledProduct(NodeConverter &n, Value a, Value b, Value aScale,
                           Value bScale, Value aZero, Value bZero, Value bias) {
  Value sum = integerProduct(n, a, b, aZero, bZero);
  Value scale = n.mul(asParameter(n, aScale), asParameter(n, bScale));
  Value y = n.mul(n.cast(sum, n.elem(scale)), scale);
  return bias ? n.add(y, bias) : y;
}

/// (a, b, a_scale, b_scale, a_zero?, b_zero?, bias?).
static LogicalResult convertMatMulIntegerToFloat(NodeConverter &n) {
  return n.done({scaledProduct(n, n.in(0), n.in(1), n.in(2), n.in(3), n.in(4),
                               n.in(5), n.in(6))});
}

/// (a, b, b_scale, b_zero?, bias?): a is quantized on the way.
static LogicalResult convertDynamicQuantizeMatMul(NodeConverter &n) {
  auto [codes, scale, zero] = quantizeDynamically(n, n.in(0));
  return n.done({scaledProduct(n, codes, n.in(1), scale, n.in(2), zero, n.in(3),
                               n.in(4))});
}

/// (a, a_scale, a_zero, b, b_scale, b_zero, c?, y_scale?, y_zero?): c is i32 in
/// the unit of the product.
static LogicalResult convertQuantizedGemm(NodeConverter &n) {
  Value a = n.in(0), b = n.in(3), bScale = n.in(4), bZero = n.in(5);
  if (n.getInt("transA", 0))
    a = n.transposeLast(a);
  if (n.getInt("transB", 0))
    b = n.transposeLast(b);
  Value sum = integerProduct(n, a, b, n.in(2), bZero);
  if (Value c = n.in(6))
    sum = n.add(sum, c);
  Value scale = n.mul(asParameter(n, n.in(1)), asParameter(n, bScale));
  scale = n.mulScalar(scale, n.getFloat("alpha", 1));
  Value y = n.mul(n.cast(sum, n.elem(scale)), scale);
  if (!n.in(7))
    return n.done({y});
  Type to = n.in(8) ? n.elem(n.in(8)) : n.elem(a);
  return n.done({quantize(n, y, n.in(7), n.in(8), to)});
}

/// 16-bit integers.
static LogicalResult convertMatMulInteger16(NodeConverter &n) {
  return n.done(
      {integerProduct(n, n.in(0), n.in(1), /*aZero=*/{}, /*bZero=*/{})});
}

static const OpRow rows[] = {
    {"DynamicQuantizeMatMul", 1, 3, convertDynamicQuantizeMatMul},
    {"MatMulInteger16", 1, 2, convertMatMulInteger16},
    {"MatMulIntegerToFloat", 1, 4, convertMatMulIntegerToFloat},
    {"MulInteger", 1, 1, convertMulInteger},
    {"NhwcMaxPool", 1, 1, convertNhwcMaxPool},
    {"QGemm", 1, 5, convertQuantizedGemm},
    {"QLinearAdd", 1, 2, convertQuantizedBinary<xf::Add>},
    {"QLinearAveragePool", 1, 2, convertQuantizedPool},
    {"QLinearConcat", 1, 4, convertQuantizedConcat},
    {"QLinearGlobalAveragePool", 1, 2, convertQuantizedGlobalPool},
    {"QLinearLeakyRelu", 1, 2, convertQuantizedLeakyRelu},
    {"QLinearMul", 1, 2, convertQuantizedBinary<xf::Mul>},
    {"QLinearReduceMean", 1, 2, convertQuantizedMean},
    {"QLinearSigmoid", 1, 2, convertQuantizedSigmoid},
    {"QLinearSoftmax", 1, 2, convertQuantizedSoftmax},
    {"QLinearWhere", 1, 9, convertQuantizedWhere},
    {"ReduceSumInteger", 1, 1, convertReduceSumInteger},
};

void hagane::frontend::registerMicrosoftQuantize(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
