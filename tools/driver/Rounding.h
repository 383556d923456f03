// What rounding the factors of products costs in accuracy.
#pragma once

#include "codegen/cpu/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "tools/hagane/CompileOptions.h"

namespace hagane::driver {

/// A kernel that takes rounded factors.
struct RoundedKernel {
  std::string kind, nodes; // of ONNX
  double error = -1;       // of its result by then; negative: not known
};

/// Errors are norms relative to those of what is computed in the model's own
/// precision.
struct Rounding {
  std::string factors; // their type
  std::vector<RoundedKernel> kernels;
  std::vector<std::pair<std::string, double>> outputs; // of floats, by name
};

/// Runs what the fusion phase made, and the kernels that are made of it, on
/// random data. Without weights, or where random data is none that the model
/// takes, errors are missing. Fails with a diagnostic.
llvm::FailureOr<Rounding> measureRounding(mlir::ModuleOp fused,
                                          const cpu::Target &target,
                                          const CompileOptions &options);

} // namespace hagane::driver
