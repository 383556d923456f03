//===- Passes.h - Passes on caches that stay in place -----------*- C++ -*-===//

#ifndef HAGANE_PASSES_STATE_PASSES_H
#define HAGANE_PASSES_STATE_PASSES_H

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/XfState.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/state/Passes.h.inc"
} // namespace hagane

#endif // HAGANE_PASSES_STATE_PASSES_H
