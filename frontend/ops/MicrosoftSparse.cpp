// Attention of com.microsoft that sees some blocks of keys only.
#include "dialects/xf/XfDynamic.h"
#include "frontend/ops/MicrosoftAttention.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// The blocks that each block of queries sees, [layouts, blocks, blocks], from
/// compressed rows: where each row begins in the list of columns.
static Value readBlocks(NodeConverter &n, Value rows, Value columns) {
  auto begins = n.constInts(rows), places = n.constInts(columns);
  auto layouts = n.rank(rows) == 2 ? n.staticSize(rows, 0) : std::nullopt;
  if (!begins || !places || !layouts || n.rank(columns) != 2 || *layouts < 1 ||
      n.staticSize(columns, 0) != layouts) {
    (void)n.error("the blocks are no constant matrices of one row per layout");
    return {};
  }
  auto stride = static_cast<int64_t>(begins->size()) / *layouts,
       length = static_cast<int64_t>(places->size()) / *layouts,
       blocks = stride - 1;
  SmallVector<bool> sees(*layouts * blocks * blocks, false);
  for (int64_t layout = 0; layout < *layouts; ++layout)
    for (int64_t row = 0; row < blocks; ++row) {
      int64_t from = (*begins)[layout * stride + row],
              to = (*begins)[layout * stride + row + 1];
      if (from < 0 || to > length) {
        (void)n.error("a row of blocks ends at " + Twine(to) +
                      ", expected at most " + Twine(length));
        return {};
      }
      for (int64_t i = from; i < to; ++i) {
        int64_t column = (*places)[layout * length + i];
        if (column < 0 || column >= blocks) {
          (void)n.error("a block is number " + Twine(column) +
                        ", expected 0 to " + Twine(blocks - 1));
          return {};
        }
        sees[(layout * blocks + row) * blocks + column] = true;
      }
    }
  return n.constant(
      DenseElementsAttr::get(RankedTensorType::get({*layouts, blocks, blocks},
                                                   n.builder().getI1Type()),
                             ArrayRef(sees)));
}

/// Scores' addend [batch, heads, queries, keys].
static Value hideBlocks(NodeConverter &n, Value sees, Value q, Value k,
                        Value starts, int64_t heads, int64_t block) {
  auto blocks = n.staticSize(sees, 1), layouts = n.staticSize(sees, 0);
  if (n.failed() || !blocks || !layouts)
    return {};
  Type i64 = n.builder().getI64Type();
  Value size = n.scalar(static_cast<double>(block), i64),
        last = n.scalar(static_cast<double>(*blocks - 1), i64);
  auto blockOf = [&](Value positions) {
    return n.make<xf::Min>(n.div(positions, size), last);
  };
  Value rows = blockOf(
      n.add(n.unsqueeze(starts, {1}), n.unsqueeze(n.range(Size(q, 2)), {0})));
  Value columns = blockOf(n.range(Size(k, 2)));
  // [layouts, batch, queries, keys]
  Value seen = n.make<xf::Gather>(n.make<xf::Gather>(sees, rows, int64_t(1)),
                                  columns, int64_t(3));
  seen = n.transpose(seen, {1, 0, 2, 3});
  if (*layouts > 1) {
    SmallVector<int64_t> cycle;
    for (int64_t head = 0; head < heads; ++head)
      cycle.push_back(head % *layouts);
    seen = n.make<xf::Gather>(seen, n.ints(cycle), int64_t(1));
  }
  Type type = n.elem(q);
  return n.select(seen, n.scalar(0, type),
                  n.scalar(-std::numeric_limits<double>::infinity(), type));
}

/// (query, key?, value?, past_key, past_value, block_row_indices,
/// block_col_indices, total_sequence_length, key_total_sequence_lengths,
/// cos_cache?, sin_cache?): past and present are buffers of one size.
static LogicalResult convertSparseAttention(NodeConverter &n) {
  int64_t heads = n.requireInt("num_heads"),
          kvHeads = n.requireInt("kv_num_heads"),
          block = n.requireInt("sparse_block_size");
  if (n.failed() || heads < 1 || kvHeads < 1 || block < 1)
    return n.error("num_heads, kv_num_heads or sparse_block_size are not "
                   "positive");
  if (bool(n.in(1)) != bool(n.in(2)))
    return n.error("keys and values are not both present or both absent");
  bool rotates = n.getInt("do_rotary", 0) != 0;
  if (rotates && (!n.in(9) || !n.in(10)))
    return n.error(
        "do_rotary is 1 and the caches of cosines and sines are absent");
  auto [q, k, v] = splitGrouped(n, heads, kvHeads);
  if (n.failed())
    return failure();
  Positions at = findPositions(n, q, n.in(8), /*more=*/0, n.in(7));
  if (rotates &&
      failed(rotateGrouped(n, q, k, at.starts, Value(), n.in(9), n.in(10))))
    return failure();
  auto write = [&](Value x, Value past) {
    return n.make<xf::CacheWrite>(x, at.starts, past, Value(), int64_t(2),
                                  ArrayAttr(), /*keep_rest=*/true,
                                  /*circular=*/false);
  };
  k = write(k, n.in(3));
  v = write(v, n.in(4));
  AttentionOptions options;
  options.causal = xf::CausalKind::bottom_right;
  if (double scale = n.getFloat("scale", 0))
    options.scale = scale;
  options.keyLengths = at.lengths;
  options.bias = hideBlocks(n, readBlocks(n, n.in(5), n.in(6)), q, k, at.starts,
                            heads, block);
  return n.done({mergeHeads(n, makeAttention(n, q, k, v, options)), k, v});
}

static const OpRow rows[] = {
    {"SparseAttention", 1, 1, convertSparseAttention},
};

void hagane::frontend::registerMicrosoftSparse(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
