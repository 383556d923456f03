// Prints diagnostics for people: the ONNX node first, the exporter's scope
// after it.
#pragma once

#include "mlir/IR/Diagnostics.h"
#include "tools/hagane/CompileOptions.h"

namespace hagane::driver {

class DiagnosticPrinter {
public:
  /// Remarks are printed if `verbose`. An empty `sink` means standard error.
  DiagnosticPrinter(mlir::MLIRContext *context, bool verbose,
                    DiagnosticFn sink = {});

private:
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace hagane::driver
