//===- KernelOps.h - The kernel dialect -------------------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELOPS_H
#define HAGANE_DIALECTS_KERNEL_KERNELOPS_H

#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace hagane::kernel {
using namespace mlir; // Generated code names MLIR's types without a prefix.

namespace detail {
llvm::SmallVector<xf::Dim> getOperandDims(Operation *op, unsigned index);

/// Reads of inputs and writes of outs, on memrefs; nothing on tensors.
void getEffects(
    DestinationStyleOpInterface op,
    llvm::SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects);

/// The schedule of a kernel that runs on a CPU.
template <typename ScheduleT>
std::optional<ScheduleT> getCpuSchedule(Attribute schedule) {
  if (auto cpu = llvm::dyn_cast_or_null<ScheduleT>(schedule))
    return cpu;
  return std::nullopt;
}
} // namespace detail

/// The type in which a kernel computes on elements of `storage`: f32 for
/// narrower floats, signless integers, the type itself otherwise.
Type getComputeType(Type storage);

/// Whether `shapes` tells every dimension of every operand of a kernel; the
/// answers of KernelOpInterface need that.
bool hasCompleteShapes(Operation *op);

/// Whether a kernel checks positions that it reads, so that its function needs
/// a report; see `kernel.launch`.
bool canFail(Operation *kernel);

/// Words of a report: the number of the check that failed (0: none) and what
/// its message shows.
constexpr int64_t kReportWords = 3;

/// On a task: what of its outs it does not write keeps its contents, which are
/// read.
inline constexpr llvm::StringLiteral kKeepsAttr = "kernel.keeps";

/// What `kernel.pack` makes of a matrix: see there.
struct PackedForm {
  int64_t panel, interleave = 1;
  bool transposed = false;
  int64_t groups = 1;

  /// Columns of a group that a panel holds.
  int64_t getGroupWidth() const { return panel / groups; }
};
RankedTensorType getPackedType(RankedTensorType matrix, PackedForm form);

/// Registers how kernels bufferize (they are in destination-passing style).
void registerBufferizableOpInterfaces(DialectRegistry &registry);
} // namespace hagane::kernel

#include "dialects/kernel/KernelAttrInterfaces.h.inc"
#include "dialects/kernel/KernelDialect.h.inc"
#include "dialects/kernel/KernelInterfaces.h.inc"

#include "dialects/kernel/KernelCudaEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttributes.h.inc"

namespace hagane::kernel {
/// The schedule of a kernel that runs on a GPU; null for others.
CudaScheduleInterface getCudaSchedule(Operation *kernel);
} // namespace hagane::kernel

#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.h.inc"

#endif // HAGANE_DIALECTS_KERNEL_KERNELOPS_H
