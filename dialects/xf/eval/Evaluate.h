//===- Evaluate.h - What each xf operation means ----------------*- C++ -*-===//
//
// The reference definition of every xf operation on host tensors: plain and
// obviously right rather than fast, sharing no code with the lowering.
//
// Precision. Elements are computed in double and rounded once to the result's
// element type. Sums (contractions, reductions, statistics) are accumulated in
// double in index order and rounded once. Integers are exact and wrap.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_EVAL_EVALUATE_H
#define HAGANE_DIALECTS_XF_EVAL_EVALUATE_H

#include "dialects/xf/eval/HostTensor.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringMap.h"
#include <limits>

namespace hagane::xf::eval {

struct EvaluateOptions {
  /// Values of the module's symbols, for attributes of symbolic dimensions.
  const llvm::StringMap<int64_t> *symbols = nullptr;
  /// Results larger than this are an error.
  int64_t maxResultBytes = std::numeric_limits<int64_t>::max();
};

/// Computes the results of one xf operation. `operands` are in the order of
/// the operation's operands. Whatever is wrong with the values (an index out
/// of range, shapes that do not fit, an unknown symbol) is an error.
llvm::Error evaluate(mlir::Operation *op, llvm::ArrayRef<HostTensor> operands,
                     const EvaluateOptions &options,
                     llvm::SmallVectorImpl<HostTensor> &results);

/// Whether `evaluate` knows the operation.
bool canEvaluate(mlir::Operation *op);

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_EVALUATE_H
