// libFuzzer target of the importer, protobuf and text, and the conversion.
#include "frontend/Import.h"
#include "test/fuzz/Pipeline.h"

using namespace hagane;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  frontend::ImportOptions options;
  options.weightless = true;
  options.maxSparseBytes = 1 << 20;
  options.maxNodes = 1 << 12;
  auto module = frontend::importModel(
      &test::quietContext(), llvm::MemoryBuffer::getMemBufferCopy(bytes),
      "none/model.onnx", options);
  if (module)
    test::runPhases(*module, driver::Phase::Convert);
  return 0;
}
