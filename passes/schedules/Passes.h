//===- Passes.h - Passes on schedules ---------------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_SCHEDULES_PASSES_H
#define HAGANE_PASSES_SCHEDULES_PASSES_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/schedules/Passes.h.inc"
} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_PASSES_H
