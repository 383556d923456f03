//===- EvaluateWeight.h - Constants of the module ---------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_EVALUATEWEIGHT_H
#define HAGANE_CODEGEN_MODULE_EVALUATEWEIGHT_H

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/eval/HostTensor.h"

namespace hagane::codegen {

/// Computes the tensor that a `kernel.global` stands for. What is a constant
/// as it is in the model stays borrowed from the mapped file; intermediate
/// values are freed after their last use. Errors are diagnostics.
llvm::FailureOr<xf::eval::HostTensor> evaluateWeight(kernel::Global global);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_EVALUATEWEIGHT_H
