// Results of kernels and operations made visible, and what they should be.
#pragma once

#include "dialects/xf/eval/HostTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace hagane::driver {

/// What the evaluator computed for each value of `main`, in program order.
using References = llvm::MapVector<mlir::Value, xf::eval::HostTensor>;

/// The greatest difference of two tensors of as many elements.
struct Difference {
  double absolute = 0;
  double relative = 0;
  bool isTolerable = true;
};

/// A result of a kernel that `main` returns as well.
struct Tap {
  std::string kind; // of the kernel
  mlir::Location location;
};

/// Makes `main` return the result of each kernel, after its own results.
llvm::SmallVector<Tap> tapKernels(mlir::func::FuncOp main);

/// Makes `main` return more values.
void appendResults(mlir::func::FuncOp main, llvm::ArrayRef<mlir::Value> values);

/// The ONNX nodes that a location names, in order.
llvm::SetVector<mlir::StringAttr> nodeNames(mlir::Location location);

/// The ONNX node that a location stands for; empty if it names none. A fused
/// kernel's is its last node, which makes its result.
std::string nodeName(mlir::Location location);

/// With `anyForNan`, anything agrees with a NaN that is wanted.
Difference compare(const xf::eval::HostTensor &got,
                   const xf::eval::HostTensor &want, double absTolerance,
                   double relTolerance, bool anyForNan = false);

/// The values that a kernel's result may stand for: those of its nodes, and
/// what elementwise operations and data movement make of them, as a kernel may
/// have absorbed its neighbours.
llvm::SmallVector<mlir::Value> findCandidates(mlir::Location kernel,
                                              const References &references,
                                              mlir::Type element,
                                              int64_t count);

} // namespace hagane::driver
