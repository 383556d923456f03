// What the options of a compilation ask for, checked.
#pragma once

#include "codegen/cpu/EmitObject.h"
#include "tools/driver/Phases.h"

namespace hagane::driver {

/// How to compile a model to the kind of output that was asked for.
struct EmitPlan {
  Phase last = Phase::Object; // to run
  cpu::CodeKind kind = cpu::CodeKind::Object;
  bool printsIr = false;     // stops before code
  bool writesModule = false; // by itself or embedded
  llvm::SmallVector<cpu::Target> targets;
};

/// Fails with a diagnostic if an option is unknown, or two contradict.
llvm::FailureOr<EmitPlan> makeEmitPlan(mlir::MLIRContext *context,
                                       const CompileOptions &options);

} // namespace hagane::driver
