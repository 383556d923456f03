// Attention and RotaryEmbedding of ai.onnx.
#include "frontend/ops/Attention.h"

#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

Value hagane::frontend::makeAttention(NodeConverter &n, Value q, Value k,
                                      Value v,
                                      const AttentionOptions &options) {
  if (n.failed())
    return {};
  std::optional<double> scale = options.scale;
  if (!scale) {
    auto d = n.staticSize(q, 3);
    if (!d || *d <= 0) {
      (void)n.error("the number of features of a head is not known");
      return {};
    }
    scale = 1 / std::sqrt(static_cast<double>(*d));
  }
  OpBuilder &b = n.builder();
  return n.make<xf::Attention>(
      q, k, v, options.bias, options.keyLengths, options.sinks,
      b.getF64FloatAttr(*scale),
      xf::CausalKindAttr::get(b.getContext(), options.causal),
      b.getI64IntegerAttr(options.windowLeft),
      b.getI64IntegerAttr(options.windowRight),
      b.getF64FloatAttr(options.softcap));
}

Value hagane::frontend::splitHeads(NodeConverter &n, Value x, int64_t heads) {
  auto features = n.staticSize(x, 2);
  if (n.rank(x) != 3 || heads <= 0 || !features || *features % heads) {
    (void)n.error(
        "an operand is not of rank 3 with a known last size divisible by " +
        Twine(heads) + " heads");
    return {};
  }
  return n.transpose(
      n.reshape(x, {Size(x, 0), Size(x, 1), heads, *features / heads}),
      {0, 2, 1, 3});
}

Value hagane::frontend::mergeHeads(NodeConverter &n, Value x) {
  auto heads = n.staticSize(x, 1), features = n.staticSize(x, 3);
  Value y = n.transpose(x, {0, 2, 1, 3});
  return n.reshape(
      y, {Size(y, 0), Size(y, 1), heads && features ? *heads * *features : -1});
}

Value hagane::frontend::makeRotary(NodeConverter &n, Value x, Value cos,
                                   Value sin, int64_t rotated,
                                   bool interleaved) {
  // An axis for the heads.
  cos = n.unsqueeze(cos, {n.rank(cos) - 2});
  sin = n.unsqueeze(sin, {n.rank(sin) - 2});
  return n.make<xf::Rotary>(x, n.cast(cos, n.elem(x)), n.cast(sin, n.elem(x)),
                            rotated, interleaved);
}

/// ai.onnx RotaryEmbedding: (x, cos, sin, position_ids?).
static LogicalResult convertRotaryEmbedding(NodeConverter &n) {
  Value x = n.in(0), cos = n.in(1), sin = n.in(2), positions = n.in(3);
  bool flat = n.rank(x) == 3;
  if (flat)
    x = splitHeads(n, x, n.requireInt("num_heads"));
  auto features = n.staticSize(x, 3);
  if (n.failed() || n.rank(x) != 4 || !features)
    return n.error("the input is not of rank 3 or 4 with a known last size");
  if (positions) {
    cos = n.make<xf::Gather>(cos, positions, static_cast<int64_t>(0));
    sin = n.make<xf::Gather>(sin, positions, static_cast<int64_t>(0));
  }
  if (n.failed() || n.rank(cos) != 3 || n.rank(sin) != 3)
    return n.error(
        "cos and sin do not have the rank that position_ids call for");
  int64_t rotated = n.getInt("rotary_embedding_dim", 0);
  Value y = makeRotary(n, x, cos, sin, rotated ? rotated : *features,
                       n.getInt("interleaved", 0) != 0);
  return n.done({flat ? mergeHeads(n, y) : y});
}

/// A mask that ends before the last key hides the rest.
static Value padMask(NodeConverter &n, Value mask, Value keys) {
  if (!mask || n.failed() || n.rank(mask) == 0)
    return mask;
  int64_t last = n.rank(mask) - 1;
  auto have = n.staticSize(mask, last), need = n.staticSize(keys, 2);
  if (!have || !need || *have >= *need)
    return mask;
  SmallVector<int64_t> pads(2 * n.rank(mask), 0);
  pads.back() = *need - *have;
  Value hidden = n.scalar(
      n.elem(mask).isInteger(1) ? 0 : -std::numeric_limits<double>::infinity(),
      n.elem(mask));
  return n.make<xf::Pad>(mask, Value(), hidden, n.dims(pads),
                         xf::PadKind::constant);
}

/// The scores as output 3. The numbers 1 and 2 changed places with the order
/// of cap and mask.
static Value scoresOutput(NodeConverter &n, Value q, Value k, Value mask,
                          const AttentionOptions &options) {
  if (!n.wants(3))
    return {};
  int64_t mode = n.getInt("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) {
    (void)n.error("attribute 'qk_matmul_output_mode' is " + Twine(mode) +
                  ", expected 0 to 3");
    return {};
  }
  if (options.masksFirst && (mode == 1 || mode == 2))
    mode = 3 - mode;
  return makeAttentionScores(n, q, k, mask, options,
                             static_cast<ScoreStage>(mode));
}

static bool isWindowed(const AttentionOptions &options) {
  return options.windowLeft >= 0 || options.windowRight >= 0;
}

/// Where the texts and runtimes of ai.onnx Attention differ.
static void applySemantics(NodeConverter &n, AttentionOptions &options) {
  switch (n.getState().attention) {
  case AttentionSemantics::standard:
    break;
  case AttentionSemantics::original:
    options.masksFirst = true;
    if (options.causal != xf::CausalKind::none)
      options.causal = xf::CausalKind::top_left;
    break;
  case AttentionSemantics::onnxruntime:
    options.hidesByLowest = true;
    break;
  }
}

/// The type for queries and keys of one type with values of another.
static Type sharedType(Type x, Type y) {
  if (x.isF64() || y.isF64())
    return Float64Type::get(x.getContext());
  return Float32Type::get(x.getContext());
}

/// ai.onnx Attention. Outputs: y, present key, present value, scores.
static LogicalResult convertAttention(NodeConverter &n) {
  Value q = n.in(0), k = n.in(1), v = n.in(2), mask = n.in(3), pastK = n.in(4),
        pastV = n.in(5);
  bool flat = n.rank(q) == 3;
  if (flat) {
    q = splitHeads(n, q, n.requireInt("q_num_heads"));
    int64_t kvHeads = n.requireInt("kv_num_heads");
    k = splitHeads(n, k, kvHeads);
    v = splitHeads(n, v, kvHeads);
  }
  if (n.failed())
    return failure();
  if (n.rank(q) != 4 || n.rank(k) != 4 || n.rank(v) != 4)
    return n.error("operands are not all of rank 3 or all of rank 4");
  if (bool(pastK) != bool(pastV))
    return n.error(
        "past_key and past_value are not both present or both absent");
  Type given = n.elem(q);
  AttentionOptions options;
  if (pastK) {
    k = n.make<xf::CacheAppend>(pastK, k, static_cast<int64_t>(2));
    v = n.make<xf::CacheAppend>(pastV, v, static_cast<int64_t>(2));
  }
  Value presentK = k, presentV = v;
  if (Type shared = sharedType(given, n.elem(v)); given != n.elem(v)) {
    q = n.cast(q, shared);
    k = n.cast(k, shared);
    v = n.cast(v, shared);
  }
  if (n.hasAttr("scale"))
    options.scale = n.getFloat("scale", 1);
  options.softcap = n.getFloat("softcap", 0);
  // Query i sees key j where j <= i + past. Without a past that is the top
  // left; with one it is the bottom right if each query brings a key.
  bool isOdd = false;
  if (n.getInt("is_causal", 0)) {
    isOdd = pastK && n.dim(q, 2) != n.dim(n.in(1), flat ? 1 : 2);
    options.causal =
        pastK ? xf::CausalKind::bottom_right : xf::CausalKind::top_left;
  }
  if (mask && !n.elem(mask).isInteger(1))
    mask = n.cast(mask, n.elem(q));
  options.bias = padMask(n, mask, k);
  options.keyLengths = n.in(6);
  if (options.keyLengths) {
    if (pastK)
      return n.error("nonpad_kv_seqlen comes with a past, expected either");
    if (options.causal != xf::CausalKind::none)
      options.causal = xf::CausalKind::bottom_right;
  }
  if (n.hasAttr("left_window_size") || n.hasAttr("right_window_size")) {
    options.windowLeft = n.getInt("left_window_size", -1);
    options.windowRight = n.getInt("right_window_size", -1);
    isOdd |= options.causal == xf::CausalKind::none &&
             std::max(options.windowLeft, options.windowRight) >= 0;
  }
  applySemantics(n, options);
  bool isOriginal = options.masksFirst;
  isOdd &= !isOriginal;
  bool hides = options.bias || options.keyLengths || isWindowed(options) ||
               options.causal != xf::CausalKind::none;
  Value whole;
  if (isOdd || n.wants(3) || (isOriginal && hides))
    whole = makeAttentionMask(n, q, k, isOriginal ? Value() : pastK, options);
  Value scores = scoresOutput(n, q, k, whole, options);
  if (isOdd) {
    // A diagonal that xf.attention does not know becomes part of the mask.
    options.bias = whole;
    options.keyLengths = {};
    options.causal = xf::CausalKind::none;
    options.windowLeft = options.windowRight = -1;
  }
  Value y = isOriginal && whole && options.softcap != 0
                ? makePlainAttention(n, q, k, v, whole, options)
                : makeAttention(n, q, k, v, options);
  if (isOriginal && whole && options.softcap == 0)
    y = spoilBlindRows(n, y, whole);
  y = n.cast(y, given);
  if (scores)
    scores = n.cast(scores, given);
  return n.done({flat ? mergeHeads(n, y) : y, presentK, presentV, scores});
}

static const OpRow rows[] = {
    {"Attention", 23, 3, convertAttention},
    {"RotaryEmbedding", 23, 3, convertRotaryEmbedding},
};

void hagane::frontend::registerAttention(OpRegistry &registry) {
  registry.add("", rows);
}
