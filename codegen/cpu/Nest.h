//===- Nest.h - Operands of a loop nest over affine maps --------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_NEST_H
#define HAGANE_CODEGEN_CPU_NEST_H

#include "codegen/cpu/Emit.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace hagane::cpu {

/// The iteration space of a row, map or reduction kernel and its operands: one
/// map (projected permutation, constants 0 for broadcast) per input, then one
/// per out.
class Nest {
public:
  Nest(Builder &b, mlir::ValueRange ins, mlir::ValueRange outs,
       mlir::ArrayAttr maps);

  unsigned rank() const { return dimSizes.size(); }
  mlir::Value size(unsigned dim) const { return dimSizes[dim]; }
  llvm::ArrayRef<mlir::Value> sizes() const { return dimSizes; }

  /// The inputs that do not vary along `vectorDim`, loaded as scalars; null
  /// values for the others.
  Values loadInvariant(mlir::ValueRange dims, unsigned vectorDim);
  /// All inputs at `dims`, taking the invariant ones as loaded before.
  Values loadIns(mlir::ValueRange dims, unsigned vectorDim, Access access,
                 mlir::ValueRange invariant);
  void storeOut(unsigned out, mlir::Value value, mlir::ValueRange dims,
                unsigned vectorDim, Access access);

private:
  Builder &b;
  Values ins, outs, dimSizes;
  llvm::SmallVector<mlir::AffineMap> inMaps, outMaps;
};

mlir::Value product(Builder &b, mlir::ValueRange sizes);
/// The largest multiple of `step` that is at most `value`.
mlir::Value roundDown(Builder &b, mlir::Value value, int64_t step);

/// Visits [0, count) in whole vectors, then the rest with a mask (or, for one
/// lane, element by element).
void forVectors(Builder &b, mlir::Value count, int64_t lanes,
                llvm::function_ref<void(mlir::Value at, Access access)> body);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_NEST_H
