// A module beside the values that the evaluator gives its operations.
#pragma once

#include "mlir/IR/OwningOpRef.h"
#include "tools/driver/Taps.h"

namespace hagane::driver {

struct Program {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  References references; // of the operations of `main`

  /// The results of `main`; its operations' become the references. Fails with a
  /// diagnostic.
  llvm::FailureOr<llvm::SmallVector<xf::eval::HostTensor>>
  evaluate(llvm::ArrayRef<xf::eval::HostTensor> arguments);

  mlir::func::FuncOp main() const { return mainOf(*module); }
  static mlir::func::FuncOp mainOf(mlir::ModuleOp module) {
    return module.lookupSymbol<mlir::func::FuncOp>("main");
  }
};

} // namespace hagane::driver
