// What the command line knows of symbolic dimensions.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "tools/hagane/CompileOptions.h"

namespace hagane::driver {

/// Narrows the ranges of symbols (`--dim`) and makes symbols constant
/// (`--specialize`) in the signature of a freshly converted module. Fails with
/// a diagnostic for a symbol that does not exist or an impossible range.
llvm::LogicalResult applySymbolFacts(mlir::ModuleOp module,
                                     const CompileOptions &options);

} // namespace hagane::driver
