// Language server for textual IR of our dialects (completion, diagnostics, go
// to definition).
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "tools/lib/Register.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  hagane::registerDialects(registry);
  return mlir::asMainReturnCode(mlir::MlirLspServerMain(argc, argv, registry));
}
