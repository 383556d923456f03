//===- PackWeights.h - Matrices in panels -----------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_PACKWEIGHTS_H
#define HAGANE_CODEGEN_MODULE_PACKWEIGHTS_H

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/eval/HostTensor.h"

namespace hagane::codegen {

/// What `kernel.pack` means: columns of a [k, n] matrix ([n, k] if
/// `transposed`) in zero-padded panels. Uses the context's threads.
llvm::Expected<xf::eval::HostTensor>
packPanels(mlir::MLIRContext *context, const xf::eval::HostTensor &matrix,
           kernel::PackedForm form);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_PACKWEIGHTS_H
