//===- Norm.h - What the two norms share in primitives ----------*- C++ -*-===//

#ifndef HAGANE_PASSES_FUSION_NORM_H
#define HAGANE_PASSES_FUSION_NORM_H

#include "passes/fusion/Match.h"

namespace hagane::fusion {

/// d / sqrt(mean(d^2) + epsilon), the mean being over `axes` and kept.
struct Normalized {
  mlir::Value d;
  llvm::SmallVector<int64_t> axes;
  double epsilon;
  llvm::SmallVector<mlir::Operation *> ops;
};
/// Matches quotients, products with rsqrt or a reciprocal, and powers of 1/2.
/// Where `d` is computed twice, `same` tells equal values apart from others.
std::optional<Normalized>
matchNormalized(mlir::Operation *op,
                llvm::function_ref<bool(mlir::Value, mlir::Value)> same);

/// The first of the axes, if they are the last ones of the rank.
std::optional<int64_t> getFirstOfLastAxes(llvm::ArrayRef<int64_t> axes,
                                          int64_t rank);

/// The type around a norm that is computed in a wider one: x before its cast
/// and the only user, the cast back; null if there is no such pair.
struct Narrow {
  mlir::Value x;
  xf::Cast back;
};
std::optional<Narrow> matchNarrow(mlir::Value x, mlir::Value result);

/// A scale or bias of the norm of x: a constant of x's type that broadcasts
/// to x, as a vector where it is one. Null if `value` is none.
mlir::Value getParameter(mlir::OpBuilder &builder, mlir::Value value,
                         mlir::Value x);

/// The only user of a value if that is an OpTy; null otherwise.
template <typename OpTy> OpTy getOnlyUser(mlir::Value value) {
  return value.hasOneUse() ? mlir::dyn_cast<OpTy>(*value.user_begin()) : OpTy();
}

} // namespace hagane::fusion

#endif // HAGANE_PASSES_FUSION_NORM_H
