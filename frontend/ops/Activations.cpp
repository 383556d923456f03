// Activation functions and softmax.
#include "frontend/ops/NodeConverter.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// min(max(x, 0), 1).
static Value unitClamp(NodeConverter &n, Value x) {
  x = n.make<xf::Max>(x, n.scalar(0, n.elem(x)));
  return n.make<xf::Min>(x, n.scalar(1, n.elem(x)));
}

/// x < 0 ? negative : positive.
static Value splitAtZero(NodeConverter &n, Value x, Value negative,
                         Value positive) {
  Value below = n.cmp(xf::CmpKind::lt, x, n.scalar(0, n.elem(x)));
  return n.select(below, negative, positive);
}

/// e^x - 1 for x at or below 0; 0 above, so that nothing overflows.
static Value expMinusOne(NodeConverter &n, Value x) {
  Value low = n.make<xf::Min>(x, n.scalar(0, n.elem(x)));
  return n.addScalar(n.make<xf::Exp>(low), -1);
}

static LogicalResult convertGelu(NodeConverter &n) {
  StringRef approximate = n.getString("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return n.error("attribute 'approximate' is '" + approximate +
                   "', expected 'none' or 'tanh'");
  return n.done({n.make<xf::Gelu>(n.in(0), approximate == "tanh")});
}

static LogicalResult convertHardSigmoid(NodeConverter &n) {
  Value x = n.in(0);
  Value line = n.addScalar(n.mulScalar(x, n.getFloat("alpha", 0.2f)),
                           n.getFloat("beta", 0.5));
  return n.done({unitClamp(n, line)});
}

static LogicalResult convertHardSwish(NodeConverter &n) {
  Value x = n.in(0);
  return n.done(
      {n.mul(x, unitClamp(n, n.addScalar(n.mulScalar(x, 1.0 / 6), 0.5)))});
}

static LogicalResult convertLeakyRelu(NodeConverter &n) {
  Value x = n.in(0);
  return n.done(
      {splitAtZero(n, x, n.mulScalar(x, n.getFloat("alpha", 0.01f)), x)});
}

static LogicalResult convertPRelu(NodeConverter &n) {
  Value x = n.in(0), slope = n.in(1);
  // Before version 7 a vector of slopes runs along the channels.
  if (n.version() < 7 && n.rank(slope) == 1 && n.rank(x) > 2)
    slope = n.unsqueeze(slope,
                        llvm::to_vector(llvm::seq<int64_t>(1, n.rank(x) - 1)));
  return n.done({splitAtZero(n, x, n.mul(x, slope), x)});
}

static LogicalResult convertElu(NodeConverter &n) {
  Value x = n.in(0);
  return n.done({splitAtZero(
      n, x, n.mulScalar(expMinusOne(n, x), n.getFloat("alpha", 1)), x)});
}

static LogicalResult convertSelu(NodeConverter &n) {
  Value x = n.in(0);
  double alpha = n.getFloat("alpha", 1.67326319217681884765625);
  double gamma = n.getFloat("gamma", 1.05070102214813232421875);
  Value y = splitAtZero(n, x, n.mulScalar(expMinusOne(n, x), alpha), x);
  return n.done({n.mulScalar(y, gamma)});
}

static LogicalResult convertCelu(NodeConverter &n) {
  Value x = n.in(0);
  double alpha = n.getFloat("alpha", 1);
  if (alpha == 0)
    return n.error("attribute 'alpha' is 0");
  Value curve = n.mulScalar(expMinusOne(n, n.mulScalar(x, 1 / alpha)), alpha);
  return n.done({splitAtZero(n, x, curve, x)});
}

static LogicalResult convertThresholdedRelu(NodeConverter &n) {
  Value x = n.in(0);
  Value above =
      n.cmp(xf::CmpKind::gt, x, n.scalar(n.getFloat("alpha", 1), n.elem(x)));
  return n.done({n.select(above, x, n.scalar(0, n.elem(x)))});
}

/// Shrink of whole numbers, which bounds and bias need not be.
static Value shrinkIntegers(NodeConverter &n, Value x, double lambd,
                            double bias) {
  Type type = n.elem(x), real = n.builder().getF64Type();
  bool isWhole = bias == std::floor(bias);
  // As a float, where unsigned numbers have no negative bound to meet.
  Value wide = n.cast(x, real);
  Value below = n.cmp(xf::CmpKind::lt, wide, n.scalar(-lambd, real));
  Value above = n.cmp(xf::CmpKind::gt, wide, n.scalar(lambd, real));
  auto shifted = [&](double by) {
    return isWhole ? n.addScalar(x, by) : n.cast(n.addScalar(wide, by), type);
  };
  Value inner = n.select(above, shifted(-bias), n.scalar(0, type));
  return n.select(below, shifted(bias), inner);
}

static LogicalResult convertShrink(NodeConverter &n) {
  Value x = n.in(0);
  Type type = n.elem(x);
  double lambd = n.getFloat("lambd", 0.5), bias = n.getFloat("bias", 0);
  if (isa_and_nonnull<IntegerType>(type))
    return n.done({shrinkIntegers(n, x, lambd, bias)});
  Value below = n.cmp(xf::CmpKind::lt, x, n.scalar(-lambd, type));
  Value above = n.cmp(xf::CmpKind::gt, x, n.scalar(lambd, type));
  Value inner = n.select(above, n.addScalar(x, -bias), n.scalar(0, type));
  return n.done({n.select(below, n.addScalar(x, bias), inner)});
}

static LogicalResult convertSoftsign(NodeConverter &n) {
  Value x = n.in(0);
  return n.done({n.div(x, n.addScalar(n.make<xf::Abs>(x), 1))});
}

static LogicalResult convertMish(NodeConverter &n) {
  Value x = n.in(0);
  return n.done({n.mul(x, n.make<xf::Tanh>(n.make<xf::Softplus>(x)))});
}

static LogicalResult convertSwish(NodeConverter &n) {
  Value x = n.in(0);
  double alpha = n.getFloat("alpha", 1);
  if (alpha == 1)
    return convertUnary<xf::Silu>(n);
  return n.done({n.mul(x, n.make<xf::Sigmoid>(n.mulScalar(x, alpha)))});
}

/// Swish of the gate, times the value.
static LogicalResult convertSwiGlu(NodeConverter &n) {
  Value gate = n.in(0);
  double alpha = n.getFloat("alpha", 1);
  Value swish =
      alpha == 1 ? n.make<xf::Silu>(gate)
                 : n.mul(gate, n.make<xf::Sigmoid>(n.mulScalar(gate, alpha)));
  return n.done({n.mul(swish, n.in(1))});
}

/// Inference: the input, and a mask that keeps everything.
static LogicalResult convertDropout(NodeConverter &n) {
  if (Value mode = n.in(2)) {
    auto training = n.constInts(mode);
    if (!training || training->size() != 1 || training->front() != 0)
      return n.error("training_mode is not the constant false");
  }
  Value x = n.in(0), mask;
  if (n.wants(1)) {
    SmallVector<Size> sizes;
    for (int64_t axis = 0; axis < n.rank(x); ++axis)
      sizes.push_back(Size(x, axis));
    Value yes =
        n.scalar(1, n.version() < 10 ? n.elem(x) : n.builder().getI1Type());
    mask = sizes.empty() ? yes : n.broadcast(yes, sizes);
  }
  return n.done({x, mask});
}

template <bool log> static LogicalResult convertSoftmax(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.getInt("axis", -1);
  if (n.rank(x) == 0)
    return n.error("the input is a scalar, expected at least one axis");
  return n.done({n.make<xf::Softmax>(x, n.normalAxis(axis, n.rank(x)), log)});
}

/// Before version 13 the axes from `axis` on count as one.
template <bool log> static LogicalResult convertFlatSoftmax(NodeConverter &n) {
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  // `axis` may be the rank: each row then has one element.
  int64_t axis = n.getInt("axis", 1);
  if (axis < 0)
    axis += rank;
  if (axis < 0 || axis > rank)
    return n.error("axis " + Twine(axis) + " is out of range for rank " +
                   Twine(rank));
  if (rank > 0 && axis == rank - 1)
    return n.done({n.make<xf::Softmax>(x, axis, log)});
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq(axis, rank));
  Value shifted = n.sub(x, n.reduce(x, xf::ReduceKind::max, axes));
  Value powers = n.make<xf::Exp>(shifted);
  Value sum = n.reduce(powers, xf::ReduceKind::sum, axes);
  return n.done(
      {log ? n.sub(shifted, n.make<xf::Log>(sum)) : n.div(powers, sum)});
}

/// 1 at the first largest element along `axis`, 0 elsewhere.
static Value makeHardmax(NodeConverter &n, Value x, int64_t axis) {
  Value best = n.make<xf::ArgReduce>(x, axis, /*largest=*/true,
                                     /*keep_dims=*/true, /*last=*/false);
  Value ones = n.select(n.cmp(xf::CmpKind::eq, x, x),
                        n.scalar(1, n.builder().getI64Type()),
                        n.scalar(1, n.builder().getI64Type()));
  Value positions = n.make<xf::CumSum>(ones, axis, /*exclusive=*/true,
                                       /*reverse=*/false);
  return n.cast(n.cmp(xf::CmpKind::eq, positions, best), n.elem(x));
}

static LogicalResult convertHardmax(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.normalAxis(n.getInt("axis", -1), n.rank(x));
  return n.done({makeHardmax(n, x, axis)});
}

/// Before version 13: over all axes from `axis` on.
static LogicalResult convertFlatHardmax(NodeConverter &n) {
  Value x = n.in(0);
  int64_t rank = n.rank(x), axis = n.normalAxis(n.getInt("axis", 1), rank);
  SmallVector<Size> shape;
  int64_t row = 1;
  for (int64_t i = 0; i < rank; ++i) {
    shape.push_back(Size(x, i));
    auto size = n.staticSize(x, i);
    if (i >= axis && !size)
      return n.error("the size of axis " + Twine(i) + " is not known");
    row *= i >= axis ? *size : 1;
  }
  Value y = makeHardmax(n, n.reshape(x, {-1, row}), 1);
  return n.done({n.reshape(y, shape)});
}

static const OpRow rows[] = {
    {"Celu", 12, 1, convertCelu},
    {"Dropout", 7, 1, convertDropout},
    {"Elu", 1, 1, convertElu},
    {"Gelu", 20, 1, convertGelu},
    {"HardSigmoid", 1, 1, convertHardSigmoid},
    {"HardSwish", 14, 1, convertHardSwish},
    {"Hardmax", 1, 1, convertFlatHardmax},
    {"Hardmax", 13, 1, convertHardmax},
    {"LeakyRelu", 1, 1, convertLeakyRelu},
    {"LogSoftmax", 1, 1, convertFlatSoftmax<true>},
    {"LogSoftmax", 13, 1, convertSoftmax<true>},
    {"Mish", 18, 1, convertMish},
    {"PRelu", 1, 2, convertPRelu},
    {"Relu", 1, 1, convertUnary<xf::Relu>},
    {"Selu", 6, 1, convertSelu},
    {"Shrink", 9, 1, convertShrink},
    {"Sigmoid", 1, 1, convertUnary<xf::Sigmoid>},
    {"Softmax", 1, 1, convertFlatSoftmax<false>},
    {"Softmax", 13, 1, convertSoftmax<false>},
    {"Softplus", 1, 1, convertUnary<xf::Softplus>},
    {"Softsign", 1, 1, convertSoftsign},
    {"SwiGLU", 28, 2, convertSwiGlu},
    {"Swish", 24, 1, convertSwish},
    {"Tanh", 1, 1, convertUnary<xf::Tanh>},
    {"ThresholdedRelu", 10, 1, convertThresholdedRelu},
};

void hagane::frontend::registerActivations(OpRegistry &registry) {
  registry.add("", rows);
}
