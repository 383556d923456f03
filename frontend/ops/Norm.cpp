// Normalisations.
#include "frontend/ops/Norm.h"
#include "frontend/ops/Window.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

static SmallVector<int64_t> axesFrom(NodeConverter &n, Value x, int64_t axis) {
  return llvm::to_vector(llvm::seq<int64_t>(axis, n.rank(x)));
}

Value hagane::frontend::makeRmsNorm(NodeConverter &n, Value x, Value scale,
                                    int64_t axis, double epsilon) {
  FloatAttr eps = n.builder().getF64FloatAttr(epsilon);
  IntegerAttr from = n.builder().getI64IntegerAttr(axis);
  if (!scale || n.elem(scale) == n.elem(x))
    return n.make<xf::RmsNorm>(x, scale, from, eps);
  Value y = n.make<xf::RmsNorm>(x, Value(), from, eps);
  return n.mul(n.cast(y, n.elem(scale)), scale);
}

Value hagane::frontend::makeLayerNorm(NodeConverter &n, Value x, Value scale,
                                      Value bias, int64_t axis,
                                      double epsilon) {
  FloatAttr eps = n.builder().getF64FloatAttr(epsilon);
  return n.make<xf::LayerNorm>(x, scale, bias,
                               n.builder().getI64IntegerAttr(axis), eps);
}

/// The type in which statistics are computed and returned.
static Value widen(NodeConverter &n, Value x) {
  return n.elem(x).isF64() ? x : n.cast(x, n.builder().getF32Type());
}

Value hagane::frontend::makeMean(NodeConverter &n, Value x, int64_t axis) {
  return n.reduce(widen(n, x), xf::ReduceKind::mean, axesFrom(n, x, axis));
}

Value hagane::frontend::makeInverseDeviation(NodeConverter &n, Value x,
                                             Value mean, int64_t axis,
                                             double epsilon) {
  Value centred = mean ? n.sub(widen(n, x), mean) : widen(n, x);
  Value variance = n.reduce(n.mul(centred, centred), xf::ReduceKind::mean,
                            axesFrom(n, x, axis));
  return n.make<xf::Rsqrt>(n.addScalar(variance, epsilon));
}

static LogicalResult convertLayerNorm(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.normalAxis(n.getInt("axis", -1), n.rank(x));
  double epsilon = n.getFloat("epsilon", 1e-5f);
  Value y = makeLayerNorm(n, x, n.in(1), n.in(2), axis, epsilon), mean,
        deviation;
  if (n.wants(1) || n.wants(2))
    mean = makeMean(n, x, axis);
  if (n.wants(2))
    deviation = makeInverseDeviation(n, x, mean, axis, epsilon);
  Type stash = n.getDataType("stash_type");
  if (!stash)
    stash = n.builder().getF32Type();
  auto stashed = [&](Value value) {
    return value ? n.cast(value, stash) : value;
  };
  return n.done({y, stashed(mean), stashed(deviation)});
}

static LogicalResult convertRmsNorm(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.normalAxis(n.getInt("axis", -1), n.rank(x));
  return n.done(
      {makeRmsNorm(n, x, n.in(1), axis, n.getFloat("epsilon", 1e-5f))});
}

/// com.microsoft's older RMS norm, found without a domain, too.
static LogicalResult convertSimplifiedLayerNorm(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.normalAxis(n.getInt("axis", -1), n.rank(x));
  double epsilon = n.getFloat("epsilon", 1e-5f);
  Value deviation;
  if (n.wants(1))
    deviation = makeInverseDeviation(n, x, Value(), axis, epsilon);
  return n.done({makeRmsNorm(n, x, n.in(1), axis, epsilon), deviation});
}

Value hagane::frontend::alongChannels(NodeConverter &n, Value vector, Value x) {
  SmallVector<int64_t> trailing = llvm::to_vector(
      llvm::seq<int64_t>(1, std::max<int64_t>(n.rank(x) - 1, 1)));
  return trailing.empty() ? vector : n.unsqueeze(vector, trailing);
}

/// The convolution by constants that gives x, if nothing else reads it.
static xf::Conv foldableConv(NodeConverter &n, Value x) {
  auto conv = x ? x.getDefiningOp<xf::Conv>() : xf::Conv();
  if (!conv || !n.getNode().getInputs()[0].hasOneUse() ||
      !n.isConstant(conv.getWeight()) ||
      (conv.getBias() && !n.isConstant(conv.getBias())))
    return {};
  for (unsigned i = 1; i < 5; ++i)
    if (!n.isConstant(n.in(i)) || n.elem(n.in(i)) != n.elem(x))
      return {};
  return conv;
}

/// The same convolution with weights that scale, and a bias that shifts.
static Value foldIntoConv(NodeConverter &n, xf::Conv conv, Value factor,
                          Value shift, Value mean) {
  Value weight = conv.getWeight();
  SmallVector<int64_t> behind =
      llvm::to_vector(llvm::seq<int64_t>(1, n.rank(weight)));
  Value bias = conv.getBias() ? n.mul(n.sub(conv.getBias(), mean), factor)
                              : n.make<xf::Neg>(n.mul(mean, factor));
  return n.make<xf::Conv>(
      conv.getX(), n.mul(weight, n.unsqueeze(factor, behind)),
      n.add(bias, shift), conv.getStrides(), conv.getPads(),
      conv.getDilations(), static_cast<int64_t>(conv.getGroups()));
}

/// Mean and variance of each channel.
static std::pair<Value, Value> batchStatistics(NodeConverter &n, Value x) {
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < n.rank(x); ++axis)
    if (axis != 1)
      axes.push_back(axis);
  Value mean = n.reduce(x, xf::ReduceKind::mean, axes);
  Value centred = n.sub(x, mean);
  Value variance = n.reduce(n.mul(centred, centred), xf::ReduceKind::mean, axes,
                            /*keepDims=*/false);
  return {n.squeeze(mean, axes), variance};
}

/// In what inputs of several types, or of 16 bits, are computed.
static Type widestOf(NodeConverter &n) {
  auto isDouble = [&](Value value) { return n.elem(value).isF64(); };
  return !n.failed() && llvm::any_of(n.allInputs(), isDouble)
             ? Type(n.builder().getF64Type())
             : Type(n.builder().getF32Type());
}

static LogicalResult convertBatchNorm(NodeConverter &n) {
  if (n.version() < 7 && !n.getInt("is_test", 0))
    return n.error("attribute 'is_test' is 0, expected 1");
  if (n.getInt("spatial", 1) != 1)
    return n.error("attribute 'spatial' is 0, expected 1");
  Value x = n.in(0), mean = n.in(3), variance = n.in(4);
  bool training = n.getInt("training_mode", 0) != 0;
  Type type = n.elem(x), real = widestOf(n);
  if (n.failed())
    return failure();
  if (training)
    std::tie(mean, variance) = batchStatistics(n, n.cast(x, real));
  double epsilon = n.getFloat("epsilon", 1e-5f);
  Value deviation =
      n.make<xf::Sqrt>(n.addScalar(n.cast(variance, real), epsilon));
  Value factor = n.div(n.cast(n.in(1), real), deviation);
  if (xf::Conv conv = training ? xf::Conv() : foldableConv(n, x))
    return n.done(
        {foldIntoConv(n, conv, n.cast(factor, type), n.in(2), n.in(3))});
  auto perChannel = [&](Value vector) {
    return n.cast(alongChannels(n, vector, x), real);
  };
  Value centred = n.sub(n.cast(x, real), perChannel(mean));
  Value y = n.add(n.mul(centred, perChannel(factor)), perChannel(n.in(2)));
  y = n.cast(y, type);
  if (!training)
    return n.done({y});
  Type kept = n.elem(n.in(3));
  mean = n.cast(mean, kept);
  variance = n.cast(variance, kept);
  double momentum = n.getFloat("momentum", 0.9f);
  auto run = [&](Value before, Value now) {
    return n.add(n.mulScalar(before, momentum), n.mulScalar(now, 1 - momentum));
  };
  return n.done({y, run(n.in(3), mean), run(n.in(4), variance)});
}

static Value makeGroupNorm(NodeConverter &n, Value x, Value scale, Value bias,
                           int64_t groups, double epsilon) {
  return n.make<xf::GroupNorm>(x, scale, bias,
                               n.builder().getI64IntegerAttr(groups),
                               n.builder().getF64FloatAttr(epsilon));
}

static LogicalResult convertInstanceNorm(NodeConverter &n) {
  Value x = n.in(0);
  auto channels = n.staticSize(x, 1);
  if (!channels)
    channels = n.staticSize(n.in(1), 0);
  if (!channels || n.rank(x) < 2)
    return n.error("the number of channels is not known");
  return n.done({makeGroupNorm(n, x, n.in(1), n.in(2), *channels,
                               n.getFloat("epsilon", 1e-5f))});
}

/// Version 18 has scale and bias per group, later ones per channel.
template <bool perGroup>
static LogicalResult convertGroupNorm(NodeConverter &n) {
  Value x = n.in(0), scale = n.in(1), bias = n.in(2);
  int64_t groups = n.requireInt("num_groups");
  auto channels = n.staticSize(x, 1);
  if (n.failed())
    return failure();
  if (groups <= 0 || !channels || *channels % groups)
    return n.error(
        "the number of channels is not a known multiple of num_groups = " +
        Twine(groups));
  if (perGroup) {
    auto repeat = [&](Value v) {
      Value wide =
          n.broadcast(n.reshape(v, {groups, 1}), {groups, *channels / groups});
      return n.reshape(wide, {*channels});
    };
    scale = repeat(scale);
    bias = repeat(bias);
  }
  return n.done(
      {makeGroupNorm(n, x, scale, bias, groups, n.getFloat("epsilon", 1e-5f))});
}

/// x / |x|_p; zeros stay zeros.
static LogicalResult convertLpNorm(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.normalAxis(n.getInt("axis", -1), n.rank(x));
  int64_t p = n.getInt("p", 2);
  if (p != 1 && p != 2)
    return n.error("attribute 'p' is " + Twine(p) + ", expected 1 or 2");
  xf::ReduceKind kind = p == 1 ? xf::ReduceKind::l1 : xf::ReduceKind::l2;
  Value norm = n.reduce(x, kind, {axis});
  Value isZero = n.cmp(xf::CmpKind::eq, norm, n.scalar(0, n.elem(x)));
  return n.done({n.div(x, n.select(isZero, n.scalar(1, n.elem(x)), norm))});
}

static LogicalResult convertMeanVarianceNorm(NodeConverter &n) {
  Value x = n.in(0);
  SmallVector<int64_t> axes = n.normalAxes(
      n.getInts("axes").value_or(SmallVector<int64_t>{0, 2, 3}), n.rank(x));
  Value centred = n.sub(x, n.reduce(x, xf::ReduceKind::mean, axes));
  Value variance =
      n.reduce(n.mul(centred, centred), xf::ReduceKind::mean, axes);
  return n.done(
      {n.div(centred, n.addScalar(n.make<xf::Sqrt>(variance), 1e-9))});
}

static const OpRow rows[] = {
    {"BatchNormalization", 6, 5, convertBatchNorm},
    {"GroupNormalization", 18, 3, convertGroupNorm<true>},
    {"GroupNormalization", 21, 3, convertGroupNorm<false>},
    {"InstanceNormalization", 1, 3, convertInstanceNorm},
    {"LayerNormalization", 1, 2, convertLayerNorm},
    {"LpNormalization", 1, 1, convertLpNorm},
    {"MeanVarianceNormalization", 9, 1, convertMeanVarianceNorm},
    {"RMSNormalization", 23, 2, convertRmsNorm},
    {"SimplifiedLayerNormalization", 1, 2, convertSimplifiedLayerNorm},
};

static const OpRow microsoftRows[] = {
    {"LayerNormalization", 1, 2, convertLayerNorm},
    {"SimplifiedLayerNormalization", 1, 2, convertSimplifiedLayerNorm},
};

void hagane::frontend::registerNorm(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("com.microsoft", microsoftRows);
}
