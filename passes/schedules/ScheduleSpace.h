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

/// The attribute that holds a kernel's schedule.
template <typename OpTy> struct ScheduleOf {
  using Type = kernel::LoopScheduleAttr;
};
template <> struct ScheduleOf<kernel::Gemm> {
  using Type = kernel::GemmScheduleAttr;
};
template <> struct ScheduleOf<kernel::Conv> {
  using Type = kernel::ConvScheduleAttr;
};
template <> struct ScheduleOf<kernel::Attention> {
  using Type = kernel::AttentionScheduleAttr;
};
template <> struct ScheduleOf<kernel::Rows> {
  using Type = kernel::RowsScheduleAttr;
};

/// How many bytes ahead of its reads b is fetched where it is codes, which are
/// read front to back.
inline constexpr int64_t kCodesAhead = 4 << 10;

/// Registers of a tile of accumulators, a row of vectors of b and one of a.
int64_t getTileRegisters(int64_t rows, int64_t vectors);

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

/// The schedule that stands for all which run alike at this point: sizes beyond
/// those of the operands, and parameters of ways that are not taken, do
/// nothing.
mlir::Attribute getCanonicalSchedule(const KernelPoint &point,
                                     mlir::Attribute schedule);

/// The schedules that the target can run, that differ at this point and that
/// may be the fastest, in no order; empty for kernels without schedules.
llvm::SmallVector<mlir::Attribute>
listSchedules(const KernelPoint &point, const TargetDescription &target);

} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_SCHEDULESPACE_H
