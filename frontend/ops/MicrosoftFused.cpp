// Fusions of com.microsoft: products and convolutions with activations, norms
// and sums of diffusion models, distances, position biases.
#include "frontend/ops/MatMul.h"
#include "frontend/ops/Window.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// An activation by its ONNX name; `parameter(i, default)` gives its numbers.
static Value activate(NodeConverter &n, Value x, StringRef name,
                      llvm::function_ref<double(unsigned, double)> parameter) {
  auto clamp = [&](Value value, double low, double high) {
    value = n.make<xf::Max>(value, n.scalar(low, n.elem(value)));
    return n.make<xf::Min>(value, n.scalar(high, n.elem(value)));
  };
  if (n.failed() || name.empty())
    return x;
  if (name == "Relu")
    return n.make<xf::Relu>(x);
  if (name == "Sigmoid")
    return n.make<xf::Sigmoid>(x);
  if (name == "Tanh")
    return n.make<xf::Tanh>(x);
  if (name == "Clip")
    return clamp(x, parameter(0, std::numeric_limits<float>::lowest()),
                 parameter(1, std::numeric_limits<float>::max()));
  if (name == "HardSigmoid")
    return clamp(
        n.addScalar(n.mulScalar(x, parameter(0, 0.2f)), parameter(1, 0.5f)), 0,
        1);
  if (name == "LeakyRelu")
    return n.select(n.cmp(xf::CmpKind::lt, x, n.scalar(0, n.elem(x))),
                    n.mulScalar(x, parameter(0, 0.01f)), x);
  (void)n.error("attribute 'activation' is '" + name +
                "', expected Relu, LeakyRelu, Sigmoid, Tanh, Clip or "
                "HardSigmoid");
  return {};
}

/// The node's activation with parameters in attributes of their own.
static Value activateByNames(NodeConverter &n, Value x) {
  static constexpr const char *names[] = {"activation_alpha", "activation_beta",
                                          "activation_gamma"};
  return activate(n, x, n.getString("activation", ""),
                  [&](unsigned i, double otherwise) {
                    return n.getFloat(names[i], otherwise);
                  });
}

/// A * B + C as ai.onnx Gemm, then an activation.
static LogicalResult convertFusedGemm(NodeConverter &n) {
  Value a = n.in(0), b = n.in(1), c = n.in(2);
  if (n.rank(a) != 2 || n.rank(b) != 2)
    return n.error("operands have ranks " + Twine(n.rank(a)) + " and " +
                   Twine(n.rank(b)) + ", expected 2 and 2");
  if (n.getInt("transA", 0))
    a = n.transposeLast(a);
  bool transB = n.getInt("transB", 0) != 0;
  Value y = n.isConstant(b)
                ? n.make<xf::Linear>(a, b, Value(), transB)
                : n.make<xf::MatMul>(a, b, /*transpose_a=*/false, transB);
  y = n.mulScalar(y, n.getFloat("alpha", 1));
  if (c)
    y = n.add(y, n.mulScalar(c, n.getFloat("beta", 1)));
  return n.done({activateByNames(n, y)});
}

static LogicalResult convertFusedMatMulActivation(NodeConverter &n) {
  return n.done({activateByNames(n, makeFusedMatMul(n))});
}

/// (x, weight, bias?).
static LogicalResult convertGemmFastGelu(NodeConverter &n) {
  Value y = makeMatMul(n, n.in(0), n.in(1));
  if (Value bias = n.in(2))
    y = n.add(y, bias);
  return n.done({n.make<xf::Gelu>(y, /*tanh=*/true)});
}

/// (x, weight, bias?, addend?); the weight's channels are second either way.
template <bool channelsAreLast>
static LogicalResult convertFusedConv(NodeConverter &n) {
  if (n.rank(n.in(0)) < 3)
    return n.error("the input has rank " + Twine(n.rank(n.in(0))) +
                   ", expected at least 3");
  Value x = channelsAreLast ? channelsFirst(n, n.in(0)) : n.in(0);
  Value y = makeConv(n, x, n.in(1), n.in(2));
  if (channelsAreLast && !n.failed())
    y = channelsLast(n, y);
  if (Value addend = n.in(3))
    y = n.add(y, addend);
  auto numbers =
      n.getFloats("activation_params").value_or(SmallVector<double>());
  return n.done({activate(n, y, n.getString("activation", ""),
                          [&](unsigned i, double otherwise) {
                            return i < numbers.size() ? numbers[i] : otherwise;
                          })});
}

//===----------------------------------------------------------------------===//
// Channels last
//===----------------------------------------------------------------------===//

static Value makeGroupNorm(NodeConverter &n, Value x) {
  bool isLast = n.getInt("channels_last", 1) != 0;
  if (n.rank(x) < 3) {
    (void)n.error("the input has rank " + Twine(n.rank(x)) +
                  ", expected at least 3");
    return {};
  }
  Type type = n.elem(x);
  Value y = n.make<xf::GroupNorm>(isLast ? channelsFirst(n, x) : x,
                                  n.cast(n.in(1), type), n.cast(n.in(2), type),
                                  n.requireInt("groups"),
                                  llvm::APFloat(n.getFloat("epsilon", 1e-5f)));
  if (n.requireInt("activation"))
    y = n.make<xf::Silu>(y);
  return isLast && !n.failed() ? channelsLast(n, y) : y;
}

/// (x, scale, bias).
static LogicalResult convertGroupNorm(NodeConverter &n) {
  return n.done({makeGroupNorm(n, n.in(0))});
}

/// (x, scale, bias, skip, channel bias?): the norm of the sum, and the sum.
static LogicalResult convertSkipGroupNorm(NodeConverter &n) {
  Value x = n.in(0), skip = n.in(3);
  bool isLast = n.getInt("channels_last", 1) != 0;
  auto alongSpace = [&](Value value) {
    return n.unsqueeze(value, isLast ? ArrayRef<int64_t>{1, 2}
                                     : ArrayRef<int64_t>{2, 3});
  };
  Value sum = n.add(x, n.rank(skip) == 2 ? alongSpace(skip) : skip);
  if (Value bias = n.in(4))
    sum = n.add(sum, isLast ? bias : alongChannels(n, bias, x));
  return n.done({makeGroupNorm(n, sum), sum});
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// (x, bias, skip).
static LogicalResult convertBiasAdd(NodeConverter &n) {
  return n.done({n.add(n.add(n.in(0), n.in(1)), n.in(2))});
}

/// The left half times the right one's GELU.
static LogicalResult convertBiasSplitGelu(NodeConverter &n) {
  Value x = n.add(n.in(0), n.in(1));
  int64_t axis = n.rank(x) - 1;
  auto size = n.staticSize(x, axis);
  if (!size || *size % 2)
    return n.error("the number of features is not known and even");
  Value left = n.slice(x, axis, 0, *size / 2),
        right = n.slice(x, axis, *size / 2, *size);
  return n.done({n.mul(left, n.make<xf::Gelu>(right, /*tanh=*/false))});
}

/// Over all axes from `axis` on; the bias broadcasts to the scores.
static LogicalResult convertBiasSoftmax(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.normalAxis(n.getInt("axis", 1), n.rank(x));
  if (axis != n.rank(x) - 1)
    return n.error("attribute 'axis' is " + Twine(axis) +
                   ", expected the last one");
  return n.done({n.make<xf::Softmax>(n.add(x, n.in(1)), axis, /*log=*/false)});
}

/// Distances between the rows of two matrices.
static LogicalResult convertDistances(NodeConverter &n) {
  StringRef metric = n.getString("metric", "sqeuclidean");
  if (metric != "euclidean" && metric != "sqeuclidean")
    return n.error("attribute 'metric' is '" + metric +
                   "', expected euclidean or sqeuclidean");
  Value difference =
      n.sub(n.unsqueeze(n.in(0), {1}), n.unsqueeze(n.in(1), {0}));
  bool isRoot = metric == "euclidean";
  return n.done({n.reduce(
      difference, isRoot ? xf::ReduceKind::l2 : xf::ReduceKind::sum_square, {2},
      /*keepDims=*/false)});
}

/// Products of pairs (real, imaginary) along the last axis; of the second
/// factor's conjugate if `conjugate`.
template <bool conjugate>
static LogicalResult convertComplexMul(NodeConverter &n) {
  auto part = [&](Value x, int64_t i) {
    return n.slice(x, n.rank(x) - 1, i, i + 1);
  };
  Value a = n.in(0), b = n.in(1), ar = part(a, 0), ai = part(a, 1),
        br = part(b, 0), bi = part(b, 1);
  Value rr = n.mul(ar, br), ii = n.mul(ai, bi), ri = n.mul(ar, bi),
        ir = n.mul(ai, br);
  Value real = conjugate ? n.add(rr, ii) : n.sub(rr, ii);
  Value imaginary = conjugate ? n.sub(ir, ri) : n.add(ri, ir);
  return n.done({n.concat({real, imaginary}, n.rank(real) - 1)});
}

//===----------------------------------------------------------------------===//
// Biases of positions
//===----------------------------------------------------------------------===//

/// T5's buckets of relative positions, looked up for each head:
/// (table [buckets, heads], queries, keys).
static LogicalResult convertRelativePositionBias(NodeConverter &n) {
  Value table = n.in(0);
  auto count = n.staticSize(table, 0);
  if (!count || *count < 4)
    return n.error("the number of buckets is not known or less than 4");
  bool isBoth = n.getInt("is_bidirectional", 0) != 0;
  double farthest = static_cast<double>(n.requireInt("max_distance"));
  int64_t buckets = isBoth ? *count / 2 : *count, exact = buckets / 2;
  Type i64 = n.builder().getI64Type(), f32 = n.builder().getF32Type();
  auto positions = [&](Value length) {
    length = n.reshape(n.cast(length, i64), ArrayRef<Size>());
    return n.make<xf::Range>(n.scalar(0, i64), length, n.scalar(1, i64),
                             ArrayAttr(), TypeAttr::get(i64));
  };
  Value zero = n.scalar(0, i64);
  Value distance = n.sub(n.unsqueeze(positions(n.in(2)), {0}),
                         n.unsqueeze(positions(n.in(1)), {1}));
  Value bucket;
  if (isBoth) {
    Value isAfter = n.cmp(xf::CmpKind::gt, distance, zero);
    bucket = n.mulScalar(n.cast(isAfter, i64), static_cast<double>(buckets));
    distance = n.make<xf::Abs>(distance);
  } else {
    distance = n.make<xf::Max>(n.make<xf::Neg>(distance), zero);
  }
  // Half of the buckets hold one distance each, the others logarithmically
  // more.
  Value share = n.make<xf::Log>(
      n.mulScalar(n.cast(n.make<xf::Max>(distance, n.scalar(1, i64)), f32),
                  1.0 / static_cast<double>(exact)));
  double unit = static_cast<double>(buckets - exact) /
                std::log(farthest / static_cast<double>(exact));
  Value far = n.addScalar(n.cast(n.mulScalar(share, unit), i64),
                          static_cast<double>(exact));
  far = n.make<xf::Min>(far, n.scalar(static_cast<double>(buckets - 1), i64));
  Value isNear = n.cmp(xf::CmpKind::lt, distance,
                       n.scalar(static_cast<double>(exact), i64));
  Value index = n.select(isNear, distance, far);
  if (bucket)
    index = n.add(index, bucket);
  Value bias = n.make<xf::Gather>(table, index, int64_t(0));
  return n.done({n.unsqueeze(n.transpose(bias, {2, 0, 1}), {0})});
}

/// (queries, their bias, positions' bias, gates' weight, gates' bias, factors
/// of heads).
static LogicalResult convertGatedPositionBias(NodeConverter &n) {
  int64_t heads = n.requireInt("num_heads");
  if (n.in(6))
    return n.error("the input token_offset is not supported");
  Value q = n.add(n.in(0), n.in(1));
  auto features = n.staticSize(q, 2), gates = n.staticSize(n.in(3), 1);
  if (n.rank(q) != 3 || !features || heads < 1 || *features % heads || !gates ||
      *gates % 2)
    return n.error("the queries are not [batch, positions, heads * d], or the "
                   "gates' number is not known and even");
  q = n.reshape(q, {Size(q, 0), Size(q, 1), heads, *features / heads});
  q = n.transpose(q, {0, 2, 1, 3});
  Value all = n.add(makeMatMul(n, q, n.in(3)), n.in(4));
  auto gate = [&](int64_t from, int64_t to) {
    return n.make<xf::Sigmoid>(
        n.reduce(n.slice(all, 3, from, to), xf::ReduceKind::sum, {3}));
  };
  Value update = gate(0, *gates / 2), reset = gate(*gates / 2, *gates);
  Value factor = n.addScalar(n.mul(reset, n.in(5)), -1);
  return n.done({n.mul(n.addScalar(n.mul(update, factor), 2), n.in(2))});
}

static const OpRow rows[] = {
    {"BiasAdd", 1, 3, convertBiasAdd},
    {"BiasSoftmax", 1, 2, convertBiasSoftmax},
    {"BiasSplitGelu", 1, 2, convertBiasSplitGelu},
    {"CDist", 1, 2, convertDistances},
    {"ComplexMul", 1, 2, convertComplexMul<false>},
    {"ComplexMulConj", 1, 2, convertComplexMul<true>},
    {"FusedConv", 1, 2, convertFusedConv<false>},
    {"FusedGemm", 1, 2, convertFusedGemm},
    {"FusedMatMulActivation", 1, 2, convertFusedMatMulActivation},
    {"GatedRelativePositionBias", 1, 6, convertGatedPositionBias},
    {"GemmFastGelu", 1, 2, convertGemmFastGelu},
    {"GroupNorm", 1, 3, convertGroupNorm},
    {"NhwcConv", 1, 2, convertFusedConv<true>},
    {"NhwcFusedConv", 1, 2, convertFusedConv<true>},
    {"RelativePositionBias", 1, 3, convertRelativePositionBias},
    {"SkipGroupNorm", 1, 4, convertSkipGroupNorm},
};

void hagane::frontend::registerMicrosoftFused(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
