//===- EvaluateWeight.h - Constants of the module ---------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_EVALUATEWEIGHT_H
#define HAGANE_CODEGEN_MODULE_EVALUATEWEIGHT_H

#include "dialects/kernel/KernelOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace hagane::codegen {

/// Takes the bytes of a constant piece by piece, from front to back.
using WeightSink = llvm::function_ref<void(const char *bytes, uint64_t size)>;

/// Computes the tensor that a `kernel.global` stands for, in pieces of about
/// `pieceBytes`, so that weights of any size pass through little memory. What
/// is a constant as it is in the model stays in the mapped file. Errors are
/// diagnostics.
llvm::LogicalResult evaluateWeight(kernel::Global global, int64_t pieceBytes,
                                   WeightSink sink);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_EVALUATEWEIGHT_H
