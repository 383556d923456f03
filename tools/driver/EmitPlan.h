// What the options of a compilation ask for, checked.
#pragma once

#include "codegen/cpu/EmitObject.h"
#include "codegen/cuda/Compiler.h"
#include "tools/driver/Phases.h"

namespace hagane::driver {

/// What one code of a module is for.
struct CodeTarget {
  cpu::Target cpu; ///< of the host's part, if there is a device
  const cuda::Target *device = nullptr;

  llvm::StringRef getName() const {
    return device ? llvm::StringRef(device->name)
                  : llvm::StringRef(cpu.level->name);
  }
};

/// How to compile a model to the kind of output that was asked for.
struct EmitPlan {
  Phase last = Phase::Object; // to run
  cpu::CodeKind kind = cpu::CodeKind::Object;
  bool printsIr = false;     // stops before code
  bool writesModule = false; // by itself or embedded
  llvm::SmallVector<CodeTarget, 2> targets;
  /// Of devices' sources. Null: they are all that is written of them.
  std::unique_ptr<cuda::Compiler> compiler;
  codegen::ImageKind imageKind = codegen::ImageKind::Cubin;
  std::string noCompiler; ///< why, if the user did not ask for that
};

/// Fails with a diagnostic if an option is unknown, or two contradict.
llvm::FailureOr<EmitPlan> makeEmitPlan(mlir::MLIRContext *context,
                                       const CompileOptions &options);

} // namespace hagane::driver
