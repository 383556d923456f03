// Prints the onnx dialect of a model: hagane-import-onnx MODEL [options of the
// printer].
#include "frontend/Import.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

static llvm::cl::opt<std::string> path(llvm::cl::Positional, llvm::cl::Required,
                                       llvm::cl::desc("MODEL"));
static llvm::cl::opt<bool>
    weightless("weightless",
               llvm::cl::desc("accept models whose weights are missing"));

static llvm::cl::opt<bool>
    noResources("no-resources",
                llvm::cl::desc("print the names of operations and the types "
                               "of their results only"));

int main(int argc, char **argv) {
  mlir::registerAsmPrinterCLOptions();
  llvm::cl::ParseCommandLineOptions(
      argc, argv, "Prints an ONNX model in the onnx dialect\n");
  mlir::MLIRContext context;
  context.disableMultithreading();
  llvm::SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler handler(sources, &context);
  hagane::frontend::ImportOptions options;
  options.weightless = weightless;
  auto module = hagane::frontend::importModel(&context, path, options);
  if (!module)
    return 1;
  // The printer writes out a resource before it elides it, so a huge one must
  // not reach it.
  if (!noResources)
    module->print(llvm::outs());
  else
    module->walk([](mlir::Operation *op) {
      llvm::outs() << op->getName();
      for (mlir::Type type : op->getResultTypes())
        llvm::outs() << " " << type;
      llvm::outs() << "\n";
    });
  return 0;
}
