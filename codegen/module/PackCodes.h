//===- PackCodes.h - Codes of matrices in panels ----------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_PACKCODES_H
#define HAGANE_CODEGEN_MODULE_PACKCODES_H

#include "dialects/kernel/KernelCodes.h"
#include "dialects/xf/eval/HostTensor.h"

namespace hagane::codegen {

/// Some columns of a group: their values, the scales of their blocks and, if
/// each has its own, the zero points.
struct CodedMatrix {
  xf::eval::HostTensor values, scales, zeros;
};

/// What `kernel.pack_codes` means: matrices [k, n] ([n, k] if `transposed`),
/// one per group and all of equal sizes, as panels of bytes. Uses the context's
/// threads.
llvm::Expected<xf::eval::HostTensor>
packCodes(mlir::MLIRContext *context, llvm::ArrayRef<CodedMatrix> groups,
          kernel::CodesAttr codes, bool transposed);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_PACKCODES_H
