// Attention and rotary embedding of com.microsoft.
#include "frontend/ops/Attention.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

/// start, start + 1, ... as many as x has along `axis`, as i64.
static Value positionsFrom(NodeConverter &n, Size start, Value x,
                           int64_t axis) {
  if (n.failed())
    return {};
  MLIRContext *context = n.builder().getContext();
  Type type = n.builder().getI64Type();
  Dim from = start.source ? n.dim(start.source, start.axis)
                          : Dim::constant(context, start.constant);
  Dim to = from + n.dim(x, axis);
  if (n.isDurable(to))
    return n.make<xf::Range>(Value(), Value(), Value(),
                             n.dims({from, to, Dim::constant(context, 1)}),
                             TypeAttr::get(type));
  Value first = n.squeeze(n.sizeTensor(start), {0}),
        count = n.squeeze(n.sizeTensor(Size(x, axis)), {0});
  return n.make<xf::Range>(first, n.add(first, count), n.scalar(1, type),
                           ArrayAttr(), TypeAttr::get(type));
}

/// RotaryEmbedding: (x, position_ids, cos, sin).
static LogicalResult convertRotaryEmbedding(NodeConverter &n) {
  Value x = n.in(0), positions = n.in(1), cos = n.in(2), sin = n.in(3);
  if (n.getInt("is_packed_batching", 0))
    return n.error("is_packed_batching is not supported");
  double scale = n.getFloat("scale", 1);
  int64_t rotated = n.getInt("rotary_embedding_dim", 0),
          heads = n.getInt("num_heads", 0);
  auto half = n.staticSize(cos, n.rank(cos) - 1);
  if (!half || n.rank(cos) != 2)
    return n.error("the cosines are not a matrix with a known last size");
  bool flat = n.rank(x) == 3;
  if (flat) {
    auto features = n.staticSize(x, 2);
    if (heads == 0 && features && *half)
      heads = *features / (2 * *half);
    x = splitHeads(n, x, heads);
  }
  if (n.failed() || n.rank(x) != 4)
    return n.error("the input is not of rank 3 or 4");
  // One position is the first query's; the others follow.
  if (n.rank(positions) == 1)
    positions = n.add(positionsFrom(n, 0, x, 2),
                      n.cast(positions, n.builder().getI64Type()));
  cos = n.make<xf::Gather>(cos, positions, static_cast<int64_t>(0));
  sin = n.make<xf::Gather>(sin, positions, static_cast<int64_t>(0));
  x = n.mulScalar(x, scale);
  Value y = makeRotary(n, x, cos, sin, rotated ? rotated : 2 * *half,
                       n.getInt("interleaved", 0) != 0);
  return n.done({flat ? mergeHeads(n, y) : y});
}

//===----------------------------------------------------------------------===//
// GroupQueryAttention
//===----------------------------------------------------------------------===//

namespace {
struct Heads {
  Value q, k, v;
};
} // namespace

/// Queries, keys and values as [batch, heads, positions, d]; one packed tensor
/// where keys and values are absent.
static Heads splitGrouped(NodeConverter &n, int64_t heads, int64_t kvHeads) {
  Value q = n.in(0), k = n.in(1), v = n.in(2);
  if (k && v)
    return {splitHeads(n, q, heads), splitHeads(n, k, kvHeads),
            splitHeads(n, v, kvHeads)};
  Value all = splitHeads(n, q, heads + 2 * kvHeads);
  return {n.slice(all, 1, 0, heads), n.slice(all, 1, heads, heads + kvHeads),
          n.slice(all, 1, heads + kvHeads, heads + 2 * kvHeads)};
}

static LogicalResult checkGroupedInputs(NodeConverter &n) {
  static constexpr std::pair<unsigned, const char *> refused[] = {
      {12, "k_scale"},
      {13, "v_scale"},
      {14, "q_norm_weight"},
      {15, "k_norm_weight"}};
  for (auto [index, name] : refused)
    if (n.in(index))
      return n.error(Twine("input ") + name + " is not supported");
  if (bool(n.in(1)) != bool(n.in(2)) || bool(n.in(3)) != bool(n.in(4)))
    return n.error("keys and values are not both present or both absent");
  if (n.getInt("do_rotary", 0) && (!n.in(7) || !n.in(8)))
    return n.error(
        "do_rotary is 1 and the caches of cosines and sines are absent");
  return success();
}

/// Caches grow by appending: the past's extent is its length, the same for all
/// sequences, so seqlens_k and total_sequence_length tell nothing new (rows of
/// padding at a prompt's end see less than they might, and are not read).
static LogicalResult convertGroupQueryAttention(NodeConverter &n) {
  int64_t heads = n.requireInt("num_heads"),
          kvHeads = n.requireInt("kv_num_heads");
  if (failed(checkGroupedInputs(n)) || n.failed())
    return failure();
  auto [q, k, v] = splitGrouped(n, heads, kvHeads);
  Value pastK = n.in(3), pastV = n.in(4);
  if (n.getInt("do_rotary", 0)) {
    Value positions = n.in(9);
    if (!positions)
      positions = positionsFrom(n, pastK ? Size(pastK, 2) : Size(0), q, 2);
    Value cos = n.make<xf::Gather>(n.in(7), positions, static_cast<int64_t>(0));
    Value sin = n.make<xf::Gather>(n.in(8), positions, static_cast<int64_t>(0));
    auto half = n.staticSize(cos, n.rank(cos) - 1);
    if (!half)
      return n.error("the number of rotated features is not known");
    bool interleaved = n.getInt("rotary_interleaved", 0) != 0;
    q = makeRotary(n, q, cos, sin, 2 * *half, interleaved);
    k = makeRotary(n, k, cos, sin, 2 * *half, interleaved);
  }
  if (pastK) {
    k = n.make<xf::CacheAppend>(pastK, k, static_cast<int64_t>(2));
    v = n.make<xf::CacheAppend>(pastV, v, static_cast<int64_t>(2));
  }
  AttentionOptions options;
  options.causal = xf::CausalKind::bottom_right;
  if (double scale = n.getFloat("scale", 0))
    options.scale = scale;
  options.softcap = n.getFloat("softcap", 0);
  // The window counts the query's own position.
  if (int64_t window = n.getInt("local_window_size", -1); window > 0)
    options.windowLeft = window - 1;
  options.bias = n.in(10);
  options.sinks = n.in(11);
  if (!options.sinks && n.getInt("smooth_softmax", 0))
    options.sinks = n.broadcast(n.scalar(0, n.elem(q)), {heads});
  return n.done({mergeHeads(n, makeAttention(n, q, k, v, options)), k, v});
}

//===----------------------------------------------------------------------===//
// MultiHeadAttention
//===----------------------------------------------------------------------===//

/// Adds a part of the packed bias [q, k, v] to an operand.
static Value addBias(NodeConverter &n, Value x, Value bias, int64_t from) {
  auto features = n.staticSize(x, 2);
  if (!bias || n.failed())
    return x;
  if (n.rank(x) != 3 || !features) {
    (void)n.error("a bias needs operands of rank 3 with a known last size");
    return {};
  }
  return n.add(x, n.slice(bias, 0, from, from + *features));
}

/// The key padding mask as an addend to the scores, or as lengths.
static LogicalResult readKeyMask(NodeConverter &n, Value mask, Type type,
                                 AttentionOptions &options) {
  if (!mask)
    return success();
  if (n.rank(mask) == 1) {
    options.keyLengths = mask;
    return success();
  }
  if (n.rank(mask) != 2 && n.rank(mask) != 3)
    return n.error("key_padding_mask has rank " + Twine(n.rank(mask)) +
                   ", expected 1, 2 or 3");
  mask = n.rank(mask) == 2 ? n.unsqueeze(mask, {1, 2}) : n.unsqueeze(mask, {1});
  Value keeps = n.cmp(xf::CmpKind::ne, mask, n.scalar(0, n.elem(mask)));
  Value addend =
      n.select(keeps, n.scalar(0, type),
               n.scalar(n.getFloat("mask_filter_value", -10000), type));
  options.bias = options.bias ? n.add(options.bias, addend) : addend;
  return success();
}

static LogicalResult convertMultiHeadAttention(NodeConverter &n) {
  int64_t heads = n.requireInt("num_heads");
  Value q = n.in(0), k = n.in(1), v = n.in(2), bias = n.in(3), pastK = n.in(6),
        pastV = n.in(7);
  if (n.failed())
    return failure();
  if (!k || !v || n.rank(q) != 3)
    return n.error("packed queries, keys and values are not supported");
  if (n.in(8) || n.in(9))
    return n.error(
        "past_sequence_length and cache_indirection are not supported");
  if (bool(pastK) != bool(pastV))
    return n.error(
        "past_key and past_value are not both present or both absent");
  int64_t width = n.staticSize(q, 2).value_or(0);
  q = splitHeads(n, addBias(n, q, bias, 0), heads);
  // Keys and values of rank 4 come from a cache, with their heads apart.
  if (n.rank(k) == 3)
    k = splitHeads(n, addBias(n, k, bias, width), heads);
  if (n.rank(v) == 3)
    v = splitHeads(n, addBias(n, v, bias, 2 * width), heads);
  if (pastK) {
    k = n.make<xf::CacheAppend>(pastK, k, static_cast<int64_t>(2));
    v = n.make<xf::CacheAppend>(pastV, v, static_cast<int64_t>(2));
  }
  AttentionOptions options;
  options.bias = n.in(5);
  if (failed(readKeyMask(n, n.in(4), n.elem(q), options)))
    return failure();
  if (double scale = n.getFloat("scale", 0))
    options.scale = scale;
  if (n.getInt("unidirectional", 0))
    options.causal = xf::CausalKind::bottom_right;
  return n.done({mergeHeads(n, makeAttention(n, q, k, v, options)), k, v});
}

static const OpRow rows[] = {
    {"GroupQueryAttention", 1, 1, convertGroupQueryAttention},
    {"MultiHeadAttention", 1, 1, convertMultiHeadAttention},
    {"RotaryEmbedding", 1, 4, convertRotaryEmbedding},
};

void hagane::frontend::registerMicrosoftAttention(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
