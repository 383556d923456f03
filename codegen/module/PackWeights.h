//===- PackWeights.h - Matrices in panels -----------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_PACKWEIGHTS_H
#define HAGANE_CODEGEN_MODULE_PACKWEIGHTS_H

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/eval/HostTensor.h"

namespace hagane::codegen {

/// What `kernel.pack` means: columns of [k, n] matrices ([n, k] if
/// `transposed`) in zero-padded panels. There is a matrix per group, and all
/// have equal sizes. Uses the context's threads.
llvm::Expected<xf::eval::HostTensor>
packPanels(mlir::MLIRContext *context,
           llvm::ArrayRef<xf::eval::HostTensor> matrices,
           kernel::PackedForm form);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_PACKWEIGHTS_H
