//===- Lowering.h - Kernels to loops and vectors ----------------*- C++ -*-===//
//
// Each kernel function made by outlining holds one kernel operation. A
// lowering replaces it by loops over the work items [begin, end).
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CPU_LOWERING_H
#define HAGANE_CODEGEN_CPU_LOWERING_H

#include "codegen/cpu/Target.h"
#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace hagane::cpu {

/// What a lowering may assume of the machine.
struct LoweringOptions {
  /// Width of a vector register.
  int64_t vectorBits = 512;
  /// Number of vector registers.
  int64_t vectorRegisters = 32;
  /// LLVM's intrinsic that adds products of pairs of bf16 to sums in f32, of a
  /// register's width; empty: none.
  llvm::StringRef bf16Dots;
  IntegerDots integerDots;

  int64_t getLanes(mlir::Type elementType) const {
    return std::max<int64_t>(1,
                             vectorBits / elementType.getIntOrFloatBitWidth());
  }
};

/// The function around a kernel: the work items to compute and the thread's
/// scratch memory (memref<?xi8>, 64-byte aligned).
struct KernelBody {
  mlir::Value begin;
  mlir::Value end;
  mlir::Value scratch;
  /// The run's report and the check's number; null where nothing is checked.
  mlir::Value report;
  mlir::Value check;
  const LoweringOptions &options;
};

/// Each emits the kernel's loops at the builder's insertion point; the caller
/// erases the operation. Fails with a diagnostic for what it cannot lower.
llvm::LogicalResult lowerGemm(kernel::Gemm op, const KernelBody &body,
                              mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerConv(kernel::Conv op, const KernelBody &body,
                              mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerWindow(kernel::Window op, const KernelBody &body,
                                mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerAttention(kernel::Attention op, const KernelBody &body,
                                   mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerRows(kernel::Rows op, const KernelBody &body,
                              mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerMap(kernel::Map op, const KernelBody &body,
                             mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerReduce(kernel::Reduce op, const KernelBody &body,
                                mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerGather(kernel::Gather op, const KernelBody &body,
                                mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerWrite(kernel::Write op, const KernelBody &body,
                               mlir::ImplicitLocOpBuilder &b);
llvm::LogicalResult lowerTask(kernel::Task op, const KernelBody &body,
                              mlir::ImplicitLocOpBuilder &b);

/// Replaces a `kernel.position` of the function by a comparison and, where it
/// fails, the run's report of it.
void lowerPosition(kernel::Position op, const KernelBody &body,
                   mlir::ImplicitLocOpBuilder &b);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_LOWERING_H
