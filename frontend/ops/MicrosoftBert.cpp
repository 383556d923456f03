// Attention of com.microsoft on merged or packed projections.
#include "dialects/xf/XfDynamic.h"
#include "frontend/ops/Attention.h"
#include "frontend/ops/MatMul.h"
#include "frontend/ops/MicrosoftAttention.h"
#include "frontend/ops/Quantize.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// Scores' addend: 0 where `keeps`, [batch, keys], holds, else the filter.
static Value filterKeys(NodeConverter &n, Value keeps, Type type) {
  return n.select(n.unsqueeze(keeps, {1, 2}), n.scalar(0, type),
                  n.scalar(n.getFloat("mask_filter_value", -10000), type));
}

static void addToBias(NodeConverter &n, AttentionOptions &options,
                      Value addend) {
  options.bias = options.bias ? n.add(options.bias, addend) : addend;
}

/// A vector of one, two or three numbers for each sequence and two more: keys
/// end, and start, at these positions.
static LogicalResult readBounds(NodeConverter &n, Value mask, Value q, Value k,
                                AttentionOptions &options) {
  Dim batch = n.dim(q, 0), have = n.dim(mask, 0);
  if (have == batch) {
    options.keyLengths = mask;
    return success();
  }
  if (have != batch * 2 || !n.isDurable(batch))
    return n.error("mask_index has " + have.str() + " elements for " +
                   batch.str() + " sequences, expected as many or twice");
  Dim zero = batch * 0;
  Type i64 = n.builder().getI64Type();
  options.keyLengths = n.slice(mask, 0, zero, batch);
  Value starts = n.cast(n.slice(mask, 0, batch, have), i64);
  Value keeps =
      n.cmp(xf::CmpKind::ge, n.range(Size(k, 2)), n.unsqueeze(starts, {1}));
  addToBias(n, options, filterKeys(n, keeps, n.elem(q)));
  return success();
}

/// mask_index: bounds of keys, or what is 0 where a key is hidden, of rank 2
/// to 4.
static LogicalResult readMask(NodeConverter &n, Value mask, Value q, Value k,
                              AttentionOptions &options) {
  if (!mask || n.failed())
    return success();
  if (n.rank(mask) == 1)
    return readBounds(n, mask, q, k, options);
  if (n.rank(mask) != 4)
    return readKeyMask(n, mask, n.elem(q), options);
  // Over all positions there can be: the queries are the last of the keys.
  Dim keys = n.dim(k, 2), queries = n.dim(q, 2);
  if (!n.isDurable(keys) || !n.isDurable(queries))
    return n.error("the numbers of queries and keys are not known");
  mask = n.slice(n.slice(mask, 2, keys - queries, keys), 3, keys * 0, keys);
  Value keeps = n.cmp(xf::CmpKind::ne, mask, n.scalar(0, n.elem(mask)));
  Type type = n.elem(q);
  addToBias(n, options,
            n.select(keeps, n.scalar(0, type),
                     n.scalar(n.getFloat("mask_filter_value", -10000), type)));
  return success();
}

//===----------------------------------------------------------------------===//
// Merged projections
//===----------------------------------------------------------------------===//

namespace {
struct Projected {
  Value q, k, v;
};
} // namespace

/// Takes [.., q + k + v features] apart.
static FailureOr<Projected> takeApart(NodeConverter &n, Value all) {
  int64_t axis = n.rank(all) - 1;
  auto features = n.failed() ? std::nullopt : n.staticSize(all, axis);
  if (!features)
    return n.error("the number of projected features is not known");
  auto sizes = n.getInts("qkv_hidden_sizes")
                   .value_or(SmallVector<int64_t>(3, *features / 3));
  if (sizes.size() != 3 || sizes[0] + sizes[1] + sizes[2] != *features)
    return n.error("qkv_hidden_sizes do not fit " + Twine(*features) +
                   " projected features");
  int64_t k = sizes[0], v = k + sizes[1];
  return Projected{n.slice(all, axis, 0, k), n.slice(all, axis, k, v),
                   n.slice(all, axis, v, *features)};
}

/// Attention on [batch, positions, q + k + v features] with mask, past [2,
/// batch, heads, positions, d], bias and the past's length in a shared buffer.
static LogicalResult finishMerged(NodeConverter &n, Value all, Value mask,
                                  Value past, Value bias, Value pastLength) {
  int64_t heads = n.requireInt("num_heads");
  if (n.getInt("do_rotary", 0))
    return n.error("do_rotary is not supported, expected RotaryEmbedding "
                   "before the node");
  bool isShared = n.getInt("past_present_share_buffer", 0) != 0;
  if (isShared && (!past || !pastLength))
    return n.error("past_present_share_buffer is 1 and past or "
                   "past_sequence_length is absent");
  auto parts = takeApart(n, all);
  if (failed(parts))
    return failure();
  Value q = splitHeads(n, parts->q, heads), k = splitHeads(n, parts->k, heads),
        v = splitHeads(n, parts->v, heads);
  AttentionOptions options;
  options.bias = bias;
  if (past) {
    Value pastK = n.squeeze(n.slice(past, 0, 0, 1), {0}),
          pastV = n.squeeze(n.slice(past, 0, 1, 2), {0});
    if (isShared) {
      std::tie(k, v) = writeShared(n, k, v, pastK, pastV, pastLength, options);
    } else {
      k = n.make<xf::CacheAppend>(pastK, k, int64_t(2));
      v = n.make<xf::CacheAppend>(pastV, v, int64_t(2));
    }
  }
  if (failed(readMask(n, mask, q, k, options)))
    return failure();
  if (double scale = n.getFloat("scale", 0))
    options.scale = scale;
  if (n.getInt("unidirectional", 0))
    options.causal = xf::CausalKind::bottom_right;
  Value y = mergeHeads(n, makeAttention(n, q, k, v, options));
  if (!n.wants(1))
    return n.done({y});
  return n.done({y, n.concat({n.unsqueeze(k, {0}), n.unsqueeze(v, {0})}, 0)});
}

/// (input, weights, bias?, mask_index?, past?, attention_bias?,
/// past_sequence_length?).
static LogicalResult convertAttention(NodeConverter &n) {
  Value all = makeMatMul(n, n.in(0), n.in(1));
  if (Value bias = n.in(2))
    all = n.add(all, bias);
  return finishMerged(n, all, n.in(3), n.in(4), n.in(5), n.in(6));
}

/// (input, weight, bias, input_scale, weight_scale, mask_index?, input_zero?,
/// weight_zero?, past?).
static LogicalResult convertQuantizedAttention(NodeConverter &n) {
  Value sum = integerProduct(n, n.in(0), n.in(1), n.in(6), n.in(7));
  Value scale = n.mul(asParameter(n, n.in(3)), asParameter(n, n.in(4)));
  Value all = n.add(n.mul(n.cast(sum, n.elem(scale)), scale), n.in(2));
  return finishMerged(n, all, n.in(5), n.in(8), Value(), Value());
}

//===----------------------------------------------------------------------===//
// Without padding
//===----------------------------------------------------------------------===//

/// The places of the tokens, which come first in `flat`.
static Value placesOf(NodeConverter &n, Value tokens, Value flat) {
  Dim count = n.dim(tokens, 0);
  if (n.failed() || n.isDurable(count))
    return n.failed() ? Value() : n.slice(flat, 0, count * 0, count);
  return n.make<xf::Slice>(flat, n.ints({0}), n.sizeTensor(Size(tokens, 0)),
                           ArrayRef<int64_t>(0), ArrayAttr(), ArrayAttr(),
                           ArrayRef<int64_t>(1));
}

/// Rows of tokens back in [batch, positions, features], padded with zeros.
/// `offsets`, [batch, positions], are the places of the tokens, then those of
/// the padding.
static Value restorePadding(NodeConverter &n, Value tokens, Value offsets) {
  Value flat = n.reshape(offsets, {-1});
  Value zero = n.mulScalar(n.cast(flat, n.elem(tokens)), 0);
  Value room = n.broadcast(n.unsqueeze(zero, {1}), {1, Size(tokens, 1)});
  Value places = n.unsqueeze(placesOf(n, tokens, flat), {1});
  Value all = n.make<xf::ScatterNd>(room, places, tokens, xf::ScatterKind::set);
  return n.reshape(all, {Size(offsets, 0), Size(offsets, 1), Size(tokens, 1)});
}

/// Attention on rows of tokens, as [tokens, v features].
static LogicalResult finishPacked(NodeConverter &n, Value q, Value k, Value v,
                                  Value offsets, Value ends, Value bias) {
  int64_t heads = n.requireInt("num_heads");
  if (n.rank(ends) != 1 || n.rank(offsets) != 2)
    return n.error("token_offset or cumulative_sequence_length have ranks " +
                   Twine(n.rank(offsets)) + " and " + Twine(n.rank(ends)) +
                   ", expected 2 and 1");
  auto spread = [&](Value x) {
    return splitHeads(n, restorePadding(n, x, offsets), heads);
  };
  Dim batch = n.dim(offsets, 0);
  if (!n.isDurable(batch))
    return n.error("the number of sequences is not known");
  AttentionOptions options;
  options.bias = bias;
  options.keyLengths = n.sub(n.slice(ends, 0, batch * 0 + 1, batch + 1),
                             n.slice(ends, 0, batch * 0, batch));
  if (double scale = n.getFloat("scale", 0))
    options.scale = scale;
  Value y =
      mergeHeads(n, makeAttention(n, spread(q), spread(k), spread(v), options));
  auto features = n.failed() ? std::nullopt : n.staticSize(y, 2);
  if (!features)
    return n.error("the number of features is not known");
  Value places = placesOf(n, q, n.reshape(offsets, {-1}));
  return n.done(
      {n.make<xf::Gather>(n.reshape(y, {-1, *features}), places, int64_t(0))});
}

/// (input, weights, bias, token_offset, cumulative_sequence_length,
/// attention_bias?).
static LogicalResult convertPackedAttention(NodeConverter &n) {
  auto parts = takeApart(n, n.add(makeMatMul(n, n.in(0), n.in(1)), n.in(2)));
  if (failed(parts))
    return failure();
  return finishPacked(n, parts->q, parts->k, parts->v, n.in(3), n.in(4),
                      n.in(5));
}

/// (query, key?, value?, bias?, token_offset, cumulative_sequence_length,
/// attention_bias?).
static LogicalResult convertPackedMultiHeadAttention(NodeConverter &n) {
  Value q = n.in(0), k = n.in(1), v = n.in(2);
  if (!n.in(4) || !n.in(5))
    return n.error("token_offset or cumulative_sequence_length is absent");
  if (!k || !v) {
    // [tokens, heads, 3, d].
    auto heads = n.rank(q) == 4 ? n.staticSize(q, 1) : std::nullopt;
    auto width = n.rank(q) == 4 ? n.staticSize(q, 3) : std::nullopt;
    if (!heads || !width)
      return n.error("the packed input is not [tokens, heads, 3, d]");
    auto part = [&](int64_t i) {
      Value x = n.slice(n.in(0), 2, i, i + 1);
      return n.reshape(x, {Size(x, 0), *heads * *width});
    };
    q = part(0);
    k = part(1);
    v = part(2);
  }
  if (Value bias = n.in(3)) {
    int64_t at = 0;
    for (Value *x : {&q, &k, &v}) {
      auto width = n.failed() ? std::nullopt : n.staticSize(*x, 1);
      if (!width)
        return n.error("the number of features is not known");
      *x = n.add(*x, n.slice(bias, 0, at, at + *width));
      at += *width;
    }
  }
  return finishPacked(n, q, k, v, n.in(4), n.in(5), n.in(6));
}

/// (tokens, token_offset).
static LogicalResult convertRestorePadding(NodeConverter &n) {
  return n.done({restorePadding(n, n.in(0), n.in(1))});
}

//===----------------------------------------------------------------------===//
// One query
//===----------------------------------------------------------------------===//

/// (query, key?, value?, mask_index?, attention_bias?, past_key?, past_value?,
/// past_sequence_length?, beam_width?, cache_indirection?, bias?).
static LogicalResult convertDecoderAttention(NodeConverter &n) {
  int64_t heads = n.requireInt("num_heads");
  Value q = n.in(0), k = n.in(1), v = n.in(2), pastK = n.in(5), pastV = n.in(6);
  if (n.in(9))
    return n.error("cache_indirection (beam search inside of the node) is not "
                   "supported");
  if (n.getInt("output_qk", 0) || n.wants(3))
    return n.error("the output qk is not supported");
  if (bool(k) != bool(v) || bool(pastK) != bool(pastV))
    return n.error("keys and values are not both present or both absent");
  bool isCross = k && n.rank(k) == 4;
  Value bias = n.in(10);
  if (!k) {
    if (bias)
      q = n.add(q, bias);
    auto parts = takeApart(n, q);
    if (failed(parts))
      return failure();
    q = parts->q;
    k = parts->k;
    v = parts->v;
  } else if (bias) {
    q = addBias(n, q, bias, 0);
    int64_t width = n.failed() ? 0 : n.staticSize(q, 2).value_or(0);
    k = isCross ? k : addBias(n, k, bias, width);
    v = isCross ? v : addBias(n, v, bias, 2 * width);
  }
  q = splitHeads(n, q, heads);
  if (!isCross) {
    k = splitHeads(n, k, heads);
    v = splitHeads(n, v, heads);
  }
  AttentionOptions options;
  options.bias = n.in(4);
  if (pastK && n.getInt("past_present_share_buffer", 0)) {
    if (!n.in(7))
      return n.error("past_sequence_length is absent");
    std::tie(k, v) = writeShared(n, k, v, pastK, pastV, n.in(7), options);
  } else if (pastK) {
    k = n.make<xf::CacheAppend>(pastK, k, int64_t(2));
    v = n.make<xf::CacheAppend>(pastV, v, int64_t(2));
  }
  if (failed(readMask(n, n.in(3), q, k, options)))
    return failure();
  if (double scale = n.getFloat("scale", 0))
    options.scale = scale;
  options.bias = padBias(n, options.bias, k);
  return n.done({mergeHeads(n, makeAttention(n, q, k, v, options)), k, v});
}

static const OpRow rows[] = {
    {"Attention", 1, 2, convertAttention},
    {"DecoderMaskedMultiHeadAttention", 1, 1, convertDecoderAttention},
    {"PackedAttention", 1, 5, convertPackedAttention},
    {"PackedMultiHeadAttention", 1, 1, convertPackedMultiHeadAttention},
    {"QAttention", 1, 5, convertQuantizedAttention},
    {"RestorePadding", 1, 2, convertRestorePadding},
};

void hagane::frontend::registerMicrosoftBert(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
