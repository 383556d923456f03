// Reductions and scans.
#include "dialects/xf/XfSpecial.h"
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::ReduceKind;

static bool changesOneElement(ReduceKind kind) {
  return llvm::is_contained({ReduceKind::sum_square, ReduceKind::l1,
                             ReduceKind::l2, ReduceKind::log_sum,
                             ReduceKind::log_sum_exp},
                            kind);
}

/// Its kernels reduce trailing axes.
static Value reduceLogSumExp(NodeConverter &n, Value x, ArrayRef<int64_t> axes,
                             bool keepDims) {
  SmallVector<int64_t> order, trailing;
  for (int64_t axis = 0; axis < n.rank(x); ++axis)
    if (!llvm::is_contained(axes, axis))
      order.push_back(axis);
  for (int64_t axis : axes) {
    trailing.push_back(static_cast<int64_t>(order.size()));
    order.push_back(axis);
  }
  if (llvm::is_sorted(order))
    return n.reduce(x, ReduceKind::log_sum_exp, axes, keepDims);
  x = n.transpose(x, order);
  Value y = n.reduce(x, ReduceKind::log_sum_exp, trailing, false);
  SmallVector<int64_t> kept(axes);
  llvm::sort(kept);
  return keepDims ? n.unsqueeze(y, kept) : y;
}

template <ReduceKind given>
static LogicalResult convertReduce(NodeConverter &n) {
  Value x = n.in(0);
  ReduceKind kind = given;
  // Booleans: the largest is whether any is true, the smallest whether all are.
  if (n.elem(x).isInteger(1) && kind == ReduceKind::max)
    kind = ReduceKind::any;
  if (n.elem(x).isInteger(1) && kind == ReduceKind::min)
    kind = ReduceKind::all;
  std::optional<SmallVector<int64_t>> axes = n.getAxes(1);
  bool all = !axes || axes->empty();
  if (all && n.getInt("noop_with_empty_axes", 0))
    return n.done({changesOneElement(kind) ? n.reduce(x, kind, {}) : x});
  SmallVector<int64_t> reduced =
      all ? llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)))
          : n.normalAxes(*axes, n.rank(x));
  bool keepDims = n.getInt("keepdims", 1) != 0;
  if (kind == ReduceKind::log_sum_exp)
    return n.done({reduceLogSumExp(n, x, reduced, keepDims)});
  return n.done({n.reduce(x, kind, reduced, keepDims)});
}

template <bool largest>
static LogicalResult convertArgReduce(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.normalAxis(n.getInt("axis", 0), n.rank(x));
  bool keepDims = n.getInt("keepdims", 1) != 0,
       last = n.getInt("select_last_index", 0) != 0;
  return n.done({n.make<xf::ArgReduce>(x, axis, largest, keepDims, last)});
}

template <typename OpTy>
static LogicalResult convertCumulative(NodeConverter &n) {
  Value x = n.in(0);
  auto axis = n.constInts(n.in(1));
  if (!axis || axis->size() != 1)
    return n.error("the axis is computed by the model, expected a constant");
  bool exclusive = n.getInt("exclusive", 0) != 0,
       reverse = n.getInt("reverse", 0) != 0;
  return n.done({n.make<OpTy>(x, n.normalAxis(axis->front(), n.rank(x)),
                              exclusive, reverse)});
}

static LogicalResult convertTopK(NodeConverter &n) {
  Value x = n.in(0), k = n.in(1);
  ArrayAttr known = n.knownSizes(k);
  int64_t axis = n.normalAxis(n.getInt("axis", -1), n.rank(x));
  auto op = n.create<xf::TopK>(x, known ? Value() : k, known, axis,
                               n.getInt("largest", 1) != 0);
  if (!op)
    return failure();
  return n.done({op.getValues(), op.getIndices()});
}

/// The largest `k` of an attribute.
static LogicalResult convertFirstTopK(NodeConverter &n) {
  Value x = n.in(0);
  auto op = n.create<xf::TopK>(x, Value(), n.dims({n.requireInt("k")}),
                               n.normalAxis(n.getInt("axis", -1), n.rank(x)),
                               /*largest=*/true);
  if (!op)
    return failure();
  return n.done({op.getValues(), op.getIndices()});
}

static const OpRow rows[] = {
    {"ArgMax", 1, 1, convertArgReduce<true>},
    {"ArgMin", 1, 1, convertArgReduce<false>},
    {"CumProd", 26, 2, convertCumulative<xf::CumProd>},
    {"CumSum", 11, 2, convertCumulative<xf::CumSum>},
    {"ReduceL1", 1, 1, convertReduce<ReduceKind::l1>},
    {"ReduceL2", 1, 1, convertReduce<ReduceKind::l2>},
    {"ReduceLogSum", 1, 1, convertReduce<ReduceKind::log_sum>},
    {"ReduceLogSumExp", 1, 1, convertReduce<ReduceKind::log_sum_exp>},
    {"ReduceMax", 1, 1, convertReduce<ReduceKind::max>},
    {"ReduceMean", 1, 1, convertReduce<ReduceKind::mean>},
    {"ReduceMin", 1, 1, convertReduce<ReduceKind::min>},
    {"ReduceProd", 1, 1, convertReduce<ReduceKind::prod>},
    {"ReduceSum", 1, 1, convertReduce<ReduceKind::sum>},
    {"ReduceSumSquare", 1, 1, convertReduce<ReduceKind::sum_square>},
    {"TopK", 1, 1, convertFirstTopK},
    {"TopK", 10, 2, convertTopK},
};

void hagane::frontend::registerReduce(OpRegistry &registry) {
  registry.add("", rows);
}
