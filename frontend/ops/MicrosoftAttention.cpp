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

/// Where the cosines and sines of each query come from: `find` gives the rows
/// of a cache for x [batch, heads, positions, d].
static LogicalResult
rotate(NodeConverter &n,
       llvm::function_ref<Value(Value cache, Value x, int64_t half)> find) {
  Value x = n.in(0), cos = n.in(2), sin = n.in(3);
  if (n.getInt("is_packed_batching", 0))
    return n.error("is_packed_batching is not supported");
  double scale = n.getFloat("scale", 1);
  int64_t rotated = n.getInt("rotary_embedding_dim", 0),
          heads = n.getInt("num_heads", 0);
  auto half = n.rank(cos) == 2 ? n.staticSize(cos, 1) : std::nullopt;
  if (!half)
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
  cos = find(cos, x, *half);
  sin = find(sin, x, *half);
  x = n.mulScalar(x, scale);
  Value y = makeRotary(n, x, cos, sin, rotated ? rotated : 2 * *half,
                       n.getInt("interleaved", 0) != 0);
  return n.done({flat ? mergeHeads(n, y) : y});
}

/// RotaryEmbedding: (x, position_ids, cos, sin).
static LogicalResult convertRotaryEmbedding(NodeConverter &n) {
  Value positions;
  return rotate(n, [&](Value cache, Value x, int64_t) {
    // One position is the first query's; the others follow.
    if (!positions)
      positions = n.rank(n.in(1)) == 1
                      ? n.add(positionsFrom(n, 0, x, 2),
                              n.cast(n.in(1), n.builder().getI64Type()))
                      : n.in(1);
    return n.make<xf::Gather>(cache, positions, static_cast<int64_t>(0));
  });
}

/// Which of three positions each rotated feature has: sections one after
/// another, or taking turns as far as they reach.
static FailureOr<SmallVector<int64_t>> readStreams(NodeConverter &n,
                                                   int64_t half) {
  auto sections = n.getInts("mrope_section");
  if (!sections || sections->size() != 3)
    return n.error("attribute 'mrope_section' is not three numbers");
  bool takeTurns = n.getInt("mrope_layout", 0) != 0;
  SmallVector<int64_t> streams;
  int64_t first = (*sections)[0], second = first + (*sections)[1];
  for (int64_t i = 0; i < half; ++i) {
    int64_t turn = i % 3;
    if (takeTurns)
      streams.push_back(turn && i < 3 * (*sections)[turn] ? turn : 0);
    else
      streams.push_back(i < first ? 0 : i < second ? 1 : 2);
  }
  return streams;
}

/// MRotaryEmbedding: (x, position_ids [3, batch, positions], cos, sin).
static LogicalResult convertMultimodalRotary(NodeConverter &n) {
  if (n.rank(n.in(1)) != 3 || n.staticSize(n.in(1), 0) != 3)
    return n.error("position_ids are not [3, batch, positions]");
  return rotate(n, [&](Value cache, Value, int64_t half) {
    auto streams = readStreams(n, half);
    Value rows = n.make<xf::Gather>(cache, n.in(1), static_cast<int64_t>(0));
    if (failed(streams) || n.failed())
      return Value();
    auto part = [&](int64_t i) {
      return n.squeeze(n.slice(rows, 0, i, i + 1), {0});
    };
    Value stream = n.ints(*streams), y = part(0);
    for (int64_t i : {1, 2})
      y = n.select(n.cmp(xf::CmpKind::eq, stream, n.ints({i})), part(i), y);
    return y;
  });
}

/// GemmaRotaryEmbedding: (angles [batch, positions, d], q, q_rot, k, k_rot).
static LogicalResult convertGemmaRotary(NodeConverter &n) {
  auto wave = [&](Value values) {
    return n.unsqueeze(n.cast(values, n.elem(n.in(1))), {1});
  };
  Value cos = wave(n.make<xf::Cos>(n.in(0))),
        sin = wave(n.make<xf::Sin>(n.in(0)));
  auto turn = [&](Value x, Value turned) {
    return n.add(n.mul(x, cos), n.mul(turned, sin));
  };
  return n.done({turn(n.in(1), n.in(2)), turn(n.in(3), n.in(4))});
}

//===----------------------------------------------------------------------===//
// GroupQueryAttention
//===----------------------------------------------------------------------===//

/// Queries, keys and values as [batch, heads, positions, d]; one packed tensor
/// where keys and values are absent.
Heads hagane::frontend::splitGrouped(NodeConverter &n, int64_t heads,
                                     int64_t kvHeads) {
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

/// A prompt, in which all keys are new, starts at 0 whatever its padding at the
/// end, whose rows are not read.
Positions hagane::frontend::findPositions(NodeConverter &n, Value q,
                                          Value lengths, int64_t more,
                                          Value total) {
  Type type = n.builder().getI64Type();
  Value last = n.cast(lengths, type);
  total = n.cast(total, type);
  if (n.rank(last) == 2)
    last = n.squeeze(last, {1});
  if (n.rank(total) == 0)
    total = n.unsqueeze(total, {0});
  Value count = n.sizeTensor(Size(q, 2));
  Value all =
      n.select(n.cmp(xf::CmpKind::eq, count, total), count,
               more ? n.addScalar(last, static_cast<double>(more)) : last);
  return {all, n.sub(all, count)};
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

LogicalResult hagane::frontend::rotateGrouped(NodeConverter &n, Value &q,
                                              Value &k, Value starts,
                                              Value positions, Value cosCache,
                                              Value sinCache) {
  if (!positions) {
    positions = positionsFrom(n, 0, q, 2);
    if (starts)
      positions = n.add(n.unsqueeze(starts, {1}), positions);
  }
  Value cos = n.make<xf::Gather>(cosCache, positions, static_cast<int64_t>(0));
  Value sin = n.make<xf::Gather>(sinCache, positions, static_cast<int64_t>(0));
  auto half = n.staticSize(cos, n.rank(cos) - 1);
  if (!half)
    return n.error("the number of rotated features is not known");
  bool interleaved = n.getInt("rotary_interleaved", 0) != 0;
  q = makeRotary(n, q, cos, sin, 2 * *half, interleaved);
  k = makeRotary(n, k, cos, sin, 2 * *half, interleaved);
  return success();
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
    at = findPositions(n, q, n.in(5), /*more=*/1, n.in(6));
  if (n.getInt("do_rotary", 0) &&
      failed(rotateGrouped(n, q, k, at.starts, n.in(9), n.in(7), n.in(8))))
    return failure();
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

/// Queries, keys and values packed as [batch, positions, heads, 3, d], or keys
/// and values as [batch, positions, heads, 2, d], taken apart.
static LogicalResult unpack(NodeConverter &n, Value &q, Value &k, Value &v) {
  if (k && v)
    return n.rank(q) == 3 ? success()
                          : n.error("the queries have rank " +
                                    Twine(n.rank(q)) + ", expected 3");
  Value all = k ? k : q;
  int64_t parts = k ? 2 : 3;
  auto heads = n.rank(all) == 5 ? n.staticSize(all, 2) : std::nullopt,
       width = n.rank(all) == 5 ? n.staticSize(all, 4) : std::nullopt;
  if (!heads || !width || n.staticSize(all, 3) != parts || v)
    return n.error("keys and values are absent and the input is not [batch, "
                   "positions, heads, " +
                   Twine(parts) + ", d]");
  auto part = [&](int64_t i) {
    Value x = n.slice(all, 3, i, i + 1);
    return n.reshape(x, {Size(x, 0), Size(x, 1), *heads * *width});
  };
  if (!k)
    q = part(0);
  k = part(parts - 2);
  v = part(parts - 1);
  return success();
}

static LogicalResult convertMultiHeadAttention(NodeConverter &n) {
  int64_t heads = n.requireInt("num_heads");
  Value q = n.in(0), k = n.in(1), v = n.in(2), bias = n.in(3), pastK = n.in(6),
        pastV = n.in(7);
  if (n.failed())
    return failure();
  if (failed(unpack(n, q, k, v)))
    return failure();
  if (n.in(9))
    return n.error("cache_indirection (beam search inside of the node) is not "
                   "supported");
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
  AttentionOptions options;
  options.bias = n.in(5);
  if (pastK && n.in(8)) {
    std::tie(k, v) = writeShared(n, k, v, pastK, pastV, n.in(8), options);
  } else if (pastK) {
    k = n.make<xf::CacheAppend>(pastK, k, static_cast<int64_t>(2));
    v = n.make<xf::CacheAppend>(pastV, v, static_cast<int64_t>(2));
  }
  if (failed(readKeyMask(n, n.in(4), n.elem(q), options)))
    return failure();
  if (double scale = n.getFloat("scale", 0))
    options.scale = scale;
  if (n.getInt("unidirectional", 0))
    options.causal = xf::CausalKind::bottom_right;
  return n.done({mergeHeads(n, makeAttention(n, q, k, v, options)), k, v});
}

static const OpRow rows[] = {
    {"GemmaRotaryEmbedding", 1, 5, convertGemmaRotary},
    {"GroupQueryAttention", 1, 1, convertGroupQueryAttention},
    {"MRotaryEmbedding", 1, 4, convertMultimodalRotary},
    {"MultiHeadAttention", 1, 1, convertMultiHeadAttention},
    {"RotaryEmbedding", 1, 4, convertRotaryEmbedding},
};

void hagane::frontend::registerMicrosoftAttention(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
