// Runs passes on textual IR; the workhorse of the lit tests.
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "tools/lib/Register.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  hagane::registerDialects(registry);
  hagane::registerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Hagane optimizer driver\n", registry));
}
