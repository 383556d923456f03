// The dialects and passes that every tool on top of MLIR knows.
#pragma once

#include "mlir/IR/DialectRegistry.h"

namespace hagane {

/// Adds our dialects, the upstream dialects we lower through, and the external
/// interface models that the pipeline needs to \p registry.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers our passes and pipelines, and upstream's, by their command line
/// names. Call once.
void registerPasses();

} // namespace hagane
