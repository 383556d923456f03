#include "frontend/ops/Forest.h"
#include "frontend/ops/Ml.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

double Forest::neutral() const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return aggregate == Aggregate::min   ? infinity
         : aggregate == Aggregate::max ? -infinity
                                       : 0;
}

LogicalResult Forest::clearWeights(NodeConverter &n) {
  static constexpr int64_t kMostWeights = int64_t(1) << 26;
  if (targets > kMostWeights / std::max<int64_t>(leaves, 1))
    return n.error("there are " + Twine(leaves) + " leaves for " +
                   Twine(targets) + " targets, more than " +
                   Twine(kMostWeights) + " weights");
  weights.assign(leaves * targets, neutral());
  return success();
}

namespace {

class ForestBuilder {
public:
  ForestBuilder(NodeConverter &n, Forest given, Value x)
      : n(n), forest(std::move(given)), x(x), type(n.elem(x)) {}

  Value build() {
    if (!checkNodes())
      return {};
    int64_t depth = findDepth();
    if (depth < 0) {
      (void)n.error("a tree's nodes form a cycle");
      return {};
    }
    addLeaves();
    auto trees = static_cast<int64_t>(forest.roots.size());
    Value at = n.broadcast(n.ints(forest.roots), {Size(x, 0), trees});
    for (int64_t level = 0; level < depth; ++level)
      at = descend(at);
    return combine(at, trees);
  }

private:
  bool checkNodes() {
    if (n.failed())
      return false;
    if (n.rank(x) != 2) {
      (void)n.error("the input has rank " + Twine(n.rank(x)) + ", expected 2");
      return false;
    }
    nodes = forest.nodes();
    auto exists = [&](int64_t i) {
      return i >= 0 && i < nodes + forest.leaves;
    };
    if (!llvm::all_of(forest.whenTrue, exists) ||
        !llvm::all_of(forest.whenFalse, exists) ||
        !llvm::all_of(forest.roots, exists)) {
      (void)n.error("a node's child or a root does not exist");
      return false;
    }
    auto columns = n.staticSize(x, 1);
    for (int64_t feature : forest.features)
      if (feature < 0 || (columns && feature >= *columns)) {
        (void)n.error("a node reads feature " + Twine(feature) +
                      (columns ? " of " + Twine(*columns) : Twine()));
        return false;
      }
    return true;
  }

  /// The longest way from a root to a leaf; negative if there is none.
  int64_t findDepth() const {
    std::vector<int64_t> level = forest.roots;
    for (int64_t depth = 0; depth <= nodes; ++depth) {
      std::vector<int64_t> next;
      for (int64_t i : level)
        if (i < nodes) {
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

  /// Leaves are their own children, so that trees may differ in depth.
  void addLeaves() {
    size_t all = static_cast<size_t>(nodes + forest.leaves);
    forest.features.resize(all, 0);
    forest.splits.resize(all, 0);
    for (size_t leaf = static_cast<size_t>(nodes); leaf < all; ++leaf) {
      forest.whenTrue.push_back(static_cast<int64_t>(leaf));
      forest.whenFalse.push_back(static_cast<int64_t>(leaf));
    }
    for (std::vector<bool> *table : {&below, &equal, &above})
      table->resize(all, false);
    for (auto [i, mode] : llvm::enumerate(forest.modes)) {
      below[i] = mode == SplitMode::leq || mode == SplitMode::lt ||
                 mode == SplitMode::neq;
      equal[i] = mode == SplitMode::leq || mode == SplitMode::gte ||
                 mode == SplitMode::eq;
      above[i] = mode == SplitMode::gte || mode == SplitMode::gt ||
                 mode == SplitMode::neq;
    }
    forest.missing.resize(all, false);
    // What is missing differs from everything.
    for (auto [i, mode] : llvm::enumerate(forest.modes))
      if (mode == SplitMode::neq)
        forest.missing[i] = true;
    if (!forest.members.empty())
      forest.members.resize(all);
  }

  Value flags(const std::vector<bool> &values) {
    SmallVector<bool> copy(values.begin(), values.end());
    return n.constant(DenseElementsAttr::get(
        RankedTensorType::get({static_cast<int64_t>(copy.size())},
                              n.builder().getI1Type()),
        ArrayRef(copy)));
  }
  Value pick(Value from, Value at) {
    return n.make<xf::Gather>(from, at, int64_t(0));
  }
  Value both(Value a, Value b) { return n.make<xf::And>(a, b); }
  Value either(Value a, Value b) { return n.make<xf::Or>(a, b); }

  /// From [rows, trees] nodes to their children.
  Value descend(Value at) {
    auto all = static_cast<int64_t>(forest.features.size());
    Value feature = n.make<xf::GatherElements>(
        x, pick(n.ints(forest.features), at), int64_t(1));
    Value split = pick(realTable(n, forest.splits, {all}, type), at);
    auto test = [&](xf::CmpKind kind, const std::vector<bool> &holds) {
      return both(n.cmp(kind, feature, split), pick(flags(holds), at));
    };
    Value isTrue = either(
        test(xf::CmpKind::lt, below),
        either(test(xf::CmpKind::eq, equal), test(xf::CmpKind::gt, above)));
    if (llvm::is_contained(forest.missing, true))
      isTrue = either(isTrue, both(n.make<xf::IsNaN>(feature),
                                   pick(flags(forest.missing), at)));
    if (Value isMember = testMembers(feature, at))
      isTrue = either(isTrue, isMember);
    return n.select(isTrue, pick(n.ints(forest.whenTrue), at),
                    pick(n.ints(forest.whenFalse), at));
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
    Value values = pick(realTable(n, sets,
                                  {static_cast<int64_t>(forest.members.size()),
                                   static_cast<int64_t>(most)},
                                  type),
                        at);
    Value hits = n.cmp(xf::CmpKind::eq, n.unsqueeze(feature, {2}), values);
    return n.reduce(hits, xf::ReduceKind::any, {2}, /*keepDims=*/false);
  }

  /// The leaves' weights over all trees: [rows, targets].
  Value combine(Value at, int64_t trees) {
    Value leaf = n.addScalar(at, -static_cast<double>(nodes));
    Value weights = pick(
        realTable(n, forest.weights, {forest.leaves, forest.targets}, type),
        leaf);
    bool isSum = forest.aggregate == Aggregate::sum ||
                 forest.aggregate == Aggregate::average;
    xf::ReduceKind kind = isSum ? xf::ReduceKind::sum
                          : forest.aggregate == Aggregate::min
                              ? xf::ReduceKind::min
                              : xf::ReduceKind::max;
    Value y = n.reduce(weights, kind, {1}, /*keepDims=*/false);
    if (forest.aggregate == Aggregate::average)
      return n.mulScalar(y, 1.0 / static_cast<double>(trees));
    if (isSum)
      return y;
    return n.select(n.make<xf::IsInf>(y, true, true), n.scalar(0, type), y);
  }

  NodeConverter &n;
  Forest forest;
  Value x;
  Type type;
  int64_t nodes = 0;
  /// By node and leaf: whether a feature below, at or above the split is true.
  std::vector<bool> below, equal, above;
};

} // namespace

Value hagane::frontend::evaluateForest(NodeConverter &n, Value x,
                                       Forest forest) {
  return ForestBuilder(n, std::move(forest), x).build();
}
