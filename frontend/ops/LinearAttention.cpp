// Attention by a matrix of state.
#include "dialects/xf/XfSpecial.h"
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// [batch, positions, heads * d] as [batch, positions, heads, d].
static Value splitFeatures(NodeConverter &n, Value x, int64_t heads) {
  if (!x || n.failed())
    return {};
  auto features = n.rank(x) == 3 ? n.staticSize(x, 2) : std::nullopt;
  if (!features || heads < 1 || *features % heads != 0) {
    (void)n.error("an input is not [batch, positions, " + Twine(heads) +
                  " * d] with a known last size");
    return {};
  }
  return n.reshape(x, {Size(x, 0), Size(x, 1), heads, *features / heads});
}

/// (query, key, value, past_state?, decay?, beta?).
static LogicalResult convertLinearAttention(NodeConverter &n) {
  int64_t heads = n.requireInt("q_num_heads"),
          kvHeads = n.requireInt("kv_num_heads");
  StringRef rule = n.getString("update_rule", "gated_delta");
  if (rule != "linear" && rule != "gated" && rule != "delta" &&
      rule != "gated_delta")
    return n.error("attribute 'update_rule' is '" + rule +
                   "', expected linear, gated, delta or gated_delta");
  Value decay = n.in(4), rate = n.in(5);
  if (bool(decay) != rule.starts_with("gated") ||
      bool(rate) != rule.ends_with("delta"))
    return n.error("inputs decay and beta do not fit update_rule '" + rule +
                   "'");
  Value q = splitFeatures(n, n.in(0), heads),
        k = splitFeatures(n, n.in(1), kvHeads),
        v = splitFeatures(n, n.in(2), kvHeads);
  if (decay)
    decay = n.make<xf::Exp>(
        n.cast(splitFeatures(n, decay, kvHeads), n.builder().getF32Type()));
  if (rate)
    rate = n.unsqueeze(rate, {3});
  if (n.failed())
    return failure();
  double scale = n.getFloat("scale", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(static_cast<double>(*n.staticSize(q, 3)));
  auto op = n.create<xf::LinearAttention>(q, k, v, decay, rate, n.in(3),
                                          llvm::APFloat(scale));
  if (!op)
    return failure();
  Value y = op.getY();
  y = n.reshape(y, {Size(y, 0), Size(y, 1), heads * *n.staticSize(y, 3)});
  return n.done({y, op.getLast()});
}

static const OpRow rows[] = {
    {"LinearAttention", 27, 3, convertLinearAttention},
};

static const OpRow microsoftRows[] = {
    {"LinearAttention", 1, 3, convertLinearAttention},
};

void hagane::frontend::registerLinearAttention(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("com.microsoft", microsoftRows);
}
