// Losses, which exported training graphs and metrics end with.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// The losses of samples whose classes lie along axis 1 of `scores`, which are
/// logarithms, weighted and reduced as the attributes say.
static Value makeLoss(NodeConverter &n, Value scores, Value labels,
                      Value weight) {
  Type type = n.elem(scores), integer = n.builder().getI64Type();
  labels = n.cast(labels, integer);
  Value zero = n.scalar(0, type), factors;
  // An ignored label need not be a class: look up class 0 and count it as 0.
  Value isIgnored;
  if (n.hasAttr("ignore_index")) {
    Value ignored =
        n.scalar(static_cast<double>(n.getInt("ignore_index", 0)), integer);
    isIgnored = n.cmp(xf::CmpKind::eq, labels, ignored);
    labels = n.select(isIgnored, n.scalar(0, integer), labels);
  }
  if (weight)
    factors = n.make<xf::Gather>(weight, labels, static_cast<int64_t>(0));
  if (isIgnored)
    factors = n.select(isIgnored, zero, factors ? factors : n.scalar(1, type));
  Value picked = n.make<xf::GatherElements>(scores, n.unsqueeze(labels, {1}),
                                            static_cast<int64_t>(1));
  Value loss = n.make<xf::Neg>(n.squeeze(picked, {1}));
  if (factors)
    loss = n.mul(loss, factors);

  StringRef reduction = n.getString("reduction", "mean");
  if (reduction == "none")
    return loss;
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(loss)));
  if (reduction == "mean" && !factors)
    return n.reduce(loss, xf::ReduceKind::mean, axes, /*keepDims=*/false);
  Value sum = n.reduce(loss, xf::ReduceKind::sum, axes, /*keepDims=*/false);
  if (reduction == "sum")
    return sum;
  if (reduction == "mean")
    return n.div(sum, n.reduce(factors, xf::ReduceKind::sum, axes, false));
  (void)n.error("attribute 'reduction' is '" + reduction +
                "', expected none, mean or sum");
  return {};
}

static LogicalResult convertNegativeLogLikelihood(NodeConverter &n) {
  return n.done({makeLoss(n, n.in(0), n.in(1), n.in(2))});
}

static LogicalResult convertSoftmaxCrossEntropy(NodeConverter &n) {
  Value scores = n.in(0);
  if (n.rank(scores) < 2)
    return n.error("the scores have rank " + Twine(n.rank(scores)) +
                   ", expected at least 2");
  Value logs = n.make<xf::Softmax>(scores, static_cast<int64_t>(1),
                                   /*log=*/true);
  return n.done({makeLoss(n, logs, n.in(1), n.in(2)), logs});
}

static const OpRow rows[] = {
    {"NegativeLogLikelihoodLoss", 12, 2, convertNegativeLogLikelihood},
    {"SoftmaxCrossEntropyLoss", 12, 2, convertSoftmaxCrossEntropy},
};

void hagane::frontend::registerLoss(OpRegistry &registry) {
  registry.add("", rows);
}
