// Ranges of products' inputs, for codes that are the same in every run.
#pragma once

#include "tools/driver/Calibration.h"

namespace hagane::driver {

/// Notes on the products of what the fusion phase made the ranges that the
/// rules need, by calibration data. Fails with a diagnostic if a number that
/// was seen is not finite.
llvm::LogicalResult noteRanges(mlir::ModuleOp fused,
                               llvm::ArrayRef<std::string> rules,
                               const Calibration &calibration,
                               llvm::ArrayRef<Observation> observations,
                               const cpu::Target &target,
                               const PhaseOptions &options);

/// Takes the notes off again.
void eraseRanges(mlir::ModuleOp module);

} // namespace hagane::driver
