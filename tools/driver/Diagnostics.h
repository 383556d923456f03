// Prints diagnostics for people: the ONNX node first, the exporter's scope
// after it.
#pragma once

#include "mlir/IR/Diagnostics.h"

namespace hagane::driver {

class DiagnosticPrinter {
public:
  /// Remarks are printed if `verbose`.
  DiagnosticPrinter(mlir::MLIRContext *context, bool verbose);

private:
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace hagane::driver
