// Codes of weights by what their products' inputs are like.
#pragma once

#include "tools/driver/Calibration.h"

namespace hagane::driver {

/// Chooses the codes of weights anew whose scheme says so (GPTQ), by the second
/// moments of what their products in `fused` see on calibration data; they
/// become constants of `quantized`. Fails with a diagnostic, also where a
/// product has seen too little.
llvm::LogicalResult
compensateCodes(mlir::ModuleOp fused, mlir::ModuleOp quantized,
                const Calibration &calibration,
                llvm::ArrayRef<Observation> observations,
                const cpu::Target &target, const PhaseOptions &options,
                llvm::function_ref<void(double fraction)> progress);

} // namespace hagane::driver
