// What both fuzzers do with a module that was accepted.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "tools/driver/Phases.h"

namespace hagane::test {

/// A context with all dialects that keeps diagnostics to itself.
mlir::MLIRContext &quietContext();

/// Runs the phases from `first` to loops, until one refuses.
void runPhases(mlir::ModuleOp module, driver::Phase first);

} // namespace hagane::test
