//===- EmitSource.h - Kernels as CUDA C++ -----------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_EMITSOURCE_H
#define HAGANE_CODEGEN_CUDA_EMITSOURCE_H

#include "codegen/cuda/Target.h"
#include "codegen/module/DeviceCode.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace hagane::cuda {

/// One kernel's source and what a launch and a check of it need to know.
struct KernelSource {
  std::string name, text;
  uint32_t threads = 0;
  uint32_t sharedBytes = 0; ///< dynamic
  std::vector<codegen::LaunchMap> maps;
  uint32_t registers = 0; ///< that a thread may use, without spilling
  /// Instructions that the compiled kernel must have, as PTX names them.
  std::vector<std::string> promises;
};

/// Writes the kernel of a function that outlining made (`kernel.body`), whose
/// schedule is one of a GPU. Fails with a diagnostic.
llvm::FailureOr<KernelSource> emitSource(mlir::func::FuncOp function,
                                         const Target &target);

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_EMITSOURCE_H
