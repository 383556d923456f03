//===- KernelDialect.cpp - The kernel dialect -----------------------------===//

#include "dialects/kernel/KernelArena.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/KernelScheduleFiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;

#include "dialects/kernel/KernelAttrInterfaces.cpp.inc"
#include "dialects/kernel/KernelDialect.cpp.inc"
#include "dialects/kernel/KernelInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttributes.cpp.inc"

void KernelDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/kernel/KernelAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelScheduleFiles.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelArena.cpp.inc"
      >();
}

#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.cpp.inc"

Type hagane::kernel::getComputeType(Type storage) {
  if (auto type = dyn_cast<FloatType>(storage))
    return type.getWidth() < 32 ? Float32Type::get(storage.getContext())
                                : storage;
  if (auto type = dyn_cast<IntegerType>(storage))
    return IntegerType::get(storage.getContext(), type.getWidth());
  return storage;
}

CudaScheduleInterface hagane::kernel::getCudaSchedule(Operation *kernel) {
  return kernel->getAttrOfType<CudaScheduleInterface>("schedule");
}

bool hagane::kernel::canFail(Operation *kernel) {
  auto isPosition = [](Position) { return WalkResult::interrupt(); };
  if (auto write = dyn_cast<Write>(kernel))
    return !write.getCircular();
  return isa<Gather>(kernel) || kernel->walk(isPosition).wasInterrupted();
}

bool hagane::kernel::hasCompleteShapes(Operation *op) {
  auto shapes = op->getAttrOfType<ArrayAttr>("shapes");
  if (!shapes || shapes.size() != op->getNumOperands())
    return false;
  for (auto [attr, operand] : llvm::zip_equal(shapes, op->getOperands())) {
    auto dims = dyn_cast<ArrayAttr>(attr);
    auto type = dyn_cast<ShapedType>(operand.getType());
    if (!dims || !type)
      return false;
    bool unknown = dims.empty() && !type.hasStaticShape();
    if (unknown || (!dims.empty() && int64_t(dims.size()) != type.getRank()))
      return false;
  }
  return true;
}

SmallVector<hagane::xf::Dim> kernel::detail::getOperandDims(Operation *op,
                                                            unsigned index) {
  auto dims = cast<ArrayAttr>(op->getAttrOfType<ArrayAttr>("shapes")[index]);
  if (!dims.empty())
    return llvm::map_to_vector(dims.getAsRange<xf::DimAttr>(),
                               [](xf::DimAttr dim) { return xf::Dim(dim); });
  // Unknown dimensions stay null; see hasCompleteShapes.
  return llvm::map_to_vector(
      cast<ShapedType>(op->getOperand(index).getType()).getShape(),
      [&](int64_t size) {
        return ShapedType::isDynamic(size)
                   ? xf::Dim()
                   : xf::Dim::constant(op->getContext(), size);
      });
}

void kernel::detail::getEffects(
    DestinationStyleOpInterface op,
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    MemoryEffects::Effect *effect = MemoryEffects::Read::get();
    if (op.isDpsInit(&operand))
      effect = MemoryEffects::Write::get();
    effects.emplace_back(effect, &operand);
  }
}
