//===- CudaRules.h - Rules that choose schedules of GPUs --------*- C++ -*-===//

#ifndef HAGANE_PASSES_SCHEDULES_CUDA_CUDARULES_H
#define HAGANE_PASSES_SCHEDULES_CUDA_CUDARULES_H

#include "passes/schedules/ScheduleSpace.h"

namespace hagane {

//===-- What the table in CudaRules.cpp answers ---------------------------===//

/// What is taken if nobody says anything. Fails with a diagnostic for kernels
/// that have no schedule on GPUs.
mlir::FailureOr<mlir::Attribute>
chooseCudaSchedule(mlir::Operation *kernel, const TargetDescription &target);

/// Fails, with a diagnostic that starts with `emitError`, if code for this
/// schedule cannot be made for the GPU.
llvm::LogicalResult
checkCudaSchedule(mlir::Operation *kernel, mlir::Attribute schedule,
                  const TargetDescription &target,
                  llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// The schedules that may be the fastest at this point.
llvm::SmallVector<mlir::Attribute>
listCudaSchedules(const KernelPoint &point, const TargetDescription &target);

//===-- Its rows: one file for each kind of schedule ----------------------===//

using CudaCheckError = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// Of maps, gathers, windows and tasks, whose elements do not depend on each
/// other.
mlir::Attribute chooseCudaLoop(mlir::Operation *kernel,
                               const TargetDescription &target);
llvm::LogicalResult checkCudaLoop(mlir::Operation *kernel,
                                  mlir::Attribute schedule,
                                  const TargetDescription &target,
                                  CudaCheckError error);

/// Of row kernels and reductions.
mlir::Attribute chooseCudaRows(mlir::Operation *kernel,
                               const TargetDescription &target);
llvm::LogicalResult checkCudaRows(mlir::Operation *kernel,
                                  mlir::Attribute schedule,
                                  const TargetDescription &target,
                                  CudaCheckError error);

/// Of matrix products.
mlir::Attribute chooseCudaGemm(mlir::Operation *kernel,
                               const TargetDescription &target);
llvm::LogicalResult checkCudaGemm(mlir::Operation *kernel,
                                  mlir::Attribute schedule,
                                  const TargetDescription &target,
                                  CudaCheckError error);

/// Of attention: tiles of keys for many queries, streams of them for few.
mlir::Attribute chooseCudaAttention(mlir::Operation *kernel,
                                    const TargetDescription &target);
llvm::LogicalResult checkCudaAttention(mlir::Operation *kernel,
                                       mlir::Attribute schedule,
                                       const TargetDescription &target,
                                       CudaCheckError error);

/// Of convolutions.
mlir::Attribute chooseCudaConv(mlir::Operation *kernel,
                               const TargetDescription &target);
llvm::LogicalResult checkCudaConv(mlir::Operation *kernel,
                                  mlir::Attribute schedule,
                                  const TargetDescription &target,
                                  CudaCheckError error);

} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_CUDA_CUDARULES_H
