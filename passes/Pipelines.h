//===- Pipelines.h - The phases of compilation ------------------*- C++ -*-===//
//
// Each phase adds its passes to a pass manager of modules. In order: shapes,
// fusion, kernels, bufferize, outline; what follows belongs to codegen.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_PASSES_PIPELINES_H
#define HAGANE_PASSES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "passes/schedules/Target.h"

namespace hagane {

void buildShapesPhase(mlir::OpPassManager &pm);
/// `disabled` names the fusions to leave out; see Fusions.def.
void buildFusionPhase(mlir::OpPassManager &pm,
                      llvm::ArrayRef<std::string> disabled = {});
/// `schedules` is a schedule file, or empty.
void buildKernelsPhase(mlir::OpPassManager &pm,
                       const TargetDescription &target = {},
                       llvm::StringRef schedules = "");
void buildBufferizePhase(mlir::OpPassManager &pm,
                         const TargetDescription &target = {},
                         llvm::StringRef schedules = "");
void buildOutlinePhase(mlir::OpPassManager &pm);

/// Registers each phase as a pipeline, `--hagane-phase-NAME`.
void registerPhases();

} // namespace hagane

#endif // HAGANE_PASSES_PIPELINES_H
