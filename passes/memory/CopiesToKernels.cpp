//===- CopiesToKernels.cpp - Copies run as kernels ------------------------===//

#include "passes/memory/MemrefDims.h"
#include "passes/memory/Passes.h"
#include "passes/shapes/ShapeAnalysis.h"

namespace hagane {
#define GEN_PASS_DEF_COPIESTOKERNELSPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using xf::Dim;

static LogicalResult replaceCopy(memref::CopyOp op) {
  Value source = op.getSource(), target = op.getTarget();
  if (source == target) {
    op.erase();
    return success();
  }
  if (!isa<MemRefType>(source.getType()) || !isa<MemRefType>(target.getType()))
    return op.emitError("expects a copy between ranked memrefs, got ")
           << source.getType();
  SmallVector<Dim> dims = getMemrefDims(target);
  if (llvm::is_contained(dims, Dim()))
    dims = getMemrefDims(source);
  if (llvm::is_contained(dims, Dim()))
    return op.emitError("cannot tell the sizes of a copied buffer");
  op.emitRemark("the value is copied: its buffer is still read, or read-only");
  OpBuilder builder(op);
  MLIRContext *context = op.getContext();
  AffineMap identity = builder.getMultiDimIdentityMap(dims.size());
  Attribute shape = getDimsAttr(context, dims);
  auto map = kernel::Map::create(
      builder, op.getLoc(), TypeRange(), source, target,
      builder.getAffineMapArrayAttr({identity, identity}),
      builder.getArrayAttr({shape, shape}), kernel::LoopScheduleAttr());
  Type element = kernel::getComputeType(
      cast<MemRefType>(source.getType()).getElementType());
  Block *body = builder.createBlock(&map.getBody(), {}, element, op.getLoc());
  kernel::Yield::create(builder, op.getLoc(), body->getArgument(0));
  op.erase();
  return success();
}

namespace {
struct CopiesToKernels
    : hagane::impl::CopiesToKernelsPassBase<CopiesToKernels> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp op) { copies.push_back(op); });
    for (memref::CopyOp op : copies)
      if (failed(replaceCopy(op)))
        return signalPassFailure();
  }
};
} // namespace
