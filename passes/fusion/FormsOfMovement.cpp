//===- FormsOfMovement.cpp - Slices, gathers, transposes, reshapes --------===//

#include "passes/fusion/Rewrites.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

//===----------------------------------------------------------------------===//
// What does nothing
//===----------------------------------------------------------------------===//

/// A change of shape, or a slice in steps of 1, that leaves all sizes.
static Value dropIdentity(Operation *op, OpBuilder &, Shapes &shapes) {
  bool inOrder = isa<xf::Reshape, xf::Broadcast>(op);
  if (auto slice = dyn_cast<xf::Slice>(op))
    inOrder = llvm::all_of(slice.getSteps(), [](int64_t s) { return s == 1; });
  if (!inOrder)
    return {};
  Value x = op->getOperand(0);
  return shapes.haveEqualDims(x, op->getResult(0)) ? x : Value();
}

/// Of two changes of shape the last decides.
static Value mergeReshapes(xf::Reshape op, OpBuilder &builder, Shapes &shapes) {
  auto inner = op.getX().getDefiningOp<xf::Reshape>();
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  if (!inner || !shapes.areResolved(dims))
    return {};
  return makeReshape(builder, op.getLoc(), inner.getX(), dims);
}

/// Axes that are 1 before and after a broadcast stay out of it.
static Value squeezeBroadcast(xf::Broadcast op, OpBuilder &builder,
                              Shapes &shapes) {
  SmallVector<Dim> to = shapes.getDims(op.getY()),
                   from = shapes.getDims(op.getX()), narrowTo, narrowFrom;
  Dim one = Dim::constant(op.getContext(), 1);
  from.insert(from.begin(), to.size() - from.size(), one);
  for (auto [before, after] : llvm::zip_equal(from, to))
    if (!before.isConstant(1) || !after.isConstant(1)) {
      narrowFrom.push_back(before);
      narrowTo.push_back(after);
    }
  if (narrowTo.size() == to.size() || !shapes.areResolved(to) ||
      !shapes.areResolved(from))
    return {};
  Value x = makeReshape(builder, op.getLoc(), op.getX(), narrowFrom);
  Value wide = makeBroadcast(builder, op.getLoc(), x, narrowTo);
  return makeReshape(builder, op.getLoc(), wide, to);
}

/// A change of the leading axes after the last two were swapped.
static Value reshapeBeforeSwap(xf::Reshape op, OpBuilder &builder,
                               Shapes &shapes) {
  auto swap = op.getX().getDefiningOp<xf::Transpose>();
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  if (!swap || dims.size() < 3 || !swapsLastTwo(swap) ||
      !keepsLastTwo(op, shapes) || !shapes.areResolved(dims))
    return {};
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, dims.size()));
  std::swap(dims.end()[-1], dims.end()[-2]);
  std::swap(permutation.end()[-1], permutation.end()[-2]);
  Value x = makeReshape(builder, op.getLoc(), swap.getX(), dims);
  return xf::Transpose::create(builder, op.getLoc(), op.getType(), x,
                               permutation);
}

/// The one axis of `from` that becomes several of `to`, and how many; none if
/// more changes.
static std::optional<std::pair<size_t, size_t>>
findSplit(ArrayRef<Dim> from, ArrayRef<Dim> to, Shapes &shapes) {
  if (from.size() >= to.size())
    return std::nullopt;
  size_t axis = 0, count = to.size() - from.size() + 1;
  while (axis + 1 < from.size() && shapes.areEqual(from[axis], to[axis]))
    ++axis;
  Dim product = to[axis];
  for (Dim dim : to.slice(axis + 1, count - 1))
    product = product * dim;
  if (!shapes.areEqual(product, from[axis]) ||
      !shapes.areEqual(from.drop_front(axis + 1), to.drop_front(axis + count)))
    return std::nullopt;
  return std::pair(axis, count);
}

/// An axis split after a transpose.
static Value splitBeforeTranspose(xf::Reshape op, OpBuilder &builder,
                                  Shapes &shapes) {
  auto transpose = op.getX().getDefiningOp<xf::Transpose>();
  if (!transpose)
    return {};
  SmallVector<Dim> to = shapes.getDims(op.getY()),
                   sizes = shapes.getDims(transpose.getX());
  auto split = findSplit(shapes.getDims(op.getX()), to, shapes);
  if (!split || !shapes.areResolved(to) || !shapes.areResolved(sizes))
    return {};
  auto [axis, count] = *split;
  int64_t source = transpose.getPermutation()[axis],
          added = static_cast<int64_t>(count) - 1;
  auto parts = ArrayRef(to).slice(axis, count);
  sizes.erase(sizes.begin() + source);
  sizes.insert(sizes.begin() + source, parts.begin(), parts.end());
  SmallVector<int64_t> permutation;
  for (int64_t from : transpose.getPermutation()) {
    permutation.push_back(from > source ? from + added : from);
    if (from == source)
      for (int64_t part = 1; part <= added; ++part)
        permutation.push_back(source + part);
  }
  Value x = makeReshape(builder, op.getLoc(), transpose.getX(), sizes);
  return xf::Transpose::create(builder, op.getLoc(), op.getType(), x,
                               permutation);
}

/// A transpose that moves only axes of size 1.
static Value reshapeUnits(xf::Transpose op, OpBuilder &builder,
                          Shapes &shapes) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  int64_t last = -1;
  for (int64_t axis : op.getPermutation()) {
    if (type.getDimSize(axis) == 1)
      continue;
    if (axis < last)
      return {};
    last = axis;
  }
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  if (!shapes.areResolved(dims))
    return {};
  return makeReshape(builder, op.getLoc(), op.getX(), dims);
}

/// A product of rows that were made a matrix before it.
template <typename OpTy>
static Value multiplyUnflattened(OpTy op, Value rows, OpBuilder &builder,
                                 Shapes &shapes) {
  auto flatten = rows.getDefiningOp<xf::Reshape>();
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  if (!flatten || getRank(flatten.getX()) <= getRank(rows) ||
      !shapes.areResolved(dims))
    return {};
  SmallVector<Dim> from = shapes.getDims(flatten.getX()),
                   to = shapes.getDims(rows);
  if (!shapes.areEqual(from.back(), to.back()) || !from.back().getConstant())
    return {};
  from.back() = dims.back();
  Operation *copy = builder.clone(*op);
  copy->setOperand(0, flatten.getX());
  copy->getResult(0).setType(RankedTensorType::get(
      getStaticSizes(from), getElementTypeOrSelf(op.getType())));
  return makeReshape(builder, op.getLoc(), copy->getResult(0), dims);
}

static Value unflattenMatMul(xf::MatMul op, OpBuilder &builder,
                             Shapes &shapes) {
  return getRank(op.getB()) == 2 && !op.getTransposeA()
             ? multiplyUnflattened(op, op.getA(), builder, shapes)
             : Value();
}

static Value unflattenLinear(xf::Linear op, OpBuilder &builder,
                             Shapes &shapes) {
  return multiplyUnflattened(op, op.getX(), builder, shapes);
}

//===----------------------------------------------------------------------===//
// Gathers
//===----------------------------------------------------------------------===//

/// Tuples of one index are indices of the first axis.
static Value gatherRows(xf::GatherNd op, OpBuilder &builder, Shapes &shapes) {
  auto type = cast<RankedTensorType>(op.getIndices().getType());
  SmallVector<Dim> dims = shapes.getDims(op.getIndices());
  if (op.getBatchDims() != 0 || type.getShape().back() != 1)
    return {};
  dims.pop_back();
  if (!shapes.areResolved(dims))
    return {};
  Value indices = makeReshape(builder, op.getLoc(), op.getIndices(), dims);
  return xf::Gather::create(builder, op.getLoc(), op.getType(), op.getX(),
                            indices, builder.getI64IntegerAttr(0));
}

/// One known position of an axis is a slice.
static Value sliceConstant(xf::Gather op, OpBuilder &builder, Shapes &shapes) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  auto axis = static_cast<int64_t>(op.getAxis());
  auto indices = cast<RankedTensorType>(op.getIndices().getType());
  std::optional<double> index = getScalar(op.getIndices());
  if (!index || !indices.hasStaticShape() || indices.getNumElements() != 1 ||
      type.isDynamicDim(axis) || isConstantExpression(op.getX()))
    return {};
  int64_t size = type.getDimSize(axis), at = static_cast<int64_t>(*index);
  at = at < 0 ? at + size : at;
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  if (at < 0 || at >= size || !shapes.areResolved(dims))
    return {};
  Value slice =
      makeSlice(builder, op.getLoc(), op.getX(), {axis, at, at + 1, 1});
  return makeReshape(builder, op.getLoc(), slice, dims);
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

/// The slice of a transpose as the transpose of a slice.
static Value sliceBeforeTranspose(xf::Slice op, OpBuilder &builder, Shapes &) {
  auto transpose = op.getX().getDefiningOp<xf::Transpose>();
  std::optional<Window> window = getWindow(op);
  if (!transpose || !window)
    return {};
  window->axis = transpose.getPermutation()[window->axis];
  Value slice = makeSlice(builder, op.getLoc(), transpose.getX(), *window);
  return xf::Transpose::create(builder, op.getLoc(), op.getType(), slice,
                               transpose.getPermutation());
}

/// The same but along the last axis.
static Value sliceRowsBeforeTranspose(xf::Slice op, OpBuilder &builder,
                                      Shapes &shapes) {
  return llvm::is_contained(op.getAxes(), getRank(op) - 1)
             ? Value()
             : sliceBeforeTranspose(op, builder, shapes);
}

/// The slice of a reshape that adds or drops axes of size 1 after a transpose;
/// not along the last axis, for the sake of rotary embeddings.
static Value sliceBeforeUnits(xf::Slice op, OpBuilder &builder,
                              Shapes &shapes) {
  auto reshape = op.getX().getDefiningOp<xf::Reshape>();
  std::optional<Window> window = getWindow(op);
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  if (!reshape || !window || window->axis == getRank(op) - 1 ||
      !shapes.areResolved(dims))
    return {};
  SmallVector<Dim> before, after;
  SmallVector<int64_t> axesBefore, axesAfter;
  auto collect = [&](Value value, SmallVectorImpl<Dim> &sizes,
                     SmallVectorImpl<int64_t> &axes) {
    for (auto [axis, dim] : llvm::enumerate(shapes.getDims(value)))
      if (!dim.isConstant(1)) {
        sizes.push_back(dim);
        axes.push_back(axis);
      }
  };
  collect(reshape.getX(), before, axesBefore);
  collect(reshape.getY(), after, axesAfter);
  auto *found = llvm::find(axesAfter, window->axis);
  if (found == axesAfter.end() || !shapes.areEqual(before, after) ||
      !reshape.getX().getDefiningOp<xf::Transpose>())
    return {};
  window->axis = axesBefore[found - axesAfter.begin()];
  Value slice = makeSlice(builder, op.getLoc(), reshape.getX(), *window);
  return makeReshape(builder, op.getLoc(), slice, dims);
}

/// Elements that one step along `axis` passes, and those along all of it; 0
/// if that is not known.
static std::pair<int64_t, int64_t> getExtent(RankedTensorType type,
                                             int64_t axis) {
  int64_t inner = 1;
  for (int64_t size : type.getShape().drop_front(axis + 1)) {
    if (ShapedType::isDynamic(size))
      return {0, 0};
    inner *= size;
  }
  return {inner, type.isDynamicDim(axis) ? 0 : inner * type.getDimSize(axis)};
}

/// The slice of one of the axes into which a reshape split the last one, as a
/// slice of that: packed queries, keys and values become column ranges, and
/// one of each pair every other column.
static Value sliceBeforeSplit(xf::Slice op, OpBuilder &builder,
                              Shapes &shapes) {
  auto split = op.getX().getDefiningOp<xf::Reshape>();
  std::optional<Window> window = getWindow(op);
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  if (!split || !window || window->step != 1 || !shapes.areResolved(dims))
    return {};
  auto type = cast<RankedTensorType>(split.getType()),
       source = cast<RankedTensorType>(split.getX().getType());
  auto [inner, whole] = getExtent(type, window->axis);
  if (whole <= 0 || source.getRank() == 0 ||
      source.isDynamicDim(source.getRank() - 1))
    return {};
  int64_t columns = source.getShape().back(), last = source.getRank() - 1;
  Value slice;
  if (columns == whole && inner > 1)
    slice = makeSlice(builder, op.getLoc(), split.getX(),
                      {last, window->begin * inner, window->end * inner, 1});
  else if (inner == 1 && columns > whole && columns % whole == 0 &&
           window->end == window->begin + 1)
    slice = makeSlice(builder, op.getLoc(), split.getX(),
                      {last, window->begin, columns, whole});
  return slice ? makeReshape(builder, op.getLoc(), slice, dims) : Value();
}

/// One element of an axis that lies between others: the axis merges with those
/// behind it, so that the rest stays a view.
static Value sliceMerged(xf::Slice op, OpBuilder &builder, Shapes &shapes) {
  auto split = op.getX().getDefiningOp<xf::Reshape>();
  std::optional<Window> window = getWindow(op);
  SmallVector<Dim> dims = shapes.getDims(op.getY()),
                   merged = shapes.getDims(op.getX());
  if (!split || !window || window->end != window->begin + 1 ||
      !shapes.areResolved(dims))
    return {};
  auto [inner, whole] = getExtent(split.getType(), window->axis);
  if (whole <= inner || inner <= 1)
    return {};
  merged.resize(window->axis);
  merged.push_back(Dim::constant(op.getContext(), whole));
  if (!shapes.areResolved(merged))
    return {};
  Value x = makeReshape(builder, op.getLoc(), split.getX(), merged);
  Value slice =
      makeSlice(builder, op.getLoc(), x,
                {window->axis, window->begin * inner, window->end * inner, 1});
  return makeReshape(builder, op.getLoc(), slice, dims);
}

ArrayRef<Rewrite> hagane::fusion::getMovementRewrites() {
  static constexpr Rewrite rewrites[] = {
      dropIdentity,
      only<xf::Reshape, mergeReshapes>,
      only<xf::Reshape, reshapeBeforeSwap>,
      only<xf::Reshape, splitBeforeTranspose>,
      only<xf::Broadcast, squeezeBroadcast>,
      only<xf::Transpose, reshapeUnits>,
      only<xf::MatMul, unflattenMatMul>,
      only<xf::Linear, unflattenLinear>,
      only<xf::GatherNd, gatherRows>,
      only<xf::Gather, sliceConstant>,
      only<xf::Slice, sliceRowsBeforeTranspose>,
      only<xf::Slice, sliceBeforeUnits>,
      only<xf::Slice, sliceBeforeSplit>,
      only<xf::Slice, sliceMerged>,
  };
  return rewrites;
}

ArrayRef<Rewrite> hagane::fusion::getViewRewrites() {
  static constexpr Rewrite rewrites[] = {only<xf::Slice, sliceBeforeTranspose>};
  return rewrites;
}
