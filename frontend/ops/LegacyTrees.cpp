// TreeEnsembleClassifier and TreeEnsembleRegressor of ai.onnx.ml 1 and 3, which
// name nodes by tree and number. Where the standard is silent, two classes
// above all, results are those of ONNX Runtime.
#include "frontend/ops/Forest.h"
#include "frontend/ops/Ml.h"
#include "llvm/ADT/MapVector.h"
#include <map>
#include <set>

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

namespace {

using NodeName = std::pair<int64_t, int64_t>;

/// Reads the attributes of the nodes, then those of the leaves' weights.
class ForestReader {
public:
  explicit ForestReader(NodeConverter &n) : n(n) {}

  LogicalResult readNodes() {
    auto trees = n.getInts("nodes_treeids"), ids = n.getInts("nodes_nodeids"),
         features = n.getInts("nodes_featureids"),
         whenTrue = n.getInts("nodes_truenodeids"),
         whenFalse = n.getInts("nodes_falsenodeids"),
         missing = n.getInts("nodes_missing_value_tracks_true");
    auto modes = n.getStrings("nodes_modes");
    auto splits = readReals(n, "nodes_values");
    if (!trees || !ids || !features || !whenTrue || !whenFalse || !modes ||
        !splits)
      return n.error("an attribute of the nodes is missing");
    size_t count = ids->size();
    if (trees->size() != count || features->size() != count ||
        whenTrue->size() != count || whenFalse->size() != count ||
        modes->size() != count || splits->size() != count)
      return n.error("attributes of the nodes differ in length");
    if (failed(placeNodes(*trees, *ids, *modes)))
      return failure();
    for (size_t i = 0; i < count; ++i) {
      if ((*modes)[i] == "LEAF")
        continue;
      forest.features.push_back((*features)[i]);
      forest.splits.push_back((*splits)[i]);
      forest.missing.push_back(missing && i < missing->size() && (*missing)[i]);
      for (auto [list, child] : {std::pair(&forest.whenTrue, (*whenTrue)[i]),
                                 std::pair(&forest.whenFalse, (*whenFalse)[i])})
        if (failed(addChild(*list, {(*trees)[i], child})))
          return failure();
    }
    return findRoots(*trees, *ids);
  }

  /// Weights of leaves, by the attributes PREFIX_treeids and so on.
  LogicalResult readWeights(const std::string &prefix) {
    auto trees = n.getInts(prefix + "_treeids"),
         ids = n.getInts(prefix + "_nodeids"),
         targets = n.getInts(prefix + "_ids");
    auto weights = readReals(n, prefix + "_weights");
    if (!trees || !ids || !targets || !weights ||
        trees->size() != ids->size() || trees->size() != targets->size() ||
        trees->size() != weights->size())
      return n.error("attributes of the leaves are missing or differ in "
                     "length");
    if (failed(forest.clearWeights(n)))
      return failure();
    std::vector<bool> isSet(forest.weights.size());
    for (size_t i = 0; i < trees->size(); ++i) {
      auto it = places.find({(*trees)[i], (*ids)[i]});
      int64_t target = (*targets)[i];
      if (it == places.end() || it->second < forest.nodes() || target < 0 ||
          target >= forest.targets)
        return n.error("tree " + Twine((*trees)[i]) + " has no leaf " +
                       Twine((*ids)[i]) + " or there is no target " +
                       Twine(target));
      auto at = static_cast<size_t>(
          (it->second - forest.nodes()) * forest.targets + target);
      forest.weights[at] =
          isSet[at] ? forest.weights[at] + (*weights)[i] : (*weights)[i];
      isSet[at] = true;
      arePositive &= (*weights)[i] >= 0;
      used.insert(target);
    }
    return success();
  }

  Forest forest;
  /// Of all weights.
  bool arePositive = true;
  /// The targets that any leaf has.
  std::set<int64_t> used;

private:
  /// Splits come before leaves.
  LogicalResult placeNodes(ArrayRef<int64_t> trees, ArrayRef<int64_t> ids,
                           ArrayRef<std::string> modes) {
    static constexpr std::pair<StringRef, SplitMode> known[] = {
        {"BRANCH_LEQ", SplitMode::leq}, {"BRANCH_LT", SplitMode::lt},
        {"BRANCH_GTE", SplitMode::gte}, {"BRANCH_GT", SplitMode::gt},
        {"BRANCH_EQ", SplitMode::eq},   {"BRANCH_NEQ", SplitMode::neq}};
    for (const std::string &mode : modes) {
      if (mode == "LEAF")
        continue;
      const auto *it = llvm::find_if(
          known, [&](const auto &row) { return row.first == mode; });
      if (it == std::end(known))
        return n.error("a node's mode is '" + mode +
                       "', expected LEAF or BRANCH_ and LEQ, LT, GTE, GT, EQ "
                       "or NEQ");
      forest.modes.push_back(it->second);
    }
    auto split = int64_t(0), leaf = static_cast<int64_t>(forest.modes.size());
    forest.leaves = static_cast<int64_t>(ids.size()) - leaf;
    for (auto [tree, id, mode] : llvm::zip_equal(trees, ids, modes))
      if (!places.insert({{tree, id}, mode == "LEAF" ? leaf++ : split++})
               .second)
        return n.error("tree " + Twine(tree) + " has two nodes " + Twine(id));
    return success();
  }

  LogicalResult addChild(std::vector<int64_t> &list, NodeName name) {
    auto it = places.find(name);
    if (it == places.end())
      return n.error("tree " + Twine(name.first) + " has no node " +
                     Twine(name.second));
    list.push_back(it->second);
    children.insert(it->second);
    return success();
  }

  /// What is nobody's child.
  LogicalResult findRoots(ArrayRef<int64_t> trees, ArrayRef<int64_t> ids) {
    llvm::MapVector<int64_t, int64_t> found;
    for (auto [tree, id] : llvm::zip_equal(trees, ids)) {
      int64_t place = places[{tree, id}], isRoot = !children.contains(place);
      found[tree] += isRoot;
      if (isRoot)
        forest.roots.push_back(place);
    }
    for (auto [tree, count] : found)
      if (count != 1)
        return n.error("tree " + Twine(tree) + " has " + Twine(count) +
                       " roots, expected 1");
    return success();
  }

  NodeConverter &n;
  std::map<NodeName, int64_t> places;
  llvm::DenseSet<int64_t> children;
};

} // namespace

/// Comparisons of double input are those of doubles; other numbers count as
/// floats.
static Value readFeatures(NodeConverter &n) {
  Value x = n.in(0);
  if (!n.elem(x).isF64())
    x = n.cast(x, n.builder().getF32Type());
  return n.rank(x) == 1 ? n.unsqueeze(x, {0}) : x;
}

static Value addBase(NodeConverter &n, Value y, ArrayRef<double> base) {
  return base.empty()
             ? y
             : n.add(y, realTable(n, base, {static_cast<int64_t>(base.size())},
                                  n.elem(y)));
}

static LogicalResult convertTreeRegressor(NodeConverter &n) {
  static constexpr StringRef names[] = {"AVERAGE", "SUM", "MIN", "MAX"};
  StringRef function = n.getString("aggregate_function", "SUM");
  const auto *it = llvm::find(names, function);
  if (it == std::end(names))
    return n.error("attribute 'aggregate_function' is '" + function +
                   "', expected AVERAGE, SUM, MIN or MAX");
  ForestReader reader(n);
  reader.forest.aggregate = static_cast<Aggregate>(it - std::begin(names));
  reader.forest.targets = n.requireInt("n_targets");
  if (n.failed() || reader.forest.targets < 1)
    return n.error("attribute 'n_targets' is " + Twine(reader.forest.targets) +
                   ", expected at least 1");
  if (failed(reader.readNodes()) || failed(reader.readWeights("target")))
    return failure();
  auto base = readReals(n, "base_values").value_or(SmallVector<double>());
  int64_t targets = reader.forest.targets;
  if (!base.empty() && static_cast<int64_t>(base.size()) != targets)
    return n.error("attribute 'base_values' has " + Twine(base.size()) +
                   " elements, expected " + Twine(targets));
  Value y = addBase(
      n, evaluateForest(n, readFeatures(n), std::move(reader.forest)), base);
  y = n.cast(y, n.builder().getF32Type());
  // Of these ONNX Runtime applies to a single target only PROBIT.
  bool isSingle =
      targets == 1 && n.getString("post_transform", "NONE") != "PROBIT";
  return n.done({isSingle ? y : transformScores(n, y)});
}

/// Two classes with weights for one of them: the first one's column holds the
/// score of the second.
static LogicalResult finishBinary(NodeConverter &n, Value scores,
                                  const ClassLabels &labels, bool arePositive,
                                  bool isFirst, ArrayRef<double> base) {
  if (base.size() > 1)
    return n.error("attribute 'base_values' has " + Twine(base.size()) +
                   " elements and the leaves have weights for one class of "
                   "two, expected one");
  if (isFirst) {
    scores = addBase(n, n.slice(scores, 1, 0, 1), base);
    scores = n.cast(scores, n.builder().getF32Type());
  } else {
    scores = n.cast(scores, n.builder().getF32Type());
  }
  Value score = isFirst ? scores : n.slice(scores, 1, 1, 2);
  Value isPositive = n.cmp(xf::CmpKind::gt, n.squeeze(score, {1}),
                           n.scalar(arePositive ? 0.5 : 0, n.elem(score)));
  return n.done({chooseLabel(n, isPositive, labels),
                 isFirst ? spreadScore(n, scores, !arePositive)
                         : transformScores(n, scores)});
}

static LogicalResult convertTreeClassifier(NodeConverter &n) {
  auto labels = readLabels(n, "classlabels_int64s", "classlabels_strings");
  if (!labels)
    return failure();
  ForestReader reader(n);
  reader.forest.targets = static_cast<int64_t>(labels->count);
  if (failed(reader.readNodes()) || failed(reader.readWeights("class")))
    return failure();
  auto base = readReals(n, "base_values").value_or(SmallVector<double>());
  Value scores = evaluateForest(n, readFeatures(n), std::move(reader.forest));
  if (labels->count == 2 && reader.used.size() == 1)
    return finishBinary(n, scores, *labels, reader.arePositive,
                        reader.used.contains(0), base);
  if (!base.empty() && base.size() != labels->count)
    return n.error("attribute 'base_values' has " + Twine(base.size()) +
                   " elements, expected " + Twine(labels->count));
  scores = n.cast(addBase(n, scores, base), n.builder().getF32Type());
  Value best = n.make<xf::ArgReduce>(scores, int64_t(1), /*largest=*/true,
                                     /*keep_dims=*/false, /*last=*/false);
  return n.done({labelsAt(n, best, *labels), transformScores(n, scores)});
}

static const OpRow rows[] = {
    {"TreeEnsembleClassifier", 1, 1, convertTreeClassifier},
    {"TreeEnsembleRegressor", 1, 1, convertTreeRegressor},
};

void hagane::frontend::registerLegacyTrees(OpRegistry &registry) {
  registry.add("ai.onnx.ml", rows);
}
