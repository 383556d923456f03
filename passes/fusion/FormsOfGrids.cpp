//===- FormsOfGrids.cpp - Gathers and scatters of whole grids -------------===//
//
// x[i, j] and x[i, j] = y for all i and j: exporters write the tuples of
// indices out, columns of counted positions side by side.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/Rewrites.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

static bool isUnit(Dim dim) { return dim.isConstant(1); }

/// Whether the range counts 0, 1, ...
static bool counts(xf::Range op) {
  SmallVector<Dim> bounds = getDimsFrom(op.getBoundsAttr());
  return bounds.size() == 3 && bounds[0].isConstant(0) &&
         bounds[2].isConstant(1);
}

/// The value before slices that cut nothing off.
static Value skipWholeSlices(Value value, Shapes &shapes) {
  while (auto slice = value.getDefiningOp<xf::Slice>()) {
    bool inOrder =
        llvm::all_of(slice.getSteps(), [](int64_t step) { return step == 1; });
    if (!inOrder || !shapes.haveEqualDims(slice.getX(), slice.getY()))
      break;
    value = slice.getX();
  }
  return value;
}

/// Whether `value` holds each element's position along `axis`, which may be 0
/// everywhere if the axis has size 1.
static bool holdsPositions(Value value, int64_t axis, Shapes &shapes) {
  value = skipWholeSlices(value, shapes);
  SmallVector<Dim> frame = shapes.getDims(value);
  if (getScalar(value) == 0.0)
    return isUnit(frame[axis]);
  // Behind the broadcast all other axes are 1.
  if (auto broadcast = value.getDefiningOp<xf::Broadcast>()) {
    if (getScalar(broadcast.getX()) == 0.0)
      return isUnit(frame[axis]);
    SmallVector<Dim> dims = shapes.getDims(broadcast.getX());
    axis -= static_cast<int64_t>(frame.size() - dims.size());
    return axis >= 0 && holdsPositions(broadcast.getX(), axis, shapes) &&
           shapes.areEqual(dims[axis],
                           frame[frame.size() - dims.size() + axis]);
  }
  Dim count = frame[axis];
  frame.erase(frame.begin() + axis);
  Value source = value;
  if (auto reshape = value.getDefiningOp<xf::Reshape>())
    source = skipWholeSlices(reshape.getX(), shapes);
  auto range = source.getDefiningOp<xf::Range>();
  return range && counts(range) && llvm::all_of(frame, isUnit) &&
         shapes.areEqual(shapes.getDims(source)[0], count);
}

/// The column before an axis of size 1 was added at its end.
static Value matchColumn(Value value, Shapes &shapes) {
  SmallVector<Dim> dims = shapes.getDims(value);
  if (!isUnit(dims.back()))
    return {};
  dims.pop_back();
  auto reshape = value.getDefiningOp<xf::Reshape>();
  return reshape && shapes.areEqual(shapes.getDims(reshape.getX()), dims)
             ? reshape.getX()
             : Value();
}

/// Whether the tuples name each element of `x` once, in order.
static bool isWholeGrid(Value indices, Value x, Shapes &shapes) {
  auto concat = indices.getDefiningOp<xf::Concat>();
  int64_t rank = getRank(x);
  SmallVector<Dim> frame = shapes.getDims(indices);
  if (!concat || static_cast<int64_t>(concat.getInputs().size()) != rank ||
      getRank(indices) != rank + 1 ||
      static_cast<int64_t>(concat.getAxis()) != rank ||
      !shapes.areEqual(ArrayRef(frame).drop_back(), shapes.getDims(x)))
    return false;
  for (auto [axis, input] : llvm::enumerate(concat.getInputs())) {
    Value column = matchColumn(input, shapes);
    if (!column || !holdsPositions(column, axis, shapes))
      return false;
  }
  return true;
}

static Value gatherAll(xf::GatherNd op, OpBuilder &, Shapes &shapes) {
  return op.getBatchDims() == 0 &&
                 isWholeGrid(op.getIndices(), op.getX(), shapes)
             ? op.getX()
             : Value();
}

static Value scatterAll(xf::ScatterNd op, OpBuilder &, Shapes &shapes) {
  return op.getKind() == xf::ScatterKind::set &&
                 isWholeGrid(op.getIndices(), op.getX(), shapes) &&
                 shapes.haveEqualDims(op.getUpdates(), op.getX())
             ? op.getUpdates()
             : Value();
}

ArrayRef<Rewrite> hagane::fusion::getGridRewrites() {
  static constexpr Rewrite rewrites[] = {
      only<xf::GatherNd, gatherAll>,
      only<xf::ScatterNd, scatterAll>,
  };
  return rewrites;
}
