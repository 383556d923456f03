//===- KernelScheduleFiles.h - What schedules are chosen by -----*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELSCHEDULEFILES_H
#define HAGANE_DIALECTS_KERNEL_KERNELSCHEDULEFILES_H

#include "dialects/kernel/KernelOps.h"

#define GET_OP_CLASSES
#include "dialects/kernel/KernelScheduleFiles.h.inc"

namespace hagane::kernel {

/// A size of a kernel by the name that schedule files use.
struct NamedSize {
  llvm::StringRef name;
  xf::Dim size;
};

/// The sizes that `kernel.schedule_for` can ask for, in the order of its
/// documentation; empty for kernels without schedules. `shapes` must be
/// complete.
llvm::SmallVector<NamedSize> getNamedSizes(mlir::Operation *kernel);

/// Of attention in parts: the type of the result that they are merged to.
inline constexpr llvm::StringLiteral kMergedTypeAttr = "kernel.merged_type";

/// The element types that it can ask for, such as "f32, f32 -> f32".
std::string getElementTypes(mlir::Operation *kernel);

/// Whether kernels of this kind have schedules.
bool hasSchedule(mlir::Operation *kernel);

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELSCHEDULEFILES_H
