// At which sizes a model is looked at.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tools/driver/Report.h"

namespace hagane::driver {

/// Parts of the signature that tell what its symbols mean.
struct Signature {
  explicit Signature(mlir::func::FuncOp main);

  /// The first input of integers: tokens. Null if there is none.
  mlir::ArrayAttr tokens;
  std::string sequence;           // the symbol along which tokens go
  std::vector<std::string> pasts; // lengths of caches
  std::vector<std::string> rest;  // lengths of what covers both
};

/// The points that the options name, or a prefill of the context and the
/// decoding of its last token. Only `name` and `sizes` are set.
llvm::FailureOr<llvm::SmallVector<Point>>
choosePoints(mlir::ModuleOp module, const CompileOptions &options);

} // namespace hagane::driver
