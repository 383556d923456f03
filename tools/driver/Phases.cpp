#include "tools/driver/Phases.h"

#include "codegen/cpu/EmitObject.h"
#include "codegen/cpu/Passes.h"
#include "frontend/ops/Passes.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Pipelines.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

static TargetDescription describe(const cpu::Target &target) {
  TargetDescription description;
  description.vectorBits = target.level->vectorBits;
  description.vectorRegisters = target.level->vectorRegisters;
  description.l1Bytes = target.sizes.l1Bytes;
  description.l2Bytes = target.sizes.l2Bytes;
  description.threads = target.sizes.threads;
  return description;
}

/// Kernels become loops before the host takes their memrefs apart.
static void buildLower(OpPassManager &pm, const cpu::Target &target) {
  cpu::LowerKernelsPassOptions options{target.level->vectorBits,
                                       target.level->vectorRegisters};
  pm.addNestedPass<func::FuncOp>(cpu::createLowerKernelsPass(options));
  pm.addNestedPass<func::FuncOp>(cpu::createExpandMathPass());
  auto has = [&](StringRef feature) {
    return llvm::is_contained(target.level->required, feature);
  };
  pm.addNestedPass<func::FuncOp>(cpu::createExpandConversionsPass(
      {/*f16=*/!has("f16c"), /*bf16=*/!has("avx512bf16")}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(cpu::createAssignWeightsPass());
  pm.addPass(cpu::createLowerHostPass());
}

namespace {
struct PhaseRow {
  llvm::StringLiteral name;
  void (*build)(OpPassManager &, const cpu::Target &);
};
} // namespace

static const PhaseRow kPhases[] = {
    {"import", nullptr},
    {"convert", nullptr},
    {"shapes",
     [](OpPassManager &pm, const cpu::Target &) { buildShapesPhase(pm); }},
    {"fusion",
     [](OpPassManager &pm, const cpu::Target &) { buildFusionPhase(pm); }},
    {"kernels",
     [](OpPassManager &pm, const cpu::Target &target) {
       buildKernelsPhase(pm, describe(target));
     }},
    {"bufferize",
     [](OpPassManager &pm, const cpu::Target &target) {
       buildBufferizePhase(pm, describe(target));
     }},
    {"outline",
     [](OpPassManager &pm, const cpu::Target &) { buildOutlinePhase(pm); }},
    {"lower", buildLower},
    {"llvm", [](OpPassManager &pm,
                const cpu::Target &) { cpu::buildLlvmPipeline(pm); }},
    {"object", nullptr},
};

llvm::StringRef hagane::driver::getName(Phase phase) {
  return kPhases[static_cast<size_t>(phase)].name;
}

std::optional<Phase> hagane::driver::findPhase(llvm::StringRef name) {
  for (auto [i, row] : llvm::enumerate(kPhases))
    if (row.name == name)
      return static_cast<Phase>(i);
  return std::nullopt;
}

void hagane::driver::buildPhase(OpPassManager &pm, Phase phase,
                                const cpu::Target &target,
                                llvm::StringRef attentionSemantics) {
  if (phase == Phase::Convert) {
    frontend::ConvertOnnxToXfPassOptions options;
    options.attention = attentionSemantics.str();
    pm.addPass(frontend::createConvertOnnxToXfPass(options));
    return;
  }
  kPhases[static_cast<size_t>(phase)].build(pm, target);
}
