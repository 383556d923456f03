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
/// Caches as states: positions of a page, 0 for none, and the type of elements,
/// "model" or "bf16".
struct StatefulOptions {
  int64_t page = 0;
  std::string element = "model";
};
/// `disabled` names the fusions to leave out; see Fusions.def. `precision` is
/// the type to which products round their factors, or "model"; `quantization`
/// are rules, see passes/quantization/Scheme.h.
void buildFusionPhase(mlir::OpPassManager &pm,
                      llvm::ArrayRef<std::string> disabled = {},
                      const std::string &precision = "model",
                      llvm::ArrayRef<std::string> quantization = {},
                      const StatefulOptions &stateful = {});
/// The last passes of that phase, which choose how factors are stored.
void buildFactors(mlir::OpPassManager &pm, const std::string &precision,
                  llvm::ArrayRef<std::string> quantization);
/// Schedule files, or empty: what is chosen first, and what must be chosen.
struct ScheduleFiles {
  std::string choice, lock;
};
void buildKernelsPhase(mlir::OpPassManager &pm,
                       const TargetDescription &target = {},
                       const ScheduleFiles &files = {});
void buildBufferizePhase(mlir::OpPassManager &pm,
                         const TargetDescription &target = {},
                         const ScheduleFiles &files = {});
void buildOutlinePhase(mlir::OpPassManager &pm);

/// Registers each phase as a pipeline, `--hagane-phase-NAME`.
void registerPhases();

} // namespace hagane

#endif // HAGANE_PASSES_PIPELINES_H
