//===- KernelViews.cpp - Other shapes of tensors --------------------------===//

#include "passes/kernels/KernelBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {
/// Consecutive axes whose product both shapes share.
struct AxisGroup {
  ReassociationIndices from, to;
  Dim size;
};
} // namespace

/// Splits two shapes of equal counts into the smallest groups of equal
/// products.
static FailureOr<SmallVector<AxisGroup>>
groupAxes(KernelBuilder &b, ArrayRef<Dim> from, ArrayRef<Dim> to) {
  SmallVector<AxisGroup> groups;
  const xf::DimProver &prover = b.shapes.getProver();
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    AxisGroup group;
    group.from = {int64_t(i)};
    group.to = {int64_t(j)};
    Dim left = from[i++], right = to[j++];
    while (!prover.isEqual(left, right)) {
      bool canLeft = i < from.size(), canRight = j < to.size();
      if (!canLeft && !canRight)
        return failure();
      // Extend the side that divides the other; if neither does, both.
      bool leftDivides = bool(prover.divideExactly(right, left));
      bool rightDivides = bool(prover.divideExactly(left, right));
      if (canLeft && (leftDivides || !rightDivides || !canRight)) {
        group.from.push_back(i);
        left = left * from[i++];
      }
      if (canRight && (rightDivides || !leftDivides || !canLeft) &&
          !prover.isEqual(left, right)) {
        group.to.push_back(j);
        right = right * to[j++];
      }
    }
    group.size = left;
    groups.push_back(std::move(group));
  }
  for (; i < from.size(); ++i) {
    if (!from[i].isConstant(1) || groups.empty())
      return failure();
    groups.back().from.push_back(i);
  }
  for (; j < to.size(); ++j) {
    if (!to[j].isConstant(1) || groups.empty())
      return failure();
    groups.back().to.push_back(j);
  }
  return groups;
}

/// All axes as one group, for shapes whose counts are equal for reasons that
/// axes do not show.
static SmallVector<AxisGroup> groupAll(KernelBuilder &b, ArrayRef<Dim> from,
                                       ArrayRef<Dim> to) {
  AxisGroup group;
  llvm::append_range(group.from, llvm::seq<int64_t>(0, from.size()));
  llvm::append_range(group.to, llvm::seq<int64_t>(0, to.size()));
  group.size = b.product(from);
  return {group};
}

/// The value with the static sizes of `dims`.
static Value castTo(KernelBuilder &b, Location loc, Value value,
                    ArrayRef<Dim> dims) {
  auto type = cast<RankedTensorType>(value.getType());
  auto wanted =
      RankedTensorType::get(getStaticSizes(dims), type.getElementType());
  if (type != wanted)
    value = tensor::CastOp::create(b.rewriter, loc, wanted, value);
  b.shapes.setDims(value, dims);
  return value;
}

static Value collapse(KernelBuilder &b, Location loc, Value value,
                      ArrayRef<ReassociationIndices> groups, ArrayRef<Dim> to) {
  Value result =
      tensor::CollapseShapeOp::create(b.rewriter, loc, value, groups);
  return castTo(b, loc, result, to);
}

static Value expand(KernelBuilder &b, Location loc, Value value,
                    ArrayRef<ReassociationIndices> groups, ArrayRef<Dim> to) {
  auto type = cast<RankedTensorType>(value.getType());
  auto expanded =
      RankedTensorType::get(getStaticSizes(to), type.getElementType());
  // A collapsed size must be static exactly if those it expands to are.
  SmallVector<int64_t> source(type.getShape());
  for (auto [size, group] : llvm::zip(source, groups)) {
    int64_t product = 1;
    for (int64_t axis : group)
      product = expanded.isDynamicDim(axis) || ShapedType::isDynamic(product)
                    ? ShapedType::kDynamic
                    : product * expanded.getDimSize(axis);
    size = product;
  }
  auto sourceType = RankedTensorType::get(source, type.getElementType());
  if (type != sourceType)
    value = tensor::CastOp::create(b.rewriter, loc, sourceType, value);
  Value result = tensor::ExpandShapeOp::create(b.rewriter, loc, expanded, value,
                                               groups, b.sizes(loc, to));
  b.shapes.setDims(result, to);
  return result;
}

FailureOr<Value> KernelBuilder::reshape(Location loc, Value value,
                                        ArrayRef<Dim> to) {
  SmallVector<Dim> from(shapes.getDims(value));
  if (areEqual(from, to))
    return castTo(*this, loc, value, to);
  auto isOne = [](Dim dim) { return dim.isConstant(1); };
  if (from.empty() || to.empty()) {
    if (!llvm::all_of(from, isOne) || !llvm::all_of(to, isOne))
      return failure();
    return from.empty() ? expand(*this, loc, value, {}, to)
                        : collapse(*this, loc, value, {}, to);
  }
  auto groups = groupAxes(*this, from, to);
  if (failed(groups))
    groups = groupAll(*this, from, to);
  SmallVector<ReassociationIndices> collapsing, expanding;
  SmallVector<Dim> middle;
  bool collapses = false, expands = false;
  for (const AxisGroup &group : *groups) {
    collapsing.push_back(group.from);
    expanding.push_back(group.to);
    middle.push_back(group.size);
    collapses |= group.from.size() > 1;
    expands |= group.to.size() > 1;
  }
  if (collapses)
    value = collapse(*this, loc, value, collapsing,
                     expands ? ArrayRef<Dim>(middle) : to);
  if (expands)
    value = expand(*this, loc, value, expanding, to);
  return value;
}

Value KernelBuilder::slice(Location loc, Value value, ArrayRef<Dim> offsets,
                           ArrayRef<Dim> dims, ArrayRef<int64_t> steps) {
  // Nothing may lie beyond the end, where a view must not start.
  if (llvm::any_of(dims, [](Dim dim) { return dim.isConstant(0); }))
    return empty(loc, dims, cast<ShapedType>(value.getType()).getElementType());
  auto strides = llvm::map_to_vector(steps, [&](int64_t step) -> OpFoldResult {
    return rewriter.getIndexAttr(step);
  });
  auto type = RankedTensorType::get(
      getStaticSizes(dims), cast<ShapedType>(value.getType()).getElementType());
  // Of nothing, which may begin behind the last element, nothing is taken.
  SmallVector<Dim> starts(offsets);
  for (auto [start, dim] : llvm::zip_equal(starts, dims))
    if (dim.isConstant(0))
      start = constant(0);
  Value result = tensor::ExtractSliceOp::create(rewriter, loc, type, value,
                                                sizes(loc, starts),
                                                sizes(loc, dims), strides);
  shapes.setDims(result, dims);
  return result;
}

Value KernelBuilder::insert(Location loc, Value piece, Value into,
                            ArrayRef<Dim> offsets) {
  SmallVector<Dim> dims(shapes.getDims(piece)), all(shapes.getDims(into));
  if (llvm::any_of(dims, [](Dim dim) { return dim.isConstant(0); }))
    return into;
  SmallVector<OpFoldResult> strides(dims.size(), rewriter.getIndexAttr(1));
  Value result = tensor::InsertSliceOp::create(rewriter, loc, piece, into,
                                               sizes(loc, offsets),
                                               sizes(loc, dims), strides);
  shapes.setDims(result, all);
  return result;
}
