//===- HostKernel.h - Memrefs as bare words ---------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_HOSTKERNEL_H
#define HAGANE_CODEGEN_CPU_HOSTKERNEL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/BitVector.h"

namespace hagane::cpu {

/// A memref of `type` over memory at `address` (an LLVM pointer to its first
/// element). `sizes` and `strides` (i64) are those that the type leaves open;
/// without strides the memref is dense.
mlir::Value makeMemRef(mlir::ImplicitLocOpBuilder &b, mlir::MemRefType type,
                       mlir::Value address, mlir::ValueRange sizes,
                       mlir::ValueRange strides = {});

/// Number of words after the address: open sizes, then, unless the layout is
/// the identity, open strides.
int64_t countOpenSizes(mlir::MemRefType type);
int64_t countOpenStrides(mlir::MemRefType type);

/// The words of a memref (i64): address of the first element, open sizes,
/// open strides.
llvm::SmallVector<mlir::Value> getWords(mlir::ImplicitLocOpBuilder &b,
                                        mlir::Value memref);

/// Gives a kernel function bare words for its memrefs, and makes the function
/// that loads them from a launch's words, as the ABI's hgn_task_fn. `unaliased`
/// marks the memrefs that overlap no other one. The words of a kernel that
/// reports end with the report's address and the check's number. Fails with a
/// diagnostic if the function is not one of (memrefs..., begin, end, scratch).
llvm::FailureOr<mlir::func::FuncOp>
makeKernelEntry(mlir::func::FuncOp kernel, const llvm::BitVector &unaliased);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_HOSTKERNEL_H
