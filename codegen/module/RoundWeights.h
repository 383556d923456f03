//===- RoundWeights.h - Weights in narrower floats --------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_ROUNDWEIGHTS_H
#define HAGANE_CODEGEN_MODULE_ROUNDWEIGHTS_H

#include "dialects/xf/XfOps.h"
#include "dialects/xf/eval/HostTensor.h"

namespace hagane::codegen {

/// Whether a conversion is the common one, from f32 to bf16.
bool roundsToBf16(xf::Cast op);

/// What such a conversion makes of `x`: of all weights of a model, in the time
/// that it takes to read them. Uses the context's threads.
llvm::Expected<xf::eval::HostTensor> roundToBf16(mlir::MLIRContext *context,
                                                 const xf::eval::HostTensor &x);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_ROUNDWEIGHTS_H
