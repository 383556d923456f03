// Decision trees, from whichever attributes they were read.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

enum class SplitMode { leq, lt, gte, gt, eq, neq, member };

/// How the trees' leaves make a result.
enum class Aggregate { average, sum, min, max };

/// Nodes of all trees, and behind them the leaves.
struct Forest {
  /// By node. Children beyond the nodes are leaves.
  std::vector<int64_t> features, whenTrue, whenFalse;
  std::vector<double> splits;
  std::vector<SplitMode> modes;
  /// By node: whether a missing feature, NaN, is true; empty: never.
  std::vector<bool> missing;
  /// By node: the values that are true; empty: no node has any.
  std::vector<std::vector<double>> members;
  /// A node or leaf for each tree.
  std::vector<int64_t> roots;
  /// [leaves, targets]; a target that a leaf does not have holds what leaves
  /// the aggregate as it is.
  std::vector<double> weights;
  int64_t leaves = 0, targets = 1;
  Aggregate aggregate = Aggregate::sum;

  int64_t nodes() const { return static_cast<int64_t>(features.size()); }
  /// What leaves the aggregate as it is.
  double neutral() const;
  /// Gives every leaf that for every target; an error if that is absurdly much.
  llvm::LogicalResult clearWeights(NodeConverter &n);
};

/// Results of the rows of x, [rows, targets], in x's type; null after an error:
/// all rows descend all trees at once, one level after another.
mlir::Value evaluateForest(NodeConverter &n, mlir::Value x, Forest forest);

} // namespace hagane::frontend
