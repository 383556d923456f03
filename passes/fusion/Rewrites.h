//===- Rewrites.h - One form for what exporters spell in many ---*- C++ -*-===//

#ifndef HAGANE_PASSES_FUSION_REWRITES_H
#define HAGANE_PASSES_FUSION_REWRITES_H

#include "passes/fusion/Match.h"

namespace hagane::fusion {

/// What replaces the only result of an operation; null if nothing does.
using Rewrite = mlir::Value (*)(mlir::Operation *op, mlir::OpBuilder &builder,
                                Shapes &shapes);

/// Slices, gathers, transposes, reshapes and broadcasts.
llvm::ArrayRef<Rewrite> getMovementRewrites();
/// What would part the features of a head before rotary embeddings are found.
llvm::ArrayRef<Rewrite> getViewRewrites();
/// Gathers and scatters of all elements.
llvm::ArrayRef<Rewrite> getGridRewrites();
/// Sums, products, conversions and selections.
llvm::ArrayRef<Rewrite> getArithmeticRewrites();

/// A rewrite of one kind of operation.
template <typename OpTy,
          mlir::Value (*rewrite)(OpTy, mlir::OpBuilder &, Shapes &)>
mlir::Value only(mlir::Operation *op, mlir::OpBuilder &builder,
                 Shapes &shapes) {
  auto typed = mlir::dyn_cast<OpTy>(op);
  return typed ? rewrite(typed, builder, shapes) : mlir::Value();
}

} // namespace hagane::fusion

#endif // HAGANE_PASSES_FUSION_REWRITES_H
