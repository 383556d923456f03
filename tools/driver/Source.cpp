#include "tools/driver/Source.h"

#include "dialects/kernel/KernelOps.h"
#include "dialects/onnx/OnnxDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

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

/// The parser recurses as deep as brackets nest.
static LogicalResult checkNesting(MLIRContext *context, StringRef text,
                                  StringRef path) {
  constexpr int kMaxDepth = 200;
  int depth = 0;
  unsigned line = 1;
  bool inString = false, escaped = false;
  char previous = 0;
  for (char c : text) {
    line += c == '\n';
    inString ^= c == '"' && !escaped;
    escaped = inString && c == '\\' && !escaped;
    if (inString)
      continue;
    depth += StringRef("([{<").contains(c);
    bool isArrow = c == '>' && previous == '-';
    depth -= depth > 0 && !isArrow && StringRef(")]}>").contains(c);
    previous = c;
    if (depth > kMaxDepth)
      return emitError(FileLineColLoc::get(context, path, line, 1))
             << "brackets nest deeper than " << kMaxDepth;
  }
  return success();
}

static OwningOpRef<ModuleOp> parseText(MLIRContext *context,
                                       const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (buffer && failed(checkNesting(context, (*buffer)->getBuffer(), path)))
    return {};
  return parseSourceFile<ModuleOp>(path, context);
}

OwningOpRef<ModuleOp>
hagane::driver::loadSource(MLIRContext *context, const std::string &path,
                           Phase &start,
                           const frontend::ImportOptions &options) {
  start = Phase::Convert;
  if (!StringRef(path).ends_with(".mlir"))
    return frontend::importModel(context, path, options);
  OwningOpRef<ModuleOp> module = parseText(context, path);
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
