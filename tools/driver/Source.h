// Models as IR, from ONNX or from text.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "tools/driver/Phases.h"

namespace hagane::driver {

/// The phase that IR is ready for, as an earlier phase may have printed it.
Phase findStart(mlir::ModuleOp module);

/// Imports an ONNX model, or parses a file that ends in `.mlir`; `start`
/// tells the phase it is ready for. Null after a diagnostic.
mlir::OwningOpRef<mlir::ModuleOp>
loadSource(mlir::MLIRContext *context, const std::string &path, Phase &start);

} // namespace hagane::driver
