//===- CacheInputs.h - Inputs that the runtime can fill ---------*- C++ -*-===//

#ifndef HAGANE_PASSES_STATE_CACHEINPUTS_H
#define HAGANE_PASSES_STATE_CACHEINPUTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/shapes/ShapeAnalysis.h"

namespace hagane {

/// The sizes of a step.
struct StepSizes {
  xf::Dim batch, step, past;
};

/// The argument attribute that names an input's role, and the function
/// attribute that describes the step; see record::kCache.
inline constexpr llvm::StringLiteral kCacheRoleAttr = "xf.cache_role";
inline constexpr llvm::StringLiteral kCacheAttr = "xf.cache";

/// Marks the arguments that hold positions, or tell which exist; by their sizes
/// and, where those do not tell, by the names that exporters give them.
void markCacheInputs(mlir::func::FuncOp function, StepSizes sizes,
                     ShapeAnalysis &shapes);

/// The role of an argument, or "".
llvm::StringRef getCacheRole(mlir::func::FuncOp function, unsigned argument);

} // namespace hagane

#endif // HAGANE_PASSES_STATE_CACHEINPUTS_H
