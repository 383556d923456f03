//===- SymbolRanges.h - What a module says of its symbols -------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_SYMBOLRANGES_H
#define HAGANE_DIALECTS_XF_SYMBOLRANGES_H

#include "dialects/xf/Dim.h"
#include "mlir/IR/BuiltinOps.h"

namespace hagane::xf {

/// A prover that knows the ranges of all sizes that the module declares, and
/// nothing else.
DimProver readSymbolRanges(mlir::ModuleOp module);

} // namespace hagane::xf

#endif // HAGANE_DIALECTS_XF_SYMBOLRANGES_H
