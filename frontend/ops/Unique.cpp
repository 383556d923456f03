// Distinct elements and slices.
#include "dialects/xf/XfSpecial.h"
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

namespace {
/// Groups of equal rows of a matrix, in the order of their contents.
struct Groups {
  Value first;   ///< of each group, the least position of a row in it
  Value inverse; ///< of each row, its group
  Value counts;
};
} // namespace

/// 0, 1, ... as many as `like` has.
static Value countUp(NodeConverter &n, Value like) {
  Value ones = n.addScalar(n.mulScalar(like, 0), 1);
  return n.make<xf::CumSum>(ones, int64_t(0), /*exclusive=*/true,
                            /*reverse=*/false);
}

/// Whether elements differ; NaN equals NaN.
static Value differs(NodeConverter &n, Value x, Value y) {
  Value different = n.cmp(xf::CmpKind::ne, x, y);
  if (!isa<FloatType>(n.elem(x)))
    return different;
  Value isNan = n.make<xf::And>(n.make<xf::IsNaN>(x), n.make<xf::IsNaN>(y));
  return n.make<xf::And>(different, n.make<xf::Not>(isNan));
}

static Groups groupRows(NodeConverter &n, Value rows) {
  Type i64 = n.builder().getI64Type();
  Value order = n.make<xf::SortRows>(rows);
  Value at = countUp(n, order), zero = n.scalar(0, i64);
  Value before = n.make<xf::Gather>(
      order, n.make<xf::Max>(n.addScalar(at, -1), zero), int64_t(0));
  Value changes = differs(n, n.make<xf::Gather>(rows, order, int64_t(0)),
                          n.make<xf::Gather>(rows, before, int64_t(0)));
  changes = n.reduce(changes, xf::ReduceKind::any, {1}, false);
  Value starts = n.make<xf::Or>(changes, n.cmp(xf::CmpKind::eq, at, zero));
  Value group = n.addScalar(
      n.make<xf::CumSum>(n.cast(starts, i64), int64_t(0), false, false), -1);
  Groups groups;
  groups.inverse = n.make<xf::ScatterElements>(
      n.mulScalar(order, 0), order, group, int64_t(0), xf::ScatterKind::set);
  // Equal rows keep their order, so that the first is the least.
  groups.first = n.make<xf::Gather>(
      order, n.squeeze(n.make<xf::NonZero>(starts), {0}), int64_t(0));
  Value ones = n.addScalar(n.mulScalar(order, 0), 1);
  groups.counts =
      n.make<xf::ScatterElements>(n.mulScalar(groups.first, 0), group, ones,
                                  int64_t(0), xf::ScatterKind::add);
  return groups;
}

/// The groups in the order in which their first rows come.
static Groups orderByPosition(NodeConverter &n, const Groups &groups) {
  Value order = n.make<xf::SortRows>(n.unsqueeze(groups.first, {1}));
  Value rank = n.make<xf::ScatterElements>(n.mulScalar(order, 0), order,
                                           countUp(n, order), int64_t(0),
                                           xf::ScatterKind::set);
  auto pick = [&](Value from, Value at) {
    return n.make<xf::Gather>(from, at, int64_t(0));
  };
  return {pick(groups.first, order), pick(rank, groups.inverse),
          pick(groups.counts, order)};
}

/// Of the flat input without an axis.
static LogicalResult convertUnique(NodeConverter &n) {
  Value x = n.in(0);
  bool hasAxis = n.hasAttr("axis");
  SmallVector<int64_t> order;
  if (hasAxis) {
    int64_t axis = n.normalAxis(n.getInt("axis", 0), n.rank(x));
    order = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
    std::swap(order[0], order[axis]);
    x = n.transpose(x, order);
  } else {
    x = n.reshape(x, {-1});
  }
  Value rows =
      n.rank(x) == 1 ? n.unsqueeze(x, {1}) : n.reshape(x, {Size(x, 0), -1});
  Groups groups = groupRows(n, rows);
  if (!n.getInt("sorted", 1))
    groups = orderByPosition(n, groups);
  Value y = n.make<xf::Gather>(x, groups.first, int64_t(0));
  if (hasAxis)
    y = n.transpose(y, order);
  return n.done({y, groups.first, groups.inverse, groups.counts});
}

static const OpRow rows[] = {
    {"Unique", 11, 1, convertUnique},
};

/// com.microsoft: of a vector, in the order of positions: (y, inverse, counts).
static LogicalResult convertUniqueOfVector(NodeConverter &n) {
  Value x = n.reshape(n.in(0), {-1});
  Groups groups = orderByPosition(n, groupRows(n, n.unsqueeze(x, {1})));
  return n.done({n.make<xf::Gather>(x, groups.first, int64_t(0)),
                 groups.inverse, groups.counts});
}

static const OpRow microsoftRows[] = {
    {"Unique", 1, 1, convertUniqueOfVector},
};

void hagane::frontend::registerUnique(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("com.microsoft", microsoftRows);
}
