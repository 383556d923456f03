// The phases of compilation, by the names of `--compile-to`.
#pragma once

#include "codegen/cpu/Target.h"
#include "codegen/cpu/WeightPlaces.h"
#include "codegen/cuda/Target.h"
#include "codegen/module/ModuleWriter.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Pipelines.h"
#include "tools/hagane/CompileOptions.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>

namespace hagane::driver {

enum class Phase {
  Import,
  Convert,
  Shapes,
  Fusion,
  Kernels,
  Bufferize,
  Outline,
  Lower,
  Llvm,
  Object
};

llvm::StringRef getName(Phase phase);
std::optional<Phase> findPhase(llvm::StringRef name);

/// What a user may ask of the passes.
struct PhaseOptions {
  PhaseOptions() = default;
  explicit PhaseOptions(const CompileOptions &options)
      : attentionSemantics(options.attentionSemantics),
        precision(options.precision), quantization(options.quantize),
        stateful{options.stateful ? options.pageSize : 0, options.cacheType},
        schedules{options.scheduleFile, options.lockFile} {}

  std::string attentionSemantics = "standard", precision = "model";
  std::vector<std::string> quantization; // rules
  StatefulOptions stateful;
  ScheduleFiles schedules;
  /// What kernels are for; the host's part is for the processor. Null: all is.
  const cuda::Target *device = nullptr;
  /// Of the codes of a module; null: of a code alone.
  cpu::WeightPlaces *places = nullptr;
};

/// Adds the passes of a phase from Convert to Llvm.
void buildPhase(mlir::OpPassManager &pm, Phase phase, const cpu::Target &target,
                const PhaseOptions &options = {});

/// What schedules need to know of a target.
TargetDescription describe(const cpu::Target &target,
                           const cuda::Target *device = nullptr);

/// What a module file takes of a target: its objects, linked and flattened.
/// `record` is the host-lowered module they are from.
llvm::Expected<codegen::CodeVariant>
linkVariant(const cpu::Target &target, llvm::ArrayRef<std::string> objects,
            mlir::ModuleOp record);

} // namespace hagane::driver
