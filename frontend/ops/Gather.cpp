// Indexing.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

static LogicalResult convertGather(NodeConverter &n) {
  Value x = n.in(0);
  return n.done({n.make<xf::Gather>(
      x, n.in(1), n.normalAxis(n.getInt("axis", 0), n.rank(x)))});
}

static LogicalResult convertGatherElements(NodeConverter &n) {
  Value x = n.in(0);
  return n.done({n.make<xf::GatherElements>(
      x, n.in(1), n.normalAxis(n.getInt("axis", 0), n.rank(x)))});
}

static LogicalResult convertGatherNd(NodeConverter &n) {
  return n.done(
      {n.make<xf::GatherNd>(n.in(0), n.in(1), n.getInt("batch_dims", 0))});
}

static std::optional<xf::ScatterKind> scatterKind(NodeConverter &n) {
  StringRef reduction = n.getString("reduction", "none");
  auto kind = reduction == "none" ? xf::ScatterKind::set
                                  : xf::symbolizeScatterKind(reduction);
  if (!kind)
    (void)n.error("attribute 'reduction' is '" + reduction +
                  "', expected none, add, mul, max or min");
  return kind;
}

static LogicalResult convertScatterNd(NodeConverter &n) {
  auto kind = scatterKind(n);
  return kind
             ? n.done({n.make<xf::ScatterNd>(n.in(0), n.in(1), n.in(2), *kind)})
             : failure();
}

static LogicalResult convertScatterElements(NodeConverter &n) {
  Value x = n.in(0);
  auto kind = scatterKind(n);
  int64_t axis = n.normalAxis(n.getInt("axis", 0), n.rank(x));
  return kind ? n.done({n.make<xf::ScatterElements>(x, n.in(1), n.in(2), axis,
                                                    *kind)})
              : failure();
}

/// (cache, update, write_indices?): writes the update's positions into the
/// cache from each sample's index on, around its end if `circular`.
static LogicalResult convertTensorScatter(NodeConverter &n) {
  Value cache = n.in(0), update = n.in(1), first = n.in(2);
  Type type = n.builder().getI64Type();
  int64_t rank = n.rank(cache), axis = n.normalAxis(n.getInt("axis", -2), rank);
  StringRef mode = n.getString("mode", "linear");
  if (n.failed() || axis == 0)
    return n.error("axis 0 is the batch's, expected another");
  if (mode != "linear" && mode != "circular")
    return n.error("attribute 'mode' is '" + mode +
                   "', expected linear or circular");
  xf::Dim count = n.dim(update, axis), size = n.dim(cache, axis);
  MLIRContext *context = n.builder().getContext();
  xf::Dim zero = xf::Dim::constant(context, 0),
          one = xf::Dim::constant(context, 1);
  if (!n.isDurable(count) || !n.isDurable(size))
    return n.error("the size of axis " + Twine(axis) + " is not known");
  auto range = [&](xf::Dim end) {
    return n.make<xf::Range>(Value(), Value(), Value(),
                             n.dims({zero, end, one}), TypeAttr::get(type));
  };
  // As [batch, 1, ..., positions, 1, ...].
  auto along = [&](Value vector, int64_t at) {
    SmallVector<int64_t> axes;
    for (int64_t i = 0; i < rank; ++i)
      if (i != at)
        axes.push_back(i);
    return n.unsqueeze(vector, axes);
  };
  Value positions = along(range(count), axis);
  if (first)
    positions = n.add(positions, along(n.cast(first, type), 0));
  if (mode == "circular") {
    Value extent =
        n.cast(n.squeeze(n.sizeTensor(Size(cache, axis)), {0}), type);
    positions = n.make<xf::Mod>(positions, extent, /*truncated=*/false);
  }
  SmallVector<Size> shape;
  for (int64_t i = 0; i < rank; ++i)
    shape.push_back(Size(update, i));
  return n.done(
      {n.make<xf::ScatterElements>(cache, n.broadcast(positions, shape), update,
                                   axis, xf::ScatterKind::set)});
}

/// Turns the first `lens` elements of each sequence around.
static LogicalResult convertReverseSequence(NodeConverter &n) {
  Value x = n.in(0), lengths = n.in(1);
  int64_t rank = n.rank(x), batch = n.getInt("batch_axis", 1),
          time = n.getInt("time_axis", 0);
  if (rank < 2 || batch == time || batch < 0 || batch > 1 || time < 0 ||
      time > 1)
    return n.error("batch_axis and time_axis are " + Twine(batch) + " and " +
                   Twine(time) + " for an input of rank " + Twine(rank) +
                   ", expected 0 and 1 in some order");
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(order[0], order[batch]);
  if (batch != 0)
    x = n.transpose(x, order);
  Value at = n.unsqueeze(n.range(Size(x, 1)), {0});
  Value length = n.unsqueeze(n.cast(lengths, n.builder().getI64Type()), {1});
  Value turned = n.sub(n.addScalar(length, -1), at);
  Value places = n.select(n.cmp(xf::CmpKind::lt, at, length), turned, at);
  Value y = n.make<xf::GatherNd>(x, n.unsqueeze(places, {2}), int64_t(1));
  return n.done({batch != 0 ? n.transpose(y, order) : y});
}

static LogicalResult convertNonZero(NodeConverter &n) {
  if (n.rank(n.in(0)) == 0)
    return n.error("the input is a scalar, expected at least one axis");
  return convertUnary<xf::NonZero>(n);
}

/// The rows where the condition holds; of the flat input without an axis.
static LogicalResult convertCompress(NodeConverter &n) {
  Value x = n.in(0), condition = n.in(1);
  // Exporters also write a mask of the input's shape; ONNX Runtime, as here,
  // takes its elements in a row.
  if (n.rank(condition) != 1)
    condition = n.reshape(condition, {-1});
  int64_t axis = 0;
  if (n.hasAttr("axis"))
    axis = n.normalAxis(n.getInt("axis", 0), n.rank(x));
  else
    x = n.reshape(x, {-1});
  Value at = n.squeeze(n.make<xf::NonZero>(condition), {0});
  return n.done({n.make<xf::Gather>(x, at, axis)});
}

/// indices == [0, depth) along a new axis; negative indices count from depth.
static LogicalResult convertOneHot(NodeConverter &n) {
  Value indices = n.in(0), depth = n.in(1), values = n.in(2);
  int64_t axis = n.normalAxis(n.getInt("axis", -1), n.rank(indices) + 1);
  Type type = n.builder().getI64Type();
  indices = n.cast(indices, type);
  depth = n.cast(depth, type);
  if (n.rank(depth) == 1)
    depth = n.squeeze(depth, {0});
  Value negative = n.cmp(xf::CmpKind::lt, indices, n.scalar(0, type));
  indices =
      n.unsqueeze(n.select(negative, n.add(indices, depth), indices), {axis});
  auto known = n.constInts(depth);
  Value classes =
      known ? n.make<xf::Range>(Value(), Value(), Value(),
                                n.dims({0, known->front(), 1}),
                                TypeAttr::get(type))
            : n.make<xf::Range>(n.scalar(0, type), depth, n.scalar(1, type),
                                ArrayAttr(), TypeAttr::get(type));
  SmallVector<int64_t> trailing;
  for (int64_t i = 1; i < n.rank(indices) - axis; ++i)
    trailing.push_back(i);
  if (!trailing.empty())
    classes = n.unsqueeze(classes, trailing);
  Value off = n.squeeze(n.slice(values, 0, 0, 1), {0}),
        on = n.squeeze(n.slice(values, 0, 1, 2), {0});
  return n.done({n.select(n.cmp(xf::CmpKind::eq, indices, classes), on, off)});
}

static const OpRow rows[] = {
    {"Compress", 9, 2, convertCompress},
    {"Gather", 1, 2, convertGather},
    {"GatherElements", 11, 2, convertGatherElements},
    {"GatherND", 11, 2, convertGatherNd},
    {"NonZero", 9, 1, convertNonZero},
    {"OneHot", 9, 3, convertOneHot},
    {"ReverseSequence", 10, 2, convertReverseSequence},
    {"Scatter", 9, 3, convertScatterElements},
    {"ScatterElements", 11, 3, convertScatterElements},
    {"ScatterND", 11, 3, convertScatterNd},
    {"TensorScatter", 24, 2, convertTensorScatter},
};

static const OpRow microsoftRows[] = {
    {"GatherND", 1, 2, convertGatherNd},
};

void hagane::frontend::registerGather(OpRegistry &registry) {
  registry.add("com.microsoft", microsoftRows);
  registry.add("", rows);
}
