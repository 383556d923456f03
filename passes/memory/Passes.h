//===- Passes.h - From tensors to one arena ---------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_MEMORY_PASSES_H
#define HAGANE_PASSES_MEMORY_PASSES_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/memory/Passes.h.inc"
} // namespace hagane

#endif // HAGANE_PASSES_MEMORY_PASSES_H
