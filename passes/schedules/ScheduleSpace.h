//===- ScheduleSpace.h - The schedules a kernel can have --------*- C++ -*-===//

#ifndef HAGANE_PASSES_SCHEDULES_SCHEDULESPACE_H
#define HAGANE_PASSES_SCHEDULES_SCHEDULESPACE_H

#include "dialects/kernel/KernelOps.h"
#include "passes/schedules/Target.h"

namespace hagane {

/// A kernel at given values of its symbols: the sizes that `kernel::
/// getNamedSizes` names.
class KernelPoint {
public:
  using SymbolValue =
      llvm::function_ref<std::optional<int64_t>(llvm::StringRef)>;

  /// Nothing if a size needs a symbol without a value, or is none that a
  /// tensor can have.
  static std::optional<KernelPoint> make(mlir::Operation *kernel,
                                         SymbolValue value);

  mlir::Operation *getKernel() const { return kernel; }
  /// The size of that name, which kernels of this kind must have.
  int64_t operator[](llvm::StringRef name) const;
  const llvm::SmallVector<std::pair<llvm::StringRef, int64_t>> &
  getSizes() const {
    return sizes;
  }

private:
  mlir::Operation *kernel = nullptr;
  llvm::SmallVector<std::pair<llvm::StringRef, int64_t>> sizes;
};

/// Elements of a vector register in which the kernel computes.
int64_t getLanes(kernel::Gemm op, const TargetDescription &target);
int64_t getLanes(kernel::Conv op, const TargetDescription &target);
int64_t getLanes(kernel::Attention op, const TargetDescription &target);

/// Whether the target sums products of pairs of bf16 for this kernel.
bool usesDots(kernel::Gemm op, const TargetDescription &target);
bool usesDots(kernel::Conv op, const TargetDescription &target);

/// Bytes of an element of a matrix product's a in copied rows.
int64_t getCopyBytes(kernel::Gemm op, const TargetDescription &target);

/// Fails, with a diagnostic that starts with `emitError`, if code for this
/// schedule cannot be made for the target.
llvm::LogicalResult
checkSchedule(mlir::Operation *kernel, mlir::Attribute schedule,
              const TargetDescription &target,
              llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// The schedules that the target can run and that differ at this point, in no
/// order; empty for kernels without schedules.
llvm::SmallVector<mlir::Attribute>
listSchedules(const KernelPoint &point, const TargetDescription &target);

} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_SCHEDULESPACE_H
