// Compiles a module of formed kernels for this machine and runs it.
#pragma once

#include "codegen/cpu/Target.h"
#include "dialects/xf/eval/HostTensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "tools/hagane/CompileOptions.h"
#include <map>
#include <memory>

struct hgn_module;

namespace hagane::driver {

/// Arguments of `main` from the options' npz file, or random ones of the sizes
/// that the options give to symbols. Fails with a diagnostic.
llvm::FailureOr<llvm::SmallVector<xf::eval::HostTensor>>
makeArguments(mlir::ModuleOp module, const BisectOptions &options);

/// The context of generated inputs: large enough for caches and more than one
/// query.
inline constexpr int64_t kCheckedContext = 5;

/// Arguments of `main` from an npz file, or, if that is "", random ones that
/// any model takes: tokens, positions and masks are 0 and 1. Fails with a
/// diagnostic.
llvm::FailureOr<llvm::SmallVector<xf::eval::HostTensor>>
makeArgumentsAt(mlir::ModuleOp module,
                const std::map<std::string, int64_t> &sizes,
                const std::string &inputs);

/// A compiled module; its code goes through a temporary module file and the
/// runtime, as a user's would.
class Executable {
public:
  /// `module` is the outcome of the kernels phase and is consumed, but stays
  /// the place of diagnostics. Fails with a diagnostic.
  static llvm::FailureOr<Executable> compile(mlir::ModuleOp module,
                                             const cpu::Target &target);
  /// The module file that was compiled from `module`, whose results are those
  /// of `main`; it may be removed afterwards. Fails with a diagnostic.
  static llvm::FailureOr<Executable> open(llvm::StringRef path,
                                          mlir::ModuleOp module);
  /// The results of `main`. Fails with a diagnostic.
  llvm::FailureOr<llvm::SmallVector<xf::eval::HostTensor>>
  run(llvm::ArrayRef<xf::eval::HostTensor> arguments) const;

private:
  explicit Executable(mlir::ModuleOp module) : module(module) {}
  static llvm::FailureOr<Executable>
  open(llvm::StringRef path, mlir::ModuleOp module,
       llvm::SmallVector<mlir::Type> elements);

  mlir::ModuleOp module;
  std::shared_ptr<hgn_module> file;
  llvm::SmallVector<mlir::Type> elements; // of the results
};

/// Compiles a module for one run.
llvm::FailureOr<llvm::SmallVector<xf::eval::HostTensor>>
compileAndRun(mlir::ModuleOp module, const cpu::Target &target,
              llvm::ArrayRef<xf::eval::HostTensor> arguments);

/// Writes tensors as an npz file; `module` is where a failure is reported.
llvm::LogicalResult writeTensors(mlir::ModuleOp module, const std::string &path,
                                 llvm::ArrayRef<std::string> names,
                                 llvm::ArrayRef<xf::eval::HostTensor> tensors);

} // namespace hagane::driver
