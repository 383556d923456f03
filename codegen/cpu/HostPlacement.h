//===- HostPlacement.h - Code that places buffers ---------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_HOSTPLACEMENT_H
#define HAGANE_CODEGEN_CPU_HOSTPLACEMENT_H

#include "dialects/kernel/KernelArena.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace hagane::cpu {

/// The arena's buffers with their slots of the plan.
struct HostBuffers {
  kernel::ArenaPlan plan;
  llvm::SmallVector<int64_t> sizeSlots;
  int64_t offsetSlot = 0; ///< of the first buffer; the others follow

  bool empty() const { return plan.buffers.empty(); }
};

/// Emits, before the function around `b`, one that places buffers: from the
/// plan, a pointer, and the most that the arena may take it gives the end of
/// the highest buffer. It reads the plan's sizes and writes its offsets. The
/// end is more than the most, as an unsigned number, if no order needs so
/// little.
mlir::func::FuncOp emitPlacement(mlir::ImplicitLocOpBuilder &b,
                                 const HostBuffers &buffers);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_HOSTPLACEMENT_H
