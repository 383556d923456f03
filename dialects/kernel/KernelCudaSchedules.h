//===- KernelCudaSchedules.h - Rules of GPU schedules -----------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCUDASCHEDULES_H
#define HAGANE_DIALECTS_KERNEL_KERNELCUDASCHEDULES_H

#include "dialects/kernel/KernelOps.h"

namespace hagane::kernel {

/// Threads that run in step.
inline constexpr int64_t kWarp = 32;

/// Rule (U1) of all schedules of GPUs.
llvm::LogicalResult
requireThreads(llvm::function_ref<mlir::InFlightDiagnostic()> error,
               int64_t threads);

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDASCHEDULES_H
