//===- Passes.h - Passes on precision ---------------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_PRECISION_PASSES_H
#define HAGANE_PASSES_PRECISION_PASSES_H

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/XfOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/precision/Passes.h.inc"
} // namespace hagane

#endif // HAGANE_PASSES_PRECISION_PASSES_H
