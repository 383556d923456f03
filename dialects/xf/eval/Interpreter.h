//===- Interpreter.h - Runs functions by the evaluator ----------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_INTERPRETER_H
#define HAGANE_DIALECTS_XF_EVAL_INTERPRETER_H

#include "dialects/xf/eval/HostTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include <functional>

namespace hagane::xf::eval {

struct InterpreterOptions {
  /// Called after each operation with its results, in program order and once
  /// per execution; failure stops the run. Bisection taps values here.
  std::function<llvm::LogicalResult(mlir::Operation *,
                                    llvm::ArrayRef<HostTensor>)>
      afterOp;
};

/// Values of the module's symbols, read off the shapes of a function's
/// arguments by their `xf.dims` attributes. Emits an error where an argument
/// has another element type, rank or size than the function states.
llvm::FailureOr<llvm::StringMap<int64_t>>
bindSymbols(mlir::func::FuncOp function, llvm::ArrayRef<HostTensor> arguments);

/// Runs a function made of xf operations, upstream control flow (scf), calls,
/// and scalar arith and tensor operations. Scalars are tensors of rank 0.
/// Frees each value after its last use. Errors are diagnostics at the
/// operation that failed.
llvm::FailureOr<llvm::SmallVector<HostTensor>>
interpret(mlir::func::FuncOp function, llvm::ArrayRef<HostTensor> arguments,
          const InterpreterOptions &options = {});

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_INTERPRETER_H
