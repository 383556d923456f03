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

/// Runs a model as it was and with one way for every product, then with that
/// way for one product at a time on as many samples as `runs` allow, at least
/// one unless that is 0. Adds what it finds to the report. Fails with a
/// diagnostic.
llvm::LogicalResult measureQuantization(mlir::ModuleOp fused,
                                        const MixedModel &mixed,
                                        llvm::ArrayRef<Sample> samples,
                                        int64_t runs, MeasureProgress progress,
                                        QuantizeReport &report);

} // namespace hagane::driver
