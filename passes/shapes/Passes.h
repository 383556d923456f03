//===- Passes.h - Passes on symbolic shapes ---------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_SHAPES_PASSES_H
#define HAGANE_PASSES_SHAPES_PASSES_H

#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/shapes/Passes.h.inc"
} // namespace hagane

#endif // HAGANE_PASSES_SHAPES_PASSES_H
