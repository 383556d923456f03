// Models as IR, from ONNX or from text.
#pragma once

#include "frontend/Import.h"
#include "mlir/IR/BuiltinOps.h"
#include "tools/driver/Phases.h"
#include "tools/hagane/CompileOptions.h"

namespace hagane::driver {

/// Imports an ONNX model, or parses a file that ends in `.mlir`. IR that a
/// phase printed is ready for the next one, which `start` tells. Null after a
/// diagnostic.
mlir::OwningOpRef<mlir::ModuleOp>
loadSource(mlir::MLIRContext *context, const std::string &path, Phase &start,
           const frontend::ImportOptions &options = {});

/// Of the model's bytes, as modules record it.
llvm::Expected<std::string> hashModel(const CompileOptions &options);

/// What the command line says of limits and weights.
frontend::ImportOptions importOptions(const CompileOptions &options);

} // namespace hagane::driver
