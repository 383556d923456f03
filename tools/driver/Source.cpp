#include "tools/driver/Source.h"

#include "dialects/kernel/KernelOps.h"
#include "dialects/onnx/OnnxDialect.h"
#include "dialects/text/ReadText.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

static Phase findStart(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return Phase::Convert;
  auto contains = [&](auto predicate) {
    return main
        .walk([&](Operation *op) {
          return predicate(op) ? WalkResult::interrupt()
                               : WalkResult::advance();
        })
        .wasInterrupted();
  };
  if (contains(llvm::IsaPred<kernel::Launch>))
    return Phase::Lower;
  bool hasBuffers =
      llvm::any_of(main.getArgumentTypes(), llvm::IsaPred<MemRefType>);
  if (contains(llvm::IsaPred<kernel::KernelOpInterface>))
    return hasBuffers ? Phase::Outline : Phase::Bufferize;
  return contains([](Operation *op) {
    return isa_and_nonnull<onnx::OnnxDialect>(op->getDialect());
  })
             ? Phase::Convert
             : Phase::Shapes;
}

OwningOpRef<ModuleOp>
hagane::driver::loadSource(MLIRContext *context, const std::string &path,
                           Phase &start,
                           const frontend::ImportOptions &options) {
  start = Phase::Convert;
  if (!StringRef(path).ends_with(".mlir"))
    return frontend::importModel(context, path, options);
  OwningOpRef<ModuleOp> module = readModule(context, path);
  if (module)
    start = findStart(*module);
  return module;
}

frontend::ImportOptions
hagane::driver::importOptions(const CompileOptions &options) {
  frontend::ImportOptions result;
  result.weightless = options.shapeOnly;
  result.maxNodes = options.limits.nodes;
  result.maxSparseBytes = options.limits.sparseBytes;
  return result;
}

static std::string hashBytes(StringRef bytes) {
  uint64_t hash =
      llvm::xxh3_64bits(ArrayRef(bytes.bytes_begin(), bytes.bytes_end()));
  return "xxh3:" + llvm::utohexstr(hash, /*LowerCase=*/true, /*Width=*/16);
}

llvm::Expected<std::string>
hagane::driver::hashModel(const CompileOptions &options) {
  if (!options.model.empty())
    return hashBytes(options.model);
  auto buffer = llvm::MemoryBuffer::getFile(options.input, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError("cannot read '%s': %s",
                                   options.input.c_str(),
                                   buffer.getError().message().c_str());
  return hashBytes((*buffer)->getBuffer());
}
