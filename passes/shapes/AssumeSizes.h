//===- AssumeSizes.h - What a legal run implies of sizes --------*- C++ -*-===//

#ifndef HAGANE_PASSES_SHAPES_ASSUMESIZES_H
#define HAGANE_PASSES_SHAPES_ASSUMESIZES_H

#include "mlir/IR/BuiltinOps.h"

namespace hagane {

class ShapeAnalysis;

/// Takes a first step towards making true what `shapes` assumed: gives a
/// symbol a smaller range, or replaces it by what it must equal. Returns
/// whether it did; `shapes` is then out of date.
bool narrowSymbols(mlir::ModuleOp module, const ShapeAnalysis &shapes);

/// Writes the other assumptions down as xf.require, for the runtime to check.
/// Returns whether there were any; `shapes` then knows less than it could.
bool requireSizes(mlir::ModuleOp module, const ShapeAnalysis &shapes);

/// Simplifies the requirements by the symbols' final ranges and drops those
/// that say nothing more.
void tidyRequirements(mlir::ModuleOp module);

} // namespace hagane

#endif // HAGANE_PASSES_SHAPES_ASSUMESIZES_H
