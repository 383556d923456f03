// Gates, norms and mixtures of streams in com.microsoft. They compute in f32
// and round where their definitions say so.
#include "frontend/ops/MatMul.h"
#include "frontend/ops/Norm.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

static Value toF32(NodeConverter &n, Value x) {
  return n.cast(x, n.builder().getF32Type());
}

/// The halves of the last axis.
static std::pair<Value, Value> halve(NodeConverter &n, Value x) {
  int64_t axis = n.rank(x) - 1;
  auto size = axis < 0 ? std::nullopt : n.staticSize(x, axis);
  if (!size || *size % 2) {
    (void)n.error("the number of features is not known and even");
    return {};
  }
  return {n.slice(x, axis, 0, *size / 2), n.slice(x, axis, *size / 2, *size)};
}

/// clamp(gate) * sigmoid(alpha * clamp(gate)) * (clamp(up) + beta).
static Value makeSwiGlu(NodeConverter &n, Value gate, Value up) {
  Type type = n.elem(gate), f32 = n.builder().getF32Type();
  gate = toF32(n, gate);
  up = toF32(n, up);
  if (double limit = n.getFloat("limit", 0); limit > 0) {
    Value most = n.scalar(limit, f32);
    gate = n.make<xf::Min>(gate, most);
    up = n.make<xf::Max>(n.make<xf::Min>(up, most), n.scalar(-limit, f32));
  }
  Value weight =
      n.make<xf::Sigmoid>(n.mulScalar(gate, n.getFloat("activation_alpha", 1)));
  Value active = n.mul(gate, weight);
  if (n.getInt("round_activation", 0))
    active = toF32(n, n.cast(active, type));
  if (double beta = n.getFloat("activation_beta", 0); beta != 0)
    up = n.addScalar(up, beta);
  return n.cast(n.mul(active, up), type);
}

/// (gate, up?): without `up` the gate has both halves.
static LogicalResult convertSwiGlu(NodeConverter &n) {
  Value gate = n.in(0), up = n.in(1);
  if (!up)
    std::tie(gate, up) = halve(n, gate);
  return n.failed() ? failure() : n.done({makeSwiGlu(n, gate, up)});
}

/// (x, weight): logits of the router, then the gated rest of the columns.
static LogicalResult convertRouterGateUp(NodeConverter &n) {
  StringRef activation = n.getString("activation", "swiglu");
  int64_t size = n.requireInt("router_size");
  Value all = makeMatMul(n, n.in(0), n.in(1));
  int64_t axis = n.rank(all) - 1;
  auto columns = n.failed() ? std::nullopt : n.staticSize(all, axis);
  if (activation != "swiglu")
    return n.error("attribute 'activation' is '" + activation +
                   "', expected swiglu");
  if (!columns || size < 0 || size > *columns)
    return n.error("router_size is " + Twine(size) +
                   ", expected at most the weight's columns");
  auto [gate, up] = halve(n, n.slice(all, axis, size, *columns));
  return n.failed()
             ? failure()
             : n.done({n.slice(all, axis, 0, size), makeSwiGlu(n, gate, up)});
}

/// (x, scale?): silu of the scaled input.
static LogicalResult convertScaledSilu(NodeConverter &n) {
  Value x = n.in(0), scale = n.in(1);
  Type type = n.elem(x);
  if (scale)
    scale = toF32(n, n.reshape(scale, ArrayRef<Size>()));
  else
    scale = n.scalar(n.getFloat("alpha", 1), n.builder().getF32Type());
  Value z = n.cast(n.mul(toF32(n, x), scale), type);
  Value s = n.cast(n.make<xf::Sigmoid>(toF32(n, z)), type);
  return n.done({n.mul(z, s)});
}

/// (x, y, gate, gate_weight?): x + y * gate.
static LogicalResult convertGatedAdd(NodeConverter &n) {
  Value gate = n.in(2);
  if (Value weight = n.in(3)) {
    Type type = n.elem(gate);
    Value projected = n.cast(makeMatMul(n, gate, weight), type);
    gate = n.make<xf::Sigmoid>(projected);
  }
  return n.done({n.add(n.in(0), n.mul(n.in(1), gate))});
}

/// Groups of `size` elements along the last axis, as an axis of their own.
static Value group(NodeConverter &n, Value x, int64_t size) {
  int64_t last = n.rank(x) - 1;
  auto features = n.staticSize(x, last);
  if (!features || size < 1 || *features % size) {
    (void)n.error("the last axis is not known to be a multiple of " +
                  Twine(size));
    return {};
  }
  SmallVector<Size> sizes;
  for (int64_t axis = 0; axis < last; ++axis)
    sizes.push_back(Size(x, axis));
  sizes.push_back(*features / size);
  sizes.push_back(size);
  return n.reshape(x, sizes);
}

static Value inShapeOf(NodeConverter &n, Value x, Value like) {
  SmallVector<Size> sizes;
  for (int64_t axis = 0; axis < n.rank(like); ++axis)
    sizes.push_back(Size(like, axis));
  return n.reshape(x, sizes);
}

/// (x, scale, gate): RMS norm of groups as long as the scale, times the gate's
/// activation.
static LogicalResult convertGatedRmsNorm(NodeConverter &n) {
  Value x = n.in(0), scale = n.in(1);
  StringRef activation = n.getString("activation", "silu");
  auto size = n.rank(scale) == 1 ? n.staticSize(scale, 0) : std::nullopt;
  if (!size || n.rank(x) < 1)
    return n.error("the scale is not a vector of a known length");
  if (activation != "silu" && activation != "swish" && activation != "sigmoid")
    return n.error("attribute 'activation' is '" + activation +
                   "', expected silu, swish or sigmoid");
  Value groups = group(n, toF32(n, x), *size);
  if (n.failed())
    return failure();
  Value y = makeRmsNorm(n, groups, toF32(n, scale), n.rank(x),
                        n.getFloat("epsilon", 1e-5f));
  Value gate = toF32(n, n.in(2));
  Value active = activation == "sigmoid" ? n.make<xf::Sigmoid>(gate)
                                         : n.make<xf::Silu>(gate);
  return n.done({n.cast(n.mul(inShapeOf(n, y, x), active), n.elem(x))});
}

/// [.., branches, features], whether the branches are an axis of their own or
/// not.
static Value asBranches(NodeConverter &n, Value x, int64_t branches) {
  if (branches == 0)
    return x;
  auto features = n.staticSize(x, n.rank(x) - 1);
  if (!features || branches < 0 || *features % branches) {
    (void)n.error("num_branches is " + Twine(branches) +
                  ", which does not divide the number of features");
    return {};
  }
  return group(n, x, *features / branches);
}

/// (x, scale?): RMS norm of each branch; the scale is [branches, features] in
/// one or two axes, or [features].
static LogicalResult convertBranchwiseNorm(NodeConverter &n) {
  Value x = n.in(0), scale = n.in(1);
  Value branches = asBranches(n, toF32(n, x), n.getInt("num_branches", 0));
  if (n.failed())
    return failure();
  int64_t last = n.rank(branches) - 1;
  auto width = n.staticSize(branches, last);
  if (!width || last < 1)
    return n.error("the number of features is not known");
  Value ones = n.broadcast(n.scalar(1, n.builder().getF32Type()), {*width});
  Value y = makeRmsNorm(n, branches, ones, last, n.getFloat("epsilon", 1e-5f));
  if (scale) {
    scale = toF32(n, scale);
    if (n.rank(scale) == 1 && n.staticSize(scale, 0) != *width)
      scale = n.reshape(scale, {-1, *width});
    y = n.mul(y, scale);
  }
  return n.done({n.cast(inShapeOf(n, y, x), n.elem(x))});
}

/// (a, dt_bias, decay_scale, b?).
static LogicalResult convertAttentionGate(NodeConverter &n) {
  Value a = n.in(0), b = n.in(3), beta;
  Value decay = n.make<xf::Softplus>(n.add(toF32(n, a), n.in(1)));
  decay = n.cast(n.mul(decay, n.in(2)), n.elem(a));
  if (b)
    beta = n.cast(n.make<xf::Sigmoid>(toF32(n, b)), n.elem(b));
  return n.done({decay, beta});
}

/// Factors [.., C], [.., C, 1], [.., C, H] or [.., C * H] against grouped
/// streams.
static Value alongStreams(NodeConverter &n, Value factors, Value streams) {
  factors = toF32(n, factors);
  int64_t rank = n.rank(streams);
  if (n.rank(factors) == rank || n.failed())
    return factors;
  auto count = n.staticSize(streams, rank - 2),
       have = n.staticSize(factors, n.rank(factors) - 1);
  if (!count || !have || n.rank(factors) != rank - 1) {
    (void)n.error("the factors' shape is not known");
    return {};
  }
  return *have == *count ? n.unsqueeze(factors, {rank - 1})
                         : asBranches(n, factors, *count);
}

/// (streams, pre_mix): a weighted sum of streams.
static LogicalResult convertPreMix(NodeConverter &n) {
  Value x = n.in(0);
  Value streams = asBranches(n, toF32(n, x), n.getInt("num_branches", 0));
  if (n.failed() || n.rank(streams) < 2)
    return n.error("the streams have rank " + Twine(n.rank(x)) +
                   ", expected at least 2");
  Value sum = n.reduce(n.mul(streams, alongStreams(n, n.in(1), streams)),
                       xf::ReduceKind::sum, {n.rank(streams) - 2},
                       /*keepDims=*/false);
  sum = n.mulScalar(sum, n.getFloat("reduction_scale", 1));
  return n.done({n.cast(sum, n.elem(x))});
}

/// (streams, block_output, post_mix, stream_mix?): mixed streams plus a share
/// of the block's output each.
static LogicalResult convertPostMix(NodeConverter &n) {
  Value x = n.in(0);
  Value streams = asBranches(n, toF32(n, x), n.getInt("num_branches", 0));
  if (n.failed() || n.rank(streams) < 2)
    return n.error("the streams have rank " + Twine(n.rank(x)) +
                   ", expected at least 2");
  Value block = n.unsqueeze(toF32(n, n.in(1)), {n.rank(streams) - 2});
  Value share = n.mul(alongStreams(n, n.in(2), streams), block);
  if (Value mix = n.in(3))
    streams = makeMatMul(n, n.transposeLast(toF32(n, mix)), streams);
  Value y = n.add(streams, share);
  return n.done({n.cast(inShapeOf(n, y, x), n.elem(x))});
}

static const OpRow rows[] = {
    {"BranchwiseRMSNorm", 1, 1, convertBranchwiseNorm},
    {"GatedAdd", 1, 3, convertGatedAdd},
    {"GatedRMSNorm", 1, 3, convertGatedRmsNorm},
    {"HyperConnectionPostMix", 1, 3, convertPostMix},
    {"HyperConnectionPreMix", 1, 2, convertPreMix},
    {"LinearAttentionGate", 1, 3, convertAttentionGate},
    {"RouterGateUpProj", 1, 2, convertRouterGateUp},
    {"ScaledSiLU", 1, 1, convertScaledSilu},
    {"SwiGLU", 1, 1, convertSwiGlu},
};

void hagane::frontend::registerMicrosoftGates(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
