//===- BoundSymbols.h - Bounds that a legal run implies ---------*- C++ -*-===//

#ifndef HAGANE_PASSES_SHAPES_BOUNDSYMBOLS_H
#define HAGANE_PASSES_SHAPES_BOUNDSYMBOLS_H

#include "mlir/IR/BuiltinOps.h"

namespace hagane {

/// Lowers the upper bounds of the module's symbols to what element-wise
/// operations on tables of fixed length imply. Returns whether any changed;
/// shapes are then worth analysing anew.
bool boundSymbols(mlir::ModuleOp module);

} // namespace hagane

#endif // HAGANE_PASSES_SHAPES_BOUNDSYMBOLS_H
