//===- ScalarOps.h - Upstream operations between xf operations --*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_SCALAROPS_H
#define HAGANE_DIALECTS_XF_EVAL_SCALAROPS_H

#include "dialects/xf/eval/HostTensor.h"
#include "mlir/IR/Operation.h"

namespace hagane::xf::eval {

/// Computes an operation of arith or tensor as it occurs in shape arithmetic
/// and loop control; an error for all others.
llvm::Error evaluateScalarOp(mlir::Operation *op,
                             llvm::ArrayRef<HostTensor> operands,
                             llvm::SmallVectorImpl<HostTensor> &results);

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_SCALAROPS_H
