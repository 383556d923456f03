// Attention and rotary embedding of com.microsoft.
#include "frontend/ops/MicrosoftAttention.h"
#include "dialects/xf/XfDynamic.h"

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
  if (!n.in(5) || !n.in(6))
    return n.error("seqlens_k or total_sequence_length is absent");
  if (n.getInt("do_rotary", 0) && (!n.in(7) || !n.in(8)))
    return n.error(
        "do_rotary is 1 and the caches of cosines and sines are absent");
  return success();
}

namespace {
/// Where each sequence's queries stand: `lengths` keys are visible to the last
/// one, and the first is number `starts` of them; [batch], i64.
struct Positions {
  Value lengths, starts;
};
} // namespace

/// seqlens_k holds each sequence's keys less one, the new ones included. A
/// prompt, in which all keys are new, starts at 0 whatever its padding at the
/// end, whose rows are not read.
static Positions findPositions(NodeConverter &n, Value q) {
  Type type = n.builder().getI64Type();
  Value last = n.cast(n.in(5), type), total = n.cast(n.in(6), type);
  if (n.rank(last) == 2)
    last = n.squeeze(last, {1});
  if (n.rank(total) == 0)
    total = n.unsqueeze(total, {0});
  Value count = n.sizeTensor(Size(q, 2));
  Value lengths = n.select(n.cmp(xf::CmpKind::eq, count, total), count,
                           n.addScalar(last, 1));
  return {lengths, n.sub(lengths, count)};
}

/// The extent of the present, the larger of the past's and the total length:
/// as an attribute, or as a tensor where only running the model tells.
static std::pair<ArrayAttr, Value> findExtent(NodeConverter &n, Value past) {
  if (n.failed())
    return {};
  Value total = n.in(6);
  Dim have = n.dim(past, 2), needed;
  if (const auto &content = n.getState().getFacts(total).content)
    needed = content->size() == 1 ? content->front() : Dim();
  if (needed && n.isDurable(have) && n.isDurable(needed)) {
    const xf::DimProver &prover = n.getState().prover;
    Dim extent = prover.isLessOrEqual(have, needed)   ? needed
                 : prover.isLessOrEqual(needed, have) ? have
                                                      : have.max(needed);
    return {n.dims(extent), Value()};
  }
  total = n.cast(total, n.builder().getI64Type());
  if (n.rank(total) == 0)
    total = n.unsqueeze(total, {0});
  return {ArrayAttr(), n.make<xf::Max>(n.sizeTensor(Size(past, 2)), total)};
}

/// A bias over fewer keys than there are hides none of them: the others are
/// out of sight by their positions.
Value hagane::frontend::padBias(NodeConverter &n, Value bias, Value keys) {
  if (!bias || n.failed())
    return bias;
  int64_t last = n.rank(bias) - 1;
  Dim missing = n.dim(keys, 2) - n.dim(bias, last);
  if (n.rank(bias) != 4 || n.dim(bias, last).isConstant(1) ||
      missing.isConstant(0) || !n.isDurable(missing))
    return bias;
  SmallVector<Dim> pads(2 * n.rank(bias), n.dim(bias, last) * 0);
  pads.back() = missing;
  return n.make<xf::Pad>(bias, Value(), Value(), n.dims(pads),
                         xf::PadKind::constant);
}

static LogicalResult convertGroupQueryAttention(NodeConverter &n) {
  int64_t heads = n.requireInt("num_heads"),
          kvHeads = n.requireInt("kv_num_heads");
  if (failed(checkGroupedInputs(n)) || n.failed())
    return failure();
  auto [q, k, v] = splitGrouped(n, heads, kvHeads);
  Value pastK = n.in(3), pastV = n.in(4);
  Positions at;
  if (pastK)
    at = findPositions(n, q);
  if (n.getInt("do_rotary", 0)) {
    Value positions = n.in(9);
    if (!positions) {
      positions = positionsFrom(n, 0, q, 2);
      if (pastK)
        positions = n.add(n.unsqueeze(at.starts, {1}), positions);
    }
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
    auto [extent, computed] = findExtent(n, pastK);
    for (auto [x, past] : {std::pair(&k, pastK), std::pair(&v, pastV)})
      *x =
          n.make<xf::CacheWrite>(*x, at.starts, past, computed,
                                 static_cast<int64_t>(2), extent, false, false);
  }
  AttentionOptions options;
  options.causal = xf::CausalKind::bottom_right;
  if (double scale = n.getFloat("scale", 0))
    options.scale = scale;
  options.softcap = n.getFloat("softcap", 0);
  // The window counts the query's own position.
  if (int64_t window = n.getInt("local_window_size", -1); window > 0)
    options.windowLeft = window - 1;
  options.bias = padBias(n, n.in(10), k);
  options.keyLengths = at.lengths;
  options.sinks = n.in(11);
  if (!options.sinks && n.getInt("smooth_softmax", 0))
    options.sinks = n.broadcast(n.scalar(0, n.elem(q)), {heads});
  return n.done({mergeHeads(n, makeAttention(n, q, k, v, options)), k, v});
}

std::pair<Value, Value>
hagane::frontend::writeShared(NodeConverter &n, Value k, Value v, Value pastK,
                              Value pastV, Value pastLength,
                              AttentionOptions &options) {
  Value length = n.reshape(n.cast(pastLength, n.builder().getI64Type()), {1});
  Value count = n.sizeTensor(Size(k, 2));
  Value starts = n.broadcast(length, {Size(k, 0)});
  options.keyLengths = n.add(starts, count);
  auto write = [&](Value x, Value past) {
    return n.make<xf::CacheWrite>(x, starts, past, Value(), int64_t(2),
                                  ArrayAttr(), /*keep_rest=*/true,
                                  /*circular=*/false);
  };
  return {write(k, pastK), write(v, pastV)};
}

//===----------------------------------------------------------------------===//
// MultiHeadAttention
//===----------------------------------------------------------------------===//

/// Adds a part of the packed bias [q, k, v] to an operand.
Value hagane::frontend::addBias(NodeConverter &n, Value x, Value bias,
                                int64_t from) {
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
LogicalResult hagane::frontend::readKeyMask(NodeConverter &n, Value mask,
                                            Type type,
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
