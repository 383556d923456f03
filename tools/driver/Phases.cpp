#include "tools/driver/Phases.h"

#include "codegen/cpu/EmitObject.h"
#include "codegen/cpu/Passes.h"
#include "codegen/cuda/Compiler.h"
#include "frontend/ops/Passes.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Pipelines.h"
#include "passes/quantization/Scheme.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

static bool hasFeature(const cpu::Target &target, StringRef feature) {
  return llvm::is_contained(target.level->required, feature);
}

TargetDescription hagane::driver::describe(const cpu::Target &target,
                                           const cuda::Target *device) {
  TargetDescription description;
  description.vectorBits = target.level->vectorBits;
  description.vectorRegisters = target.level->vectorRegisters;
  description.l1Bytes = target.sizes.l1Bytes;
  description.l2Bytes = target.sizes.l2Bytes;
  description.threads = target.sizes.threads;
  description.level = target.level->name.str();
  description.bf16Dots = !target.level->bf16Dots.empty();
  description.int8Dots = !target.level->integers.mixed.empty() ||
                         !target.level->integers.equal.empty();
  if (device) {
    description.level = device->name.str();
    description.sm = device->sm;
  }
  return description;
}

/// A device's kernels have become sources by now.
static void buildDeviceLower(OpPassManager &pm, const PhaseOptions &options) {
  pm.addPass(cpu::createAssignWeightsPass(options.places));
  pm.addPass(cpu::createLowerHostPass({/*device=*/true}));
}

/// Kernels become loops before the host takes their memrefs apart.
static void buildLower(OpPassManager &pm, const cpu::Target &target,
                       const PhaseOptions &phase) {
  if (phase.device)
    return buildDeviceLower(pm, phase);
  const cpu::TargetLevel &level = *target.level;
  cpu::LowerKernelsPassOptions options{
      level.vectorBits,           level.vectorRegisters,
      level.bf16Dots.str(),       level.integers.mixed.str(),
      level.integers.equal.str(), level.integers.pairs.str()};
  pm.addNestedPass<func::FuncOp>(cpu::createLowerKernelsPass(options));
  pm.addNestedPass<func::FuncOp>(
      cpu::createExpandMathPass({/*avx512=*/hasFeature(target, "avx512f")}));
  pm.addNestedPass<func::FuncOp>(cpu::createExpandConversionsPass(
      {/*f16=*/!target.level->canConvert(cpu::Narrow::F16),
       /*bf16=*/!target.level->canConvert(cpu::Narrow::Bf16)}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(cpu::createAssignWeightsPass(phase.places));
  pm.addPass(cpu::createLowerHostPass());
}

namespace {
struct PhaseRow {
  llvm::StringLiteral name;
  void (*build)(OpPassManager &, const cpu::Target &, const PhaseOptions &);
};
} // namespace

static void buildConvert(OpPassManager &pm, const cpu::Target &,
                         const PhaseOptions &options) {
  frontend::ConvertOnnxToXfPassOptions passOptions;
  passOptions.attention = options.attentionSemantics;
  pm.addPass(frontend::createConvertOnnxToXfPass(passOptions));
}

/// A row of a phase whose passes depend on nothing.
template <void (*build)(OpPassManager &)>
static void buildPlain(OpPassManager &pm, const cpu::Target &,
                       const PhaseOptions &) {
  build(pm);
}

/// A row of a phase whose passes depend on the target and its schedules.
template <void (*build)(OpPassManager &, const TargetDescription &,
                        const ScheduleFiles &)>
static void buildScheduled(OpPassManager &pm, const cpu::Target &target,
                           const PhaseOptions &options) {
  build(pm, describe(target, options.device), options.schedules);
}

static void buildFusion(OpPassManager &pm, const cpu::Target &,
                        const PhaseOptions &options) {
  buildFusionPhase(pm, /*disabled=*/{}, options.precision, options.quantization,
                   options.stateful);
}

static const PhaseRow kPhases[] = {
    {"import", nullptr},
    {"convert", buildConvert},
    {"shapes", buildPlain<buildShapesPhase>},
    {"fusion", buildFusion},
    {"kernels", buildScheduled<buildKernelsPhase>},
    {"bufferize", buildScheduled<buildBufferizePhase>},
    {"outline", buildPlain<buildOutlinePhase>},
    {"lower", buildLower},
    {"llvm", buildPlain<cpu::buildLlvmPipeline>},
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
                                const PhaseOptions &options) {
  kPhases[static_cast<size_t>(phase)].build(pm, target, options);
}

std::string hagane::listTargets() { return cpu::listTargetLevels(); }

std::string hagane::listSms() {
  return llvm::join(llvm::map_range(cuda::getTargets(),
                                    [](const cuda::Target &target) {
                                      return target.name.drop_front(3);
                                    }),
                    ", ");
}

std::vector<std::string> hagane::listCudaCompilers() {
  std::vector<std::string> names;
  for (const cuda::CompilerRow &row : cuda::getCompilers())
    names.push_back(row.name.str());
  return names;
}

std::string hagane::listQuantizationSchemes() {
  return describeQuantizationSchemes();
}

llvm::Expected<codegen::CodeVariant>
hagane::driver::linkVariant(const cpu::Target &target,
                            ArrayRef<std::string> objects, ModuleOp record) {
  llvm::Expected<std::string> shared = codegen::linkShared(objects);
  if (!shared)
    return shared.takeError();
  llvm::Expected<codegen::CodeImage> image = codegen::flattenImage(*shared);
  if (!image)
    return image.takeError();
  const cpu::TargetLevel &level = *target.level;
  return codegen::CodeVariant{level.name.str(),
                              {level.required.begin(), level.required.end()},
                              level.architecture->pageBytes,
                              std::move(*image),
                              record,
                              {}};
}
