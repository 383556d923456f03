//===- Passes.h - Passes on quantization ------------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_QUANTIZATION_PASSES_H
#define HAGANE_PASSES_QUANTIZATION_PASSES_H

#include "dialects/xf/XfOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/quantization/Passes.h.inc"
} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_PASSES_H
