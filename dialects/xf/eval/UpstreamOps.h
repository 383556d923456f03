//===- UpstreamOps.h - Upstream operations between xf operations *- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_UPSTREAMOPS_H
#define HAGANE_DIALECTS_XF_EVAL_UPSTREAMOPS_H

#include "dialects/xf/eval/HostTensor.h"
#include "mlir/IR/Operation.h"

namespace hagane::xf::eval {

/// Computes an operation of arith as it occurs in shape arithmetic and loop
/// control; an error for all others.
llvm::Expected<HostTensor>
evaluateScalarOp(mlir::Operation *op, llvm::ArrayRef<HostTensor> operands);

/// Computes an operation of the tensor dialect. What `tensor.empty` holds is
/// NaN or a large number, so that nobody can rely on it.
llvm::Expected<HostTensor>
evaluateTensorOp(mlir::Operation *op, llvm::ArrayRef<HostTensor> operands);

/// What is said of an operation that neither knows.
llvm::Error makeUndefinedError(mlir::Operation *op);

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_UPSTREAMOPS_H
