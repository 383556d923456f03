//===- Passes.h - Passes that make kernels ----------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_PASSES_H
#define HAGANE_PASSES_KERNELS_PASSES_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/kernels/Passes.h.inc"
} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_PASSES_H
