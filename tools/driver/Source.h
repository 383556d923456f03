// Models as IR, from ONNX or from text.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "tools/driver/Phases.h"

namespace hagane::driver {

/// Imports an ONNX model, or parses a file that ends in `.mlir`. IR that a
/// phase printed is ready for the next one, which `start` tells. Null after a
/// diagnostic.
mlir::OwningOpRef<mlir::ModuleOp>
loadSource(mlir::MLIRContext *context, const std::string &path, Phase &start);

} // namespace hagane::driver
