#include "tools/driver/Print.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

/// Large weights give way to what is not printed either: the printer would make
/// text of every byte before it leaves it out.
static void dropWeights(MLIRContext *context) {
  constexpr size_t kPrinted = 16;
  static const char kStub[2 * kPrinted] = {};
  auto &manager = DenseResourceElementsHandle::getManagerInterface(context)
                      .getBlobManager();
  SmallVector<std::string> names;
  manager.getBlobMap([&](const auto &blobs) {
    for (const auto &entry : blobs)
      if (const AsmResourceBlob *blob = entry.second.getBlob();
          blob && blob->getData().size() > kPrinted)
        names.push_back(entry.getKey().str());
  });
  for (const std::string &name : names)
    manager.update(
        name, UnmanagedAsmResourceBlob::allocateInferAlign(ArrayRef(kStub)));
}

std::string hagane::driver::printForReading(Operation *op,
                                            bool showsLocations) {
  dropWeights(op->getContext());
  std::string text;
  llvm::raw_string_ostream stream(text);
  op->print(stream, OpPrintingFlags()
                        .elideLargeElementsAttrs(16)
                        .elideLargeResourceString(16)
                        .enableDebugInfo(showsLocations));
  stream << "\n";
  return text;
}

llvm::StringMap<std::string> hagane::driver::printKernels(ModuleOp module) {
  constexpr int64_t kMostElements = 16;
  OpPrintingFlags flags;
  flags.useLocalScope().assumeVerified().elideLargeElementsAttrs(kMostElements);
  flags.elideLargeResourceString(kMostElements);
  llvm::StringMap<std::string> texts;
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr("kernel.body")) {
      llvm::raw_string_ostream stream(texts[function.getName()]);
      function->print(stream, flags);
    }
  return texts;
}
