// What quantization costs in accuracy, measured.
#pragma once

#include "tools/driver/MixedModel.h"
#include "tools/hagane/QuantizeReport.h"

namespace hagane::driver {

/// Where a model takes text, if it does: the arguments' numbers.
struct TextInput {
  std::optional<unsigned> tokens, mask;
  int64_t vocabulary = 0; // rows of the table that tokens choose
};
TextInput findText(mlir::ModuleOp fused);

/// One sample of random numbers and tokens. Fails with a diagnostic.
llvm::FailureOr<Sample> makeRandomSample(mlir::ModuleOp fused);

/// Told how far the measurement is.
using MeasureProgress = llvm::function_ref<void(double fraction)>;

/// Runs a model as it was and with choices for its products, then with one of
/// those at a time on as many samples as `runs` allow, at least one unless that
/// is 0. Adds what it finds to the report. Fails with a diagnostic.
llvm::LogicalResult measureQuantization(mlir::ModuleOp fused,
                                        const MixedModel &mixed,
                                        llvm::ArrayRef<int> choices,
                                        llvm::ArrayRef<Sample> samples,
                                        int64_t runs, MeasureProgress progress,
                                        QuantizeReport &report);

/// The relative error of the judged output, which is logits or the first, with
/// choices for all products. Fails with a diagnostic.
llvm::FailureOr<double> measureError(mlir::ModuleOp fused,
                                     const MixedModel &mixed,
                                     llvm::ArrayRef<Sample> samples,
                                     llvm::ArrayRef<int> choices);

/// The same with each way of a product alone, on as many samples as `runs`
/// allow. Fails with a diagnostic.
llvm::FailureOr<std::vector<double>>
measureEffects(mlir::ModuleOp fused, const MixedModel &mixed,
               llvm::ArrayRef<Sample> samples, int64_t runs,
               MeasureProgress progress);

} // namespace hagane::driver
