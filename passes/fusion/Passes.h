//===- Passes.h - Fusions on the xf dialect ---------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_FUSION_PASSES_H
#define HAGANE_PASSES_FUSION_PASSES_H

#include "dialects/xf/XfOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace hagane {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/fusion/Passes.h.inc"

/// Whether Fusions.def has a row of that name.
bool isFusion(llvm::StringRef name);
/// Appends every fusion of Fusions.def but the ones named in `disabled`.
void addFusions(mlir::OpPassManager &manager,
                llvm::ArrayRef<std::string> disabled = {});

/// Registers the pipeline `hagane-fusion{disable-fusion=NAME,...}`.
void registerFusionPipeline();
} // namespace hagane

#endif // HAGANE_PASSES_FUSION_PASSES_H
