//===- HostMemory.cpp - Views and copies of memory in hgn_run -------------===//

#include "codegen/cpu/HostLowering.h"
#include "runtime/include/hagane/abi.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

LogicalResult HostLowering::lowerGlobal(kernel::GetGlobal op) {
  auto global = symbolTable.lookup<kernel::Global>(op.getName());
  auto type = dyn_cast<MemRefType>(op.getType());
  if (!global || !type || !type.hasStaticShape() ||
      !type.getLayout().isIdentity())
    return op.emitError("expected a constant of the module as a dense memref "
                        "of static shape, found ")
           << op.getType();
  if (!global.getOffset())
    return op.emitError("the constant '")
           << op.getName() << "' has no place in the weight segment yet";
  Value base = loadField(offsetof(hgn_exec, weights), pointerType());
  Value address = pointerAt(base, word(*global.getOffset()));
  op.replaceAllUsesWith(makeMemRef(b, type, address, {}));
  op.erase();
  return success();
}

LogicalResult HostLowering::lowerBufferOffset(kernel::BufferOffset op) {
  const HostBuffers &placed = plan.getBuffers();
  if (op.getBuffer() >= placed.plan.buffers.size())
    return op.emitError("is of buffer ")
           << op.getBuffer() << " of main's kernel.buffers, which are "
           << placed.plan.buffers.size();
  Value slot = loadSlot(placed.offsetSlot + int64_t(op.getBuffer()));
  op.replaceAllUsesWith(
      arith::IndexCastOp::create(b, b.getIndexType(), slot).getResult());
  op.erase();
  return success();
}

/// Replaces a reshape of dense memory by its result, as dense memory too.
void HostLowering::replaceByDense(Operation *op, Value source,
                                  ValueRange sizes) {
  auto type = cast<MemRefType>(op->getResult(0).getType());
  Value index = memref::ExtractAlignedPointerAsIndexOp::create(b, source);
  Value word = arith::IndexCastOp::create(b, b.getI64Type(), index);
  Value address = LLVM::IntToPtrOp::create(b, pointerType(), word);
  op->getResult(0).replaceAllUsesWith(makeMemRef(b, type, address, sizes));
  op->erase();
}

static bool isDense(Value memref) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  return type && type.getLayout().isIdentity();
}

/// Splits axes of strided memory. The stock conversion fails on groups with
/// more than one dynamic size.
static void expandStrided(ImplicitLocOpBuilder &b, memref::ExpandShapeOp op) {
  auto type = op.getResultType();
  auto [typeStrides, typeOffset] = type.getStridesAndOffset();
  auto source = memref::ExtractStridedMetadataOp::create(b, op.getSrc());
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  SmallVector<OpFoldResult> strides(sizes.size());
  auto orStatic = [&](int64_t known, Value value) -> OpFoldResult {
    return ShapedType::isDynamic(known) ? OpFoldResult(value)
                                        : OpFoldResult(b.getIndexAttr(known));
  };
  for (auto [group, step] :
       llvm::zip_equal(op.getReassociationIndices(), source.getStrides())) {
    Value stride = step;
    for (int64_t axis : llvm::reverse(group)) {
      strides[axis] = orStatic(typeStrides[axis], stride);
      Value size = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[axis]);
      stride = arith::MulIOp::create(b, stride, size);
    }
  }
  Value view = memref::ReinterpretCastOp::create(
      b, type, source.getBaseBuffer(), orStatic(typeOffset, source.getOffset()),
      sizes, strides);
  op.replaceAllUsesWith(view);
  op.erase();
}

LogicalResult HostLowering::lowerExpand(memref::ExpandShapeOp op) {
  if (!isDense(op.getSrc()) || !isDense(op.getResult())) {
    expandStrided(b, op);
    return success();
  }
  SmallVector<Value> sizes;
  for (Value size : op.getOutputShape())
    sizes.push_back(arith::IndexCastOp::create(b, b.getI64Type(), size));
  replaceByDense(op, op.getSrc(), sizes);
  return success();
}

LogicalResult HostLowering::lowerCollapse(memref::CollapseShapeOp op) {
  if (!isDense(op.getSrc()) || !isDense(op.getResult()))
    return success();
  auto type = cast<MemRefType>(op.getResult().getType());
  SmallVector<Value> sizes;
  for (auto [group, size] :
       llvm::zip_equal(op.getReassociationIndices(), type.getShape())) {
    if (!ShapedType::isDynamic(size))
      continue;
    Value product = word(1);
    for (int64_t axis : group) {
      Value extent = memref::DimOp::create(b, op.getSrc(), axis);
      product = LLVM::MulOp::create(
          b, product, arith::IndexCastOp::create(b, b.getI64Type(), extent));
    }
    sizes.push_back(product);
  }
  replaceByDense(op, op.getSrc(), sizes);
  return success();
}

LogicalResult HostLowering::lowerCopy(memref::CopyOp op) {
  if (forDevice)
    return op.emitError("cannot be the host's where memory is a device's: "
                        "expected hagane-copies-to-kernels to have run");
  Value source = op.getSource(), target = op.getTarget();
  auto type = dyn_cast<MemRefType>(source.getType());
  if (!type)
    return op.emitError("copies memory of unknown rank");
  SmallVector<Value> lower, upper, step;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    lower.push_back(arith::ConstantIndexOp::create(b, 0));
    upper.push_back(memref::DimOp::create(b, source, i));
    step.push_back(arith::ConstantIndexOp::create(b, 1));
  }
  auto copyElement = [&](OpBuilder &body, Location loc, ValueRange at) {
    Value element = memref::LoadOp::create(body, loc, source, at);
    memref::StoreOp::create(body, loc, element, target, at);
  };
  if (type.getRank() == 0)
    copyElement(b, op.getLoc(), {});
  else
    scf::buildLoopNest(b, op.getLoc(), lower, upper, step, copyElement);
  op.erase();
  return success();
}
