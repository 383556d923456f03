//===- Emit.h - Building blocks of kernel lowerings -------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_EMIT_H
#define HAGANE_CODEGEN_CPU_EMIT_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace hagane::cpu {

using Builder = mlir::ImplicitLocOpBuilder;

//===-- Index arithmetic; constants fold ----------------------------------===//

mlir::Value index(Builder &b, int64_t value);
mlir::Value add(Builder &b, mlir::Value x, mlir::Value y);
mlir::Value add(Builder &b, mlir::Value x, int64_t y);
mlir::Value sub(Builder &b, mlir::Value x, mlir::Value y);
mlir::Value mul(Builder &b, mlir::Value x, mlir::Value y);
mlir::Value mul(Builder &b, mlir::Value x, int64_t y);
mlir::Value minimum(Builder &b, mlir::Value x, mlir::Value y);
mlir::Value maximum(Builder &b, mlir::Value x, mlir::Value y);
/// Quotient and remainder of non-negative numbers.
mlir::Value divide(Builder &b, mlir::Value x, mlir::Value y);
mlir::Value remainder(Builder &b, mlir::Value x, mlir::Value y);
mlir::Value ceilDivide(Builder &b, mlir::Value x, int64_t y);
/// Size of a memref along an axis.
mlir::Value sizeOf(Builder &b, mlir::Value memref, int64_t axis);
/// The constant behind an index value, if it is one.
std::optional<int64_t> constantOf(mlir::Value value);

//===-- Loops -------------------------------------------------------------===//

using Values = llvm::SmallVector<mlir::Value>;

void forEach(Builder &b, mlir::Value from, mlir::Value to, int64_t step,
             llvm::function_ref<void(mlir::Value index)> body);
/// A loop that carries values; returns their last ones.
Values forCarrying(
    Builder &b, mlir::Value from, mlir::Value to, int64_t step,
    mlir::ValueRange initial,
    llvm::function_ref<Values(mlir::Value index, mlir::ValueRange carried)>
        body);
void ifThen(Builder &b, mlir::Value condition, llvm::function_ref<void()> then);
/// A truth value's opposite.
mlir::Value isNot(Builder &b, mlir::Value condition);

/// Splits a linear work item into coordinates, the last axis fastest.
Values delinearize(Builder &b, mlir::Value linear, mlir::ValueRange sizes);

//===-- Elements ----------------------------------------------------------===//

mlir::VectorType vectorOf(mlir::Type element, int64_t lanes);
mlir::Value zero(Builder &b, mlir::Type type);
mlir::Value splat(Builder &b, mlir::Value scalar, int64_t lanes);
/// a * b + c, fused where the target can.
mlir::Value multiplyAdd(Builder &b, mlir::Value a, mlir::Value x,
                        mlir::Value c);
/// c and the products of pairs of bf16, by an intrinsic (TargetLevel).
mlir::Value addDots(Builder &b, llvm::StringRef intrinsic, mlir::Value a,
                    mlir::Value x, mlir::Value c);
/// Conversion between storage and compute types (scalars or vectors).
mlir::Value convert(Builder &b, mlir::Value value, mlir::Type element);

/// The lanes of a vector access that exist: none of `mask` set means all.
struct Access {
  int64_t lanes = 1; ///< 1 with no mask: a scalar.
  mlir::Value mask;  ///< vector<lanes x i1>, or null.
};

/// Loads from `memref[indices]` along its last axis, which is contiguous, as
/// the compute type. One lane without a mask gives a scalar.
mlir::Value load(Builder &b, mlir::Value memref, mlir::ValueRange indices,
                 Access access, mlir::Type compute);
/// Loads lanes from `memref[indices]` on, `stride` elements of its contiguous
/// last axis apart.
mlir::Value loadSpaced(Builder &b, mlir::Value memref, mlir::ValueRange indices,
                       int64_t stride, Access access, mlir::Type compute);
/// Stores a scalar or vector of the compute type.
void store(Builder &b, mlir::Value value, mlir::Value memref,
           mlir::ValueRange indices, Access access);
/// vector<lanes x i1> whose first `count` lanes are set.
mlir::Value maskOf(Builder &b, mlir::Value count, int64_t lanes);

/// The indices that `map` (dimensions and constants) gives for coordinates.
Values applyMap(Builder &b, mlir::AffineMap map, mlir::ValueRange dims);

/// The element of an operand at loop coordinates `dims` through `map`, vectors
/// running along dimension `vectorDim`. An operand that does not depend on
/// that dimension gives a scalar; one for which it is not the contiguous last
/// axis is loaded lane by lane.
mlir::Value loadMapped(Builder &b, mlir::Value memref, mlir::AffineMap map,
                       mlir::ValueRange dims, unsigned vectorDim, Access access,
                       mlir::Type compute);

/// Stores at loop coordinates `dims` through `map`, as `loadMapped` loads.
void storeMapped(Builder &b, mlir::Value value, mlir::Value memref,
                 mlir::AffineMap map, mlir::ValueRange dims, unsigned vectorDim,
                 Access access);

/// Clones a region of scalar operations on scalars or vectors of `lanes`
/// elements; `dims` are the loop coordinates for `kernel.index`, of which
/// `vectorDim` varies by lane. Returns what the region yields, as vectors if
/// lanes > 1.
Values cloneRegion(Builder &b, mlir::Region &region, mlir::ValueRange arguments,
                   int64_t lanes, mlir::ValueRange dims = {},
                   unsigned vectorDim = 0);

//===-- Reductions: kind is "sum", "prod", "max" or "min" -----------------===//

mlir::Value combine(Builder &b, llvm::StringRef kind, mlir::Value x,
                    mlir::Value y);
mlir::Value identityOf(Builder &b, llvm::StringRef kind, mlir::Type type);
/// Reduces the lanes (a power of two) of a vector to a scalar.
mlir::Value combineLanes(Builder &b, llvm::StringRef kind, mlir::Value vector);

/// A typed view of the thread's scratch memory from byte `offset` on.
mlir::Value scratchView(Builder &b, mlir::Value scratch, mlir::Value offset,
                        llvm::ArrayRef<int64_t> shape,
                        mlir::ValueRange dynamicSizes, mlir::Type element);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_EMIT_H
