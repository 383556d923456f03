//===- Pipelines.cpp - The phases of compilation --------------------------===//

#include "passes/Pipelines.h"
#include "dialects/xf/eval/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "passes/fusion/Passes.h"
#include "passes/kernels/Passes.h"
#include "passes/memory/Passes.h"
#include "passes/precision/Passes.h"
#include "passes/quantization/Passes.h"
#include "passes/schedules/Passes.h"
#include "passes/shapes/Passes.h"
#include "passes/state/Passes.h"

using namespace mlir;
using namespace hagane;

static void cleanUp(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

static void assignSchedules(OpPassManager &pm, const TargetDescription &target,
                            const ScheduleFiles &files) {
  AssignSchedulesPassOptions options;
  options.vectorBits = target.vectorBits;
  options.vectorRegisters = target.vectorRegisters;
  options.l1Bytes = target.l1Bytes;
  options.l2Bytes = target.l2Bytes;
  options.threads = target.threads;
  options.level = target.level;
  options.bf16Dots = target.bf16Dots;
  options.int8Dots = target.int8Dots;
  options.sm = target.sm;
  options.multiprocessors = target.multiprocessors;
  options.sharedBytes = target.sharedBytes;
  options.file = files.choice;
  options.lock = files.lock;
  pm.addPass(createAssignSchedulesPass(options));
}

void hagane::buildShapesPhase(OpPassManager &pm) {
  // Folding first: shape arithmetic on constants needs no analysis. It comes
  // once more when known sizes have become constants: the side of a square of
  // so many patches is their root, which no analysis follows.
  cleanUp(pm);
  pm.addPass(xf::eval::createFoldConstantsPass());
  pm.addPass(createResolveShapesPass({/*compute=*/false}));
  pm.addPass(xf::eval::createFoldConstantsPass());
  // Layers that ask for one size find that they do.
  pm.addPass(createCSEPass());
  pm.addPass(createResolveShapesPass());
  cleanUp(pm);
}

void hagane::buildFusionPhase(OpPassManager &pm, ArrayRef<std::string> disabled,
                              const std::string &precision,
                              ArrayRef<std::string> quantization,
                              const StatefulOptions &stateful) {
  // Scales and epsilons that exporters compute become numbers.
  pm.addPass(xf::eval::createFoldConstantsPass());
  cleanUp(pm);
  addFusions(pm, disabled);
  cleanUp(pm);
  // When attention is one operation.
  if (stateful.page > 0) {
    pm.addPass(createMakeStatefulPass({stateful.page, stateful.element}));
    cleanUp(pm);
  }
  // Of what the fusions made: whole products, and none inside of attention.
  buildFactors(pm, precision, quantization);
}

void hagane::buildFactors(OpPassManager &pm, const std::string &precision,
                          ArrayRef<std::string> quantization) {
  ChooseQuantizationPassOptions quantize;
  llvm::append_range(quantize.rules, quantization);
  pm.addPass(createChooseQuantizationPass(quantize));
  pm.addPass(createChoosePrecisionPass({precision}));
}

void hagane::buildKernelsPhase(OpPassManager &pm,
                               const TargetDescription &target,
                               const ScheduleFiles &files) {
  WeightLayout weights = target.getWeights();
  pm.addPass(createFormKernelsPass({weights.panel, weights.chunkBytes}));
  // Reshapes that cancel stand between kernels that can be fused.
  cleanUp(pm);
  pm.addNestedPass<func::FuncOp>(createFuseKernelsPass());
  // Of maps that have all that they can take.
  pm.addPass(createFuseGatesPass());
  // A kernel with a second result is fused no further.
  pm.addNestedPass<func::FuncOp>(createNarrowResultsPass());
  cleanUp(pm);
  assignSchedules(pm, target, files);
}

void hagane::buildBufferizePhase(OpPassManager &pm,
                                 const TargetDescription &target,
                                 const ScheduleFiles &files) {
  pm.addNestedPass<func::FuncOp>(createPrepareOutputsPass());
  pm.addNestedPass<func::FuncOp>(createPrepareLoopsPass());
  pm.addPass(createBufferizePass());
  pm.addNestedPass<func::FuncOp>(createVerifyStatesPass());
  // Dead allocations and views of views go before they are placed.
  cleanUp(pm);
  pm.addNestedPass<func::FuncOp>(createCopiesToKernelsPass());
  assignSchedules(pm, target, files);
  pm.addNestedPass<func::FuncOp>(createReuseOperandsPass());
  pm.addNestedPass<func::FuncOp>(createShareOutputsPass());
  pm.addPass(createPlanArenaPass());
  pm.addPass(createCSEPass());
}

void hagane::buildOutlinePhase(OpPassManager &pm) {
  pm.addPass(createOutlineKernelsPass());
}

void hagane::registerPhases() {
  PassPipelineRegistration<>("hagane-phase-shapes", "Resolve symbolic shapes",
                             buildShapesPhase);
  PassPipelineRegistration<>("hagane-phase-fusion", "Fuse operations",
                             [](OpPassManager &pm) { buildFusionPhase(pm); });
  PassPipelineRegistration<>("hagane-phase-kernels",
                             "Form, fuse and schedule kernels",
                             [](OpPassManager &pm) { buildKernelsPhase(pm); });
  PassPipelineRegistration<>(
      "hagane-phase-bufferize", "Bufferize and plan the arena",
      [](OpPassManager &pm) { buildBufferizePhase(pm); });
  PassPipelineRegistration<>("hagane-phase-outline",
                             "Move kernels into functions", buildOutlinePhase);
}
