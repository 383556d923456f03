//===- Interpreter.h - Runs functions by the evaluator ----------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_INTERPRETER_H
#define HAGANE_DIALECTS_XF_EVAL_INTERPRETER_H

#include "dialects/xf/eval/Evaluate.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <functional>

namespace hagane::xf::eval {

struct InterpreterOptions {
  /// Called after each operation with its results, in program order and once
  /// per execution; failure stops the run. Bisection taps values here.
  std::function<llvm::LogicalResult(mlir::Operation *,
                                    llvm::ArrayRef<HostTensor>)>
      afterOp;
  /// Computes operations of dialects other than xf, arith and tensor.
  std::function<llvm::Error(mlir::Operation *, llvm::ArrayRef<HostTensor>,
                            const EvaluateOptions &,
                            llvm::SmallVectorImpl<HostTensor> &)>
      evaluateOther;
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

/// Runs a region of one block without arguments or symbols; its terminator's
/// operands are the result.
llvm::FailureOr<llvm::SmallVector<HostTensor>>
interpret(mlir::Region &region, const InterpreterOptions &options = {});

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_INTERPRETER_H
