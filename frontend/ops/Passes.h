// Conversion of the onnx dialect to xf.
#pragma once

#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane::frontend {

#define GEN_PASS_DECL
#include "frontend/ops/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "frontend/ops/Passes.h.inc"

} // namespace hagane::frontend
