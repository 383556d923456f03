// ai.onnx Attention's scores as a result of their own, and the masks that
// xf.attention does not know, written out.
#include "frontend/ops/Attention.h"
#include "frontend/ops/BlockConverter.h"

#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::CmpKind;

/// [0, size of the axis) as i64.
static Value positionsOf(NodeConverter &n, Value x, int64_t axis) {
  Type type = n.builder().getI64Type();
  MLIRContext *context = n.builder().getContext();
  xf::Dim size = n.dim(x, axis);
  if (n.isDurable(size))
    return n.make<xf::Range>(Value(), Value(), Value(),
                             n.dims({xf::Dim::constant(context, 0), size,
                                     xf::Dim::constant(context, 1)}),
                             TypeAttr::get(type));
  Value end = n.squeeze(n.sizeTensor(Size(x, axis)), {0});
  return n.make<xf::Range>(n.scalar(0, type), end, n.scalar(1, type),
                           ArrayAttr(), TypeAttr::get(type));
}

static Value both(NodeConverter &n, Value x, Value y) {
  return x ? n.make<xf::And>(x, y) : y;
}

Value hagane::frontend::makeAttentionMask(NodeConverter &n, Value q, Value k,
                                          Value past,
                                          const AttentionOptions &options) {
  Type type = n.builder().getI64Type();
  Value keys = positionsOf(n, k, 2);
  Value queries = n.unsqueeze(positionsOf(n, q, 2), {1}), lengths, seen;
  // A query's place among the keys.
  if (options.keyLengths) {
    lengths = n.unsqueeze(n.cast(options.keyLengths, type), {1, 2, 3});
    queries = n.add(queries, n.sub(lengths, n.sizeTensor(Size(q, 2))));
    seen = n.cmp(CmpKind::lt, keys, lengths);
  } else if (past) {
    queries = n.add(queries, n.sizeTensor(Size(past, 2)));
  }
  if (options.causal != xf::CausalKind::none)
    seen = both(n, seen, n.cmp(CmpKind::le, keys, queries));
  auto shifted = [&](int64_t by) {
    return n.addScalar(queries, static_cast<double>(by));
  };
  if (options.windowLeft >= 0)
    seen =
        both(n, seen, n.cmp(CmpKind::ge, keys, shifted(-options.windowLeft)));
  if (options.windowRight >= 0)
    seen =
        both(n, seen, n.cmp(CmpKind::le, keys, shifted(options.windowRight)));
  Value bias = options.bias;
  if (!bias || !seen)
    return bias ? bias : seen;
  if (n.elem(bias).isInteger(1))
    return n.make<xf::And>(bias, seen);
  return n.select(
      seen, bias,
      n.scalar(-std::numeric_limits<double>::infinity(), n.elem(bias)));
}

/// Each key/value head as often as query heads read it.
static Value repeatHeads(NodeConverter &n, Value x, int64_t times) {
  if (times == 1)
    return x;
  auto heads = n.staticSize(x, 1), features = n.staticSize(x, 3);
  Value wide = n.broadcast(n.unsqueeze(x, {2}),
                           {Size(x, 0), Size(x, 1), Size(times), Size(x, 2),
                            features ? Size(*features) : Size(x, 3)});
  return n.reshape(wide, {Size(x, 0), Size(*heads * times), Size(x, 2),
                          features ? Size(*features) : Size(x, 3)});
}

static double lowestOf(Type type) {
  APFloat lowest = APFloat::getLargest(
      cast<FloatType>(type).getFloatSemantics(), /*Negative=*/true);
  bool inexact;
  lowest.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
  return lowest.convertToDouble();
}

/// Where an addend hides all keys; [.., queries, 1].
static Value findBlindRows(NodeConverter &n, Value bias) {
  Value best = n.reduce(bias, xf::ReduceKind::max, {n.rank(bias) - 1});
  return n.cmp(
      CmpKind::eq, best,
      n.scalar(-std::numeric_limits<double>::infinity(), n.elem(bias)));
}

Value hagane::frontend::makeAttentionScores(NodeConverter &n, Value q, Value k,
                                            Value mask,
                                            const AttentionOptions &options,
                                            ScoreStage stage) {
  auto heads = n.staticSize(q, 1), keyHeads = n.staticSize(k, 1),
       features = n.staticSize(q, 3);
  if (!heads || !keyHeads || !features || *keyHeads <= 0 ||
      *heads % *keyHeads) {
    (void)n.error("the numbers of heads and features are not known");
    return {};
  }
  double scale =
      options.scale.value_or(1 / std::sqrt(static_cast<double>(*features)));
  k = repeatHeads(n, k, *heads / *keyHeads);
  Value scores = n.mulScalar(n.make<xf::MatMul>(q, n.transposeLast(k)), scale);
  if (stage == ScoreStage::products)
    return scores;
  Type type = n.elem(scores);
  Value none = n.scalar(-std::numeric_limits<double>::infinity(), type), bias;
  auto cap = [&] {
    if (options.softcap != 0)
      scores = n.mulScalar(
          n.make<xf::Tanh>(n.mulScalar(scores, 1 / options.softcap)),
          options.softcap);
  };
  auto hide = [&] {
    if (!mask)
      return;
    Value fill = stage == ScoreStage::masked && options.hidesByLowest
                     ? n.scalar(lowestOf(type), type)
                     : none;
    bias = n.elem(mask).isInteger(1) ? n.select(mask, n.scalar(0, type), fill)
                                     : n.cast(mask, type);
    scores = n.add(scores, bias);
  };
  ScoreStage first =
      options.masksFirst ? ScoreStage::masked : ScoreStage::capped;
  options.masksFirst ? hide() : cap();
  if (stage == first)
    return scores;
  options.masksFirst ? cap() : hide();
  if (stage != ScoreStage::probabilities)
    return scores;
  Value weights = n.make<xf::Softmax>(scores, int64_t(3), /*log=*/false);
  if (!bias || options.masksFirst)
    return weights;
  // A query that sees no key has zeros, not NaN.
  return n.select(findBlindRows(n, bias), n.scalar(0, type), weights);
}

Value hagane::frontend::makePlainAttention(NodeConverter &n, Value q, Value k,
                                           Value v, Value mask,
                                           const AttentionOptions &options) {
  Value weights =
      makeAttentionScores(n, q, k, mask, options, ScoreStage::probabilities);
  auto heads = n.staticSize(q, 1), keyHeads = n.staticSize(v, 1);
  if (n.failed() || !heads || !keyHeads || *keyHeads <= 0)
    return {};
  return n.make<xf::MatMul>(weights, repeatHeads(n, v, *heads / *keyHeads));
}

Value hagane::frontend::spoilBlindRows(NodeConverter &n, Value y, Value mask) {
  Type type = n.elem(y);
  Value bias =
      n.elem(mask).isInteger(1)
          ? n.select(mask, n.scalar(0, type),
                     n.scalar(-std::numeric_limits<double>::infinity(), type))
          : n.cast(mask, type);
  return n.select(findBlindRows(n, bias),
                  n.scalar(std::numeric_limits<double>::quiet_NaN(), type), y);
}

/// The value of a subgraph with one input, as if its nodes stood here.
static Value applySubgraph(NodeConverter &n, StringRef name, Value x) {
  Region *graph = n.getNode().getSubgraph(name);
  if (!graph || n.failed())
    return x;
  SmallVector<Value> outputs;
  if (graph->getNumArguments() != 1) {
    (void)n.error(name + " has not one input");
    return {};
  }
  n.getState().values[graph->getArgument(0)] = x;
  if (failed(
          convertBlock(n.getState(), graph->front(), n.builder(), outputs)) ||
      outputs.size() != 1 || !outputs.front()) {
    (void)n.error(name + " does not give one output");
    return {};
  }
  return outputs.front();
}

/// ai.onnx.preview FlexAttention: (q, k, v) of rank 4, with subgraphs that
/// change scores and probabilities.
static LogicalResult convertFlexAttention(NodeConverter &n) {
  Value q = n.in(0), k = n.in(1), v = n.in(2);
  if (n.rank(q) != 4 || n.rank(k) != 4 || n.rank(v) != 4)
    return n.error("operands are not all of rank 4");
  AttentionOptions options;
  if (n.hasAttr("scale"))
    options.scale = n.getFloat("scale", 1);
  onnx::NodeOp node = n.getNode();
  if (!node.getSubgraph("score_mod") && !node.getSubgraph("prob_mod"))
    return n.done({makeAttention(n, q, k, v, options)});
  Type type = n.elem(q), precision = n.getDataType("softmax_precision");
  if (!precision)
    precision = type.isF64() ? type : Type(n.builder().getF32Type());
  Value scores =
      makeAttentionScores(n, n.cast(q, precision), n.cast(k, precision),
                          Value(), options, ScoreStage::products);
  scores = applySubgraph(n, "score_mod", scores);
  Value weights = n.make<xf::Softmax>(scores, int64_t(3), /*log=*/false);
  weights = applySubgraph(n, "prob_mod", weights);
  auto heads = n.staticSize(q, 1), keyHeads = n.staticSize(v, 1);
  if (n.failed() || !heads || !keyHeads || *heads % *keyHeads)
    return n.error("the numbers of heads are not known");
  return n.done({n.make<xf::MatMul>(n.cast(weights, type),
                                    repeatHeads(n, v, *heads / *keyHeads))});
}

static const OpRow previewRows[] = {
    {"FlexAttention", 1, 3, convertFlexAttention},
};

void hagane::frontend::registerAttentionScores(OpRegistry &registry) {
  registry.add("ai.onnx.preview", previewRows);
}
