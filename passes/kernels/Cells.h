//===- Cells.h - What recurrent cells do to their gates ---------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_CELLS_H
#define HAGANE_PASSES_KERNELS_CELLS_H

#include "dialects/xf/XfOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace hagane {

/// An activation of a recurrent cell with its parameters.
struct CellActivation {
  mlir::Value (*build)(mlir::ImplicitLocOpBuilder &, mlir::Value x,
                       double alpha, double beta) = nullptr;
  double alpha = 0, beta = 0;

  mlir::Value operator()(mlir::ImplicitLocOpBuilder &b, mlir::Value x) const {
    return build(b, x, alpha, beta);
  }
};

/// The activations of all directions, in order; parameters go, in order, to
/// those that take them. Fails if one is not known; `unknown` is its name.
llvm::FailureOr<llvm::SmallVector<CellActivation>>
readActivations(xf::Recurrent op, llvm::StringRef &unknown);

/// Gates of a cell.
int64_t countGates(xf::RecurrentKind kind);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_CELLS_H
