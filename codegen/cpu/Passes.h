//===- Passes.h - From outlined kernels to the host's code ------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_PASSES_H
#define HAGANE_CODEGEN_CPU_PASSES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace hagane::cpu {

class WeightPlaces;

/// The pass with places that several modules share; null: none do.
std::unique_ptr<mlir::Pass> createAssignWeightsPass(WeightPlaces *places);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "codegen/cpu/Passes.h.inc"

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_PASSES_H
