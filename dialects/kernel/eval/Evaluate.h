//===- Evaluate.h - What each kernel means ----------------------*- C++ -*-===//
//
// The reference definition of every kernel on host tensors, from the text of
// its operation and sharing no code with what forms or lowers kernels.
//
// Precision. Regions compute each operation in double and round it to its
// type. Sums are accumulated in double in index order and rounded once, those
// of products of codes with integers in f32, block by block, as the operation
// says. Integers are exact and wrap.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_KERNEL_EVAL_EVALUATE_H
#define HAGANE_DIALECTS_KERNEL_EVAL_EVALUATE_H

#include "dialects/xf/eval/Interpreter.h"

namespace hagane::kernel::eval {

/// `xf::eval::interpret` of a function that also holds kernels on tensors and
/// the constants of its module.
llvm::FailureOr<llvm::SmallVector<xf::eval::HostTensor>>
interpret(mlir::func::FuncOp function,
          llvm::ArrayRef<xf::eval::HostTensor> arguments,
          xf::eval::InterpreterOptions options = {});

} // namespace hagane::kernel::eval

#endif // HAGANE_DIALECTS_KERNEL_EVAL_EVALUATE_H
