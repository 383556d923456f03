// IR as text for people.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace hagane::driver {

/// Prints without large constants, whose bytes are dropped for it: the context
/// is good for nothing else afterwards.
std::string printForReading(mlir::Operation *op, bool showsLocations);

/// What each kernel computes, by its name, for the module's record.
llvm::StringMap<std::string> printKernels(mlir::ModuleOp module);

} // namespace hagane::driver
