//===- Passes.h - Kernels as CUDA C++ ---------------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_PASSES_H
#define HAGANE_CODEGEN_CUDA_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace hagane::cuda {
#define GEN_PASS_DECL
#include "codegen/cuda/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "codegen/cuda/Passes.h.inc"
} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_PASSES_H
