// A module beside the values that the evaluator gives its operations.
#pragma once

#include "mlir/IR/OwningOpRef.h"
#include "tools/driver/Taps.h"

namespace hagane::driver {

struct Program {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  References references; // of the operations of `main`

  mlir::func::FuncOp main() const { return mainOf(*module); }
  static mlir::func::FuncOp mainOf(mlir::ModuleOp module) {
    return module.lookupSymbol<mlir::func::FuncOp>("main");
  }
};

} // namespace hagane::driver
