// One fused operation taken apart again, the rest of the program as it is.
#pragma once

#include "tools/driver/Program.h"

namespace hagane::driver {

/// A copy of a program in which an operation is replaced by those it was fused
/// from. `main` returns their results after its own.
struct UndoneFusion {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// The same operations' results in the program before fusion, in order.
  llvm::SmallVector<mlir::Value> pieces;
};

/// Takes `op` of `fused` apart by what `plain`, the same program before fusion,
/// has in its place. Values correspond if they come from the same ONNX nodes
/// and are equal. nullopt if `op` is not a fusion, or its counterpart is not
/// to be found.
std::optional<UndoneFusion>
undoFusion(mlir::Operation *op, const Program &fused, const Program &plain);

} // namespace hagane::driver
