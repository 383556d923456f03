//===- MemrefDims.cpp - Symbolic sizes of memrefs -------------------------===//

#include "passes/memory/MemrefDims.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/shapes/ShapeAnalysis.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

Dim hagane::getIndexDim(OpFoldResult value) {
  MLIRContext *context = value.getContext();
  if (auto constant = getConstantIntValue(value))
    return Dim::constant(context, *constant);
  Operation *op = cast<Value>(value).getDefiningOp();
  if (auto dim = dyn_cast_or_null<xf::DimValue>(op))
    return dim.getDim();
  // Bufferization asks buffers that it copies for their sizes.
  auto size = dyn_cast_or_null<memref::DimOp>(op);
  std::optional<int64_t> axis =
      size ? size.getConstantIndex() : std::optional<int64_t>();
  if (!axis || !isa<MemRefType>(size.getSource().getType()))
    return Dim();
  return getMemrefDims(size.getSource())[*axis];
}

static SmallVector<Dim> dimsOf(ArrayRef<OpFoldResult> sizes) {
  return llvm::map_to_vector(sizes, getIndexDim);
}

/// The size of each group of axes that become one.
static SmallVector<Dim> collapsed(memref::CollapseShapeOp op) {
  SmallVector<Dim> source = getMemrefDims(op.getSrc()), dims;
  for (ArrayRef<int64_t> group : op.getReassociationIndices()) {
    Dim product = Dim::constant(op.getContext(), 1);
    for (int64_t axis : group)
      product = product && source[axis] ? product * source[axis] : Dim();
    dims.push_back(product);
  }
  return dims;
}

static SmallVector<Dim> subview(memref::SubViewOp op) {
  SmallVector<Dim> dims;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [axis, size] : llvm::enumerate(op.getMixedSizes()))
    if (!dropped.test(axis))
      dims.push_back(getIndexDim(size));
  return dims;
}

static SmallVector<Dim> viewed(memref::ViewOp op) {
  Builder builder(op.getContext());
  return dimsOf(
      getMixedValues(op.getType().getShape(), op.getSizes(), builder));
}

static SmallVector<Dim> argumentDims(BlockArgument argument) {
  auto function =
      dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  return function ? getDimsFrom(
                        function.getArgAttr(argument.getArgNumber(), "xf.dims"))
                  : SmallVector<Dim>();
}

/// What control flow carries is measured where it arrives.
static SmallVector<Dim> measuredDims(Value memref) {
  for (Operation *user : memref.getUsers())
    if (auto measure = dyn_cast<xf::Measure>(user))
      return getDimsFrom(measure.getDims());
  return {};
}

SmallVector<Dim> hagane::getMemrefDims(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<Dim> dims = measuredDims(memref);
  if (!dims.empty())
    return dims;
  if (auto argument = dyn_cast<BlockArgument>(memref))
    dims = argumentDims(argument);
  else
    dims =
        llvm::TypeSwitch<Operation *, SmallVector<Dim>>(memref.getDefiningOp())
            .Case([](memref::AllocOp op) { return dimsOf(op.getMixedSizes()); })
            .Case([](memref::ViewOp op) { return viewed(op); })
            .Case([](memref::ExpandShapeOp op) {
              return dimsOf(op.getMixedOutputShape());
            })
            .Case([](memref::SubViewOp op) { return subview(op); })
            .Case([](memref::CollapseShapeOp op) { return collapsed(op); })
            .Case(
                [](memref::CastOp op) { return getMemrefDims(op.getSource()); })
            .Default([](Operation *) { return SmallVector<Dim>(); });
  dims.resize(type.getRank());
  for (auto [dim, size] : llvm::zip_equal(dims, type.getShape()))
    if (!ShapedType::isDynamic(size))
      dim = Dim::constant(type.getContext(), size);
  return dims;
}
