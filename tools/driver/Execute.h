// Compiles a module of formed kernels for this machine and runs it once.
#pragma once

#include "codegen/cpu/Target.h"
#include "dialects/xf/eval/HostTensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "tools/hagane/CompileOptions.h"

namespace hagane::driver {

/// Arguments of `main` from the options' npz file, or random ones of the sizes
/// that the options give to symbols. Fails with a diagnostic.
llvm::FailureOr<llvm::SmallVector<xf::eval::HostTensor>>
makeArguments(mlir::ModuleOp module, const BisectOptions &options);

/// The results of `main`. `module` is the outcome of the kernels phase and is
/// consumed; the code goes through a temporary module file and the runtime, as
/// a user's would. Fails with a diagnostic.
llvm::FailureOr<llvm::SmallVector<xf::eval::HostTensor>>
compileAndRun(mlir::ModuleOp module, const cpu::Target &target,
              llvm::ArrayRef<xf::eval::HostTensor> arguments);

/// Writes tensors as an npz file; `module` is where a failure is reported.
llvm::LogicalResult writeTensors(mlir::ModuleOp module, const std::string &path,
                                 llvm::ArrayRef<std::string> names,
                                 llvm::ArrayRef<xf::eval::HostTensor> tensors);

} // namespace hagane::driver
