// Which product is quantized how, so that a model keeps within a budget.
#pragma once

#include "tools/driver/QuantizeMeasure.h"

namespace hagane::driver {

/// What a quantized model may cost.
struct Budget {
  double error = -1;  // of the judged output, relative; negative: any
  int64_t bytes = 0;  // of the weights of products; 0: any
  double seconds = 0; // predicted for a run; 0: any
};

/// Predicts the seconds of a run with choices for all products. Fails with a
/// diagnostic.
using PredictFn =
    llvm::function_ref<llvm::FailureOr<double>(llvm::ArrayRef<int> choices)>;

/// A choice for each product that keeps within the budget, with as little error
/// as bytes and time allow or, if those are free, as few bytes as the error
/// allows.
/// Products start with their first way; those whose next way takes off most
/// error per byte take it first, by what each was measured to do alone, until
/// they are as they were. How far that has to go is told by runs of the mix.
/// Fails with a diagnostic that tells what comes nearest.
llvm::FailureOr<Choices>
chooseWithin(const Budget &budget, mlir::ModuleOp fused,
             const MixedModel &mixed, llvm::ArrayRef<Sample> samples,
             int64_t runs, PredictFn predict, MeasureProgress progress);

} // namespace hagane::driver
