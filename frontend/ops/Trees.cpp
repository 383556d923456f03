// Ensembles of decision trees: all rows descend all trees at once, one level
// after another.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

namespace {

/// Nodes of all trees, and behind them the leaves, which are their own
/// children.
struct Forest {
  std::vector<int64_t> features, whenTrue, whenFalse, roots;
  std::vector<double> splits;
  /// By node: whether a feature below, at, above the split, or missing, is
  /// true.
  std::vector<bool> below, equal, above, missing;
  /// By node: the values that are true, none for most.
  std::vector<std::vector<double>> members;
  /// [leaves, targets]
  std::vector<double> weights;
  int64_t nodes = 0, leaves = 0, targets = 1;
};

enum Mode { kLeq, kLt, kGte, kGt, kEq, kNeq, kMember };

class TreeEnsemble {
public:
  explicit TreeEnsemble(NodeConverter &n) : n(n) {}

  LogicalResult convert() {
    if (failed(read()) || failed(readSplits()))
      return failure();
    int64_t depth = findDepth();
    if (depth < 0)
      return n.error("a tree's nodes form a cycle");
    Value x = n.in(0);
    if (n.rank(x) != 2)
      return n.error("the input has rank " + Twine(n.rank(x)) + ", expected 2");
    type = n.elem(x);
    auto trees = static_cast<int64_t>(forest.roots.size());
    Value at = n.broadcast(n.ints(forest.roots), {Size(x, 0), trees});
    for (int64_t level = 0; level < depth; ++level)
      at = descend(x, at);
    return n.done({transform(combine(at, trees))});
  }

private:
  LogicalResult read() {
    auto features = n.getInts("nodes_featureids"),
         whenTrue = n.getInts("nodes_truenodeids"),
         whenFalse = n.getInts("nodes_falsenodeids"),
         trueLeaves = n.getInts("nodes_trueleafs"),
         falseLeaves = n.getInts("nodes_falseleafs"),
         roots = n.getInts("tree_roots"), targets = n.getInts("leaf_targetids");
    if (!features || !whenTrue || !whenFalse || !trueLeaves || !falseLeaves ||
        !roots || !targets)
      return n.error("an attribute of the nodes is missing");
    forest.nodes = static_cast<int64_t>(features->size());
    forest.leaves = static_cast<int64_t>(targets->size());
    forest.targets = n.requireInt("n_targets");
    if (forest.targets < 1)
      return n.error("attribute 'n_targets' is " + Twine(forest.targets) +
                     ", expected at least 1");
    size_t count = features->size();
    if (whenTrue->size() != count || whenFalse->size() != count ||
        trueLeaves->size() != count || falseLeaves->size() != count)
      return n.error("attributes of the nodes differ in length");
    forest.features.assign(features->begin(), features->end());
    forest.features.resize(forest.nodes + forest.leaves, 0);
    for (size_t i = 0; i < count; ++i) {
      forest.whenTrue.push_back(child((*whenTrue)[i], (*trueLeaves)[i]));
      forest.whenFalse.push_back(child((*whenFalse)[i], (*falseLeaves)[i]));
    }
    forest.roots.assign(roots->begin(), roots->end());
    for (int64_t leaf = 0; leaf < forest.leaves; ++leaf) {
      forest.whenTrue.push_back(forest.nodes + leaf);
      forest.whenFalse.push_back(forest.nodes + leaf);
    }
    auto isNode = [&](int64_t i) {
      return i >= 0 && i < forest.nodes + forest.leaves;
    };
    if (!llvm::all_of(forest.whenTrue, isNode) ||
        !llvm::all_of(forest.whenFalse, isNode) ||
        !llvm::all_of(forest.roots, isNode))
      return n.error("a node's child or a root does not exist");
    return readWeights(*targets);
  }

  int64_t child(int64_t id, int64_t isLeaf) const {
    return isLeaf ? forest.nodes + id : id;
  }

  /// The elements of a tensor attribute.
  std::optional<SmallVector<double>> numbers(StringRef name) {
    DenseElementsAttr tensor = n.getTensor(name);
    if (!tensor)
      return std::nullopt;
    SmallVector<double> found;
    if (isa<FloatType>(tensor.getElementType())) {
      for (APFloat value : tensor.getValues<APFloat>()) {
        bool loses;
        value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                      &loses);
        found.push_back(value.convertToDouble());
      }
    } else {
      for (const APInt &value : tensor.getValues<APInt>())
        found.push_back(static_cast<double>(value.getZExtValue()));
    }
    return found;
  }

  /// A target that a leaf does not have leaves the aggregate as it is.
  double neutral() {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    int64_t function = n.getInt("aggregate_function", 1);
    return function == 2 ? infinity : function == 3 ? -infinity : 0;
  }

  LogicalResult readWeights(ArrayRef<int64_t> targets) {
    auto weights = numbers("leaf_weights");
    if (!weights || weights->size() != targets.size())
      return n.error("attribute 'leaf_weights' is missing or not of " +
                     Twine(targets.size()) + " elements");
    forest.weights.assign(forest.leaves * forest.targets, neutral());
    for (auto [leaf, target] : llvm::enumerate(targets)) {
      if (target < 0 || target >= forest.targets)
        return n.error("a leaf's target is " + Twine(target) +
                       ", expected 0 "
                       "to " +
                       Twine(forest.targets - 1));
      forest.weights[leaf * forest.targets + target] = (*weights)[leaf];
    }
    return success();
  }

  LogicalResult readSplits() {
    auto splits = numbers("nodes_splits"), modes = numbers("nodes_modes");
    if (!splits || !modes ||
        static_cast<int64_t>(splits->size()) != forest.nodes ||
        static_cast<int64_t>(modes->size()) != forest.nodes)
      return n.error("attributes nodes_splits or nodes_modes are missing or "
                     "not of " +
                     Twine(forest.nodes) + " elements");
    auto sets = numbers("membership_values").value_or(SmallVector<double>());
    auto missing = n.getInts("nodes_missing_value_tracks_true");
    size_t next = 0;
    int64_t all = forest.nodes + forest.leaves;
    forest.splits.assign(splits->begin(), splits->end());
    forest.splits.resize(all, 0);
    forest.members.resize(all);
    for (auto *table :
         {&forest.below, &forest.equal, &forest.above, &forest.missing})
      table->resize(all, false);
    for (int64_t i = 0; i < forest.nodes; ++i) {
      int mode = static_cast<int>((*modes)[i]);
      forest.below[i] = mode == kLeq || mode == kLt || mode == kNeq;
      forest.equal[i] = mode == kLeq || mode == kGte || mode == kEq;
      forest.above[i] = mode == kGte || mode == kGt || mode == kNeq;
      forest.missing[i] =
          missing && i < static_cast<int64_t>(missing->size()) && (*missing)[i];
      if (mode < kLeq || mode > kMember)
        return n.error("a node's mode is " + Twine(mode) + ", expected 0 to 6");
      if (mode != kMember)
        continue;
      // NaN ends a set.
      for (; next < sets.size() && !std::isnan(sets[next]); ++next)
        forest.members[i].push_back(sets[next]);
      ++next;
    }
    return success();
  }

  /// The longest way from a root to a leaf; negative if there is none.
  int64_t findDepth() {
    std::vector<int64_t> level = forest.roots;
    for (int64_t depth = 0; depth <= forest.nodes; ++depth) {
      std::vector<int64_t> next;
      for (int64_t i : level)
        if (i < forest.nodes) {
          next.push_back(forest.whenTrue[i]);
          next.push_back(forest.whenFalse[i]);
        }
      if (next.empty())
        return depth;
      llvm::sort(next);
      next.erase(llvm::unique(next), next.end());
      level = std::move(next);
    }
    return -1;
  }

  Value table(ArrayRef<int64_t> values) { return n.ints(values); }
  Value flags(const std::vector<bool> &values) {
    SmallVector<bool> copy(values.begin(), values.end());
    return n.constant(DenseElementsAttr::get(
        RankedTensorType::get({static_cast<int64_t>(copy.size())},
                              n.builder().getI1Type()),
        ArrayRef(copy)));
  }
  Value reals(ArrayRef<double> values, ArrayRef<int64_t> shape) {
    auto wide = RankedTensorType::get(shape, n.builder().getF64Type());
    return n.cast(n.constant(DenseElementsAttr::get(wide, values)), type);
  }
  Value pick(Value from, Value at) {
    return n.make<xf::Gather>(from, at, int64_t(0));
  }
  Value both(Value x, Value y) { return n.make<xf::And>(x, y); }
  Value either(Value x, Value y) { return n.make<xf::Or>(x, y); }

  /// From [rows, trees] nodes to their children.
  Value descend(Value x, Value at) {
    auto all = static_cast<int64_t>(forest.features.size());
    Value feature = n.make<xf::GatherElements>(
        x, pick(table(forest.features), at), int64_t(1));
    Value split = pick(reals(forest.splits, {all}), at);
    auto test = [&](xf::CmpKind kind, const std::vector<bool> &holds) {
      return both(n.cmp(kind, feature, split), pick(flags(holds), at));
    };
    Value isTrue = either(test(xf::CmpKind::lt, forest.below),
                          either(test(xf::CmpKind::eq, forest.equal),
                                 test(xf::CmpKind::gt, forest.above)));
    if (llvm::is_contained(forest.missing, true))
      isTrue = either(isTrue, both(n.make<xf::IsNaN>(feature),
                                   pick(flags(forest.missing), at)));
    if (Value isMember = testMembers(feature, at))
      isTrue = either(isTrue, isMember);
    return n.select(isTrue, pick(table(forest.whenTrue), at),
                    pick(table(forest.whenFalse), at));
  }

  Value testMembers(Value feature, Value at) {
    size_t most = 0;
    for (const auto &set : forest.members)
      most = std::max(most, set.size());
    if (most == 0)
      return {};
    std::vector<double> sets;
    for (const auto &set : forest.members)
      for (size_t i = 0; i < most; ++i)
        sets.push_back(
            i < set.size() ? set[i] : std::numeric_limits<double>::quiet_NaN());
    Value values =
        pick(reals(sets, {static_cast<int64_t>(forest.members.size()),
                          static_cast<int64_t>(most)}),
             at);
    Value hits = n.cmp(xf::CmpKind::eq, n.unsqueeze(feature, {2}), values);
    return n.reduce(hits, xf::ReduceKind::any, {2}, /*keepDims=*/false);
  }

  /// The leaves' weights over all trees: [rows, targets].
  Value combine(Value at, int64_t trees) {
    Value leaf = n.addScalar(at, -static_cast<double>(forest.nodes));
    Value weights =
        pick(reals(forest.weights, {forest.leaves, forest.targets}), leaf);
    int64_t function = n.getInt("aggregate_function", 1);
    static constexpr xf::ReduceKind kinds[] = {
        xf::ReduceKind::sum, xf::ReduceKind::sum, xf::ReduceKind::min,
        xf::ReduceKind::max};
    if (function < 0 || function > 3) {
      (void)n.error("attribute 'aggregate_function' is " + Twine(function) +
                    ", expected 0 to 3");
      return {};
    }
    Value y = n.reduce(weights, kinds[function], {1}, /*keepDims=*/false);
    if (function == 0)
      return n.mulScalar(y, 1.0 / static_cast<double>(trees));
    if (function == 1)
      return y;
    return n.select(n.make<xf::IsInf>(y, true, true), n.scalar(0, type), y);
  }

  Value transform(Value y) {
    switch (n.getInt("post_transform", 0)) {
    case 0:
      return y;
    case 1:
      return n.make<xf::Softmax>(y, int64_t(1), /*log=*/false);
    case 2:
      return n.make<xf::Sigmoid>(y);
    default:
      (void)n.error("attribute 'post_transform' is neither none, softmax nor "
                    "logistic");
      return {};
    }
  }

  NodeConverter &n;
  Forest forest;
  Type type;
};

} // namespace

static LogicalResult convertTreeEnsemble(NodeConverter &n) {
  return TreeEnsemble(n).convert();
}

static const OpRow rows[] = {
    {"TreeEnsemble", 5, 1, convertTreeEnsemble},
};

void hagane::frontend::registerTrees(OpRegistry &registry) {
  registry.add("ai.onnx.ml", rows);
}
