// Scales of channels by what they are used on (AWQ, SmoothQuant).
#pragma once

#include "tools/driver/Calibration.h"

namespace hagane::driver {

/// Scales the channels between products of `fused` and what makes their inputs
/// where the schemes of `trial`, a quantized copy of it, say so; what was
/// observed is changed with them. Fails with a diagnostic, also where a product
/// has seen too little.
llvm::LogicalResult
scaleChannels(mlir::ModuleOp fused, mlir::ModuleOp trial,
              const Calibration &calibration,
              llvm::MutableArrayRef<Observation> observations,
              const cpu::Target &target, const PhaseOptions &options,
              llvm::function_ref<void(double fraction)> progress);

} // namespace hagane::driver
