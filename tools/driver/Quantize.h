// Quantization that looks at data: between the fusion phase and kernels.
#pragma once

#include "mlir/IR/OwningOpRef.h"
#include "tools/driver/Calibration.h"
#include "tools/hagane/CompileOptions.h"

namespace hagane::driver {

/// Whether the options ask for more than rules that need no data.
bool looksAtData(const CompileOptions &options);

/// Notes on what quantization did, for the module's provenance.
std::vector<std::string> summarize(const QuantizeReport &report);

/// Quantizes what the fusion phase made of a model, which stays as it is, as
/// the options say: runs it on calibration data, or on random inputs where only
/// a report is asked for, and fills in the report. Fails with a diagnostic.
llvm::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
quantizeWithData(mlir::ModuleOp fused, const CompileOptions &options);

} // namespace hagane::driver
