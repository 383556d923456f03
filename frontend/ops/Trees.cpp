// TreeEnsemble of ai.onnx.ml 5.
#include "frontend/ops/Forest.h"
#include "frontend/ops/Ml.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

static LogicalResult readNodes(NodeConverter &n, Forest &forest) {
  auto features = n.getInts("nodes_featureids"),
       whenTrue = n.getInts("nodes_truenodeids"),
       whenFalse = n.getInts("nodes_falsenodeids"),
       trueLeaves = n.getInts("nodes_trueleafs"),
       falseLeaves = n.getInts("nodes_falseleafs"),
       roots = n.getInts("tree_roots");
  if (!features || !whenTrue || !whenFalse || !trueLeaves || !falseLeaves ||
      !roots)
    return n.error("an attribute of the nodes is missing");
  size_t count = features->size();
  if (whenTrue->size() != count || whenFalse->size() != count ||
      trueLeaves->size() != count || falseLeaves->size() != count)
    return n.error("attributes of the nodes differ in length");
  forest.features.assign(features->begin(), features->end());
  auto child = [&](int64_t id, int64_t isLeaf) {
    return isLeaf ? forest.nodes() + id : id;
  };
  for (size_t i = 0; i < count; ++i) {
    forest.whenTrue.push_back(child((*whenTrue)[i], (*trueLeaves)[i]));
    forest.whenFalse.push_back(child((*whenFalse)[i], (*falseLeaves)[i]));
  }
  forest.roots.assign(roots->begin(), roots->end());
  return success();
}

static LogicalResult readWeights(NodeConverter &n, Forest &forest) {
  auto targets = n.getInts("leaf_targetids");
  forest.targets = n.requireInt("n_targets");
  if (!targets || forest.targets < 1)
    return n.error("attribute 'n_targets' is " + Twine(forest.targets) +
                   ", expected at least 1, or 'leaf_targetids' is missing");
  int64_t function = n.getInt("aggregate_function", 1);
  if (function < 0 || function > 3)
    return n.error("attribute 'aggregate_function' is " + Twine(function) +
                   ", expected 0 to 3");
  forest.aggregate = static_cast<Aggregate>(function);
  auto weights = tensorReals(n, "leaf_weights");
  if (!weights || weights->size() != targets->size())
    return n.error("attribute 'leaf_weights' is missing or not of " +
                   Twine(targets->size()) + " elements");
  forest.leaves = static_cast<int64_t>(targets->size());
  if (failed(forest.clearWeights(n)))
    return failure();
  for (auto [leaf, target] : llvm::enumerate(*targets)) {
    if (target < 0 || target >= forest.targets)
      return n.error("a leaf's target is " + Twine(target) +
                     ", expected 0 to " + Twine(forest.targets - 1));
    forest.weights[leaf * forest.targets + target] = (*weights)[leaf];
  }
  return success();
}

static LogicalResult readSplits(NodeConverter &n, Forest &forest) {
  auto splits = tensorReals(n, "nodes_splits"),
       modes = tensorReals(n, "nodes_modes");
  size_t nodes = forest.features.size();
  if (!splits || !modes || splits->size() != nodes || modes->size() != nodes)
    return n.error("attributes nodes_splits or nodes_modes are missing or "
                   "not of " +
                   Twine(nodes) + " elements");
  auto sets =
      tensorReals(n, "membership_values").value_or(SmallVector<double>());
  auto missing = n.getInts("nodes_missing_value_tracks_true");
  forest.splits.assign(splits->begin(), splits->end());
  forest.members.resize(nodes);
  size_t next = 0;
  for (size_t i = 0; i < nodes; ++i) {
    double mode = (*modes)[i];
    if (!(mode >= 0 && mode <= static_cast<int>(SplitMode::member)))
      return n.error("a node's mode is " + Twine(std::to_string(mode)) +
                     ", expected 0 to 6");
    forest.modes.push_back(static_cast<SplitMode>(static_cast<int>(mode)));
    forest.missing.push_back(missing && i < missing->size() && (*missing)[i]);
    if (forest.modes.back() != SplitMode::member)
      continue;
    // NaN ends a set.
    for (; next < sets.size() && !std::isnan(sets[next]); ++next)
      forest.members[i].push_back(sets[next]);
    ++next;
  }
  return success();
}

static LogicalResult convertTreeEnsemble(NodeConverter &n) {
  Forest forest;
  if (failed(readNodes(n, forest)) || failed(readWeights(n, forest)) ||
      failed(readSplits(n, forest)))
    return failure();
  return n.done(
      {transformScores(n, evaluateForest(n, n.in(0), std::move(forest)))});
}

static const OpRow rows[] = {
    {"TreeEnsemble", 5, 1, convertTreeEnsemble},
};

void hagane::frontend::registerTrees(OpRegistry &registry) {
  registry.add("ai.onnx.ml", rows);
}
