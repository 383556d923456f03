// libFuzzer target of the parsers, verifiers and passes behind IR as text.
// Whole tokens change places as well as bytes, so that more of it parses.
#include "dialects/kernel/KernelOps.h"
#include "dialects/onnx/OnnxDialect.h"
#include "dialects/text/ReadText.h"
#include "mlir/Parser/Parser.h"
#include "test/fuzz/Pipeline.h"
#include <cstring>
#include <random>

using namespace hagane;

/// The first phase that has work to do. Unlike a model, a seed may lack `main`.
static driver::Phase findStart(mlir::ModuleOp module) {
  driver::Phase start = driver::Phase::Shapes;
  module.walk([&](mlir::Operation *op) {
    if (mlir::isa_and_nonnull<onnx::OnnxDialect>(op->getDialect()))
      start = driver::Phase::Convert;
    else if (mlir::isa<kernel::Launch>(op))
      start = driver::Phase::Lower;
    else if (mlir::isa<kernel::KernelOpInterface>(op))
      start =
          llvm::any_of(op->getOperandTypes(), llvm::IsaPred<mlir::MemRefType>)
              ? driver::Phase::Outline
              : driver::Phase::Bufferize;
  });
  return start;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  auto module = parseModule(&test::quietContext(), text, "input");
  if (!module)
    return 0;
  // What parses prints, and what is printed parses.
  std::string printed;
  llvm::raw_string_ostream(printed) << *module;
  if (!mlir::parseSourceString<mlir::ModuleOp>(
          printed, mlir::ParserConfig(&test::quietContext())))
    __builtin_trap();
  test::runPhases(*module, findStart(*module));
  return 0;
}

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

/// The token at or after `at`: [begin, end).
static std::pair<size_t, size_t> tokenAt(llvm::StringRef text, size_t at) {
  size_t begin = text.find_first_not_of(" \n", at);
  if (begin == llvm::StringRef::npos)
    return {text.size(), text.size()};
  size_t end = begin;
  while (end < text.size() && (llvm::isAlnum(text[end]) ||
                               llvm::StringRef("_.%@#!").contains(text[end])))
    ++end;
  return {begin, std::max(end, begin + 1)};
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned seed) {
  std::minstd_rand random(seed);
  if (size < 8 || random() % 3 == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::string text(reinterpret_cast<const char *>(data), size);
  auto [from, fromEnd] = tokenAt(text, random() % size);
  auto [to, toEnd] = tokenAt(text, random() % size);
  std::string token = text.substr(from, fromEnd - from);
  static const char *const kNumbers[] = {
      "0", "1", "-1", "7", "4294967296", "9223372036854775807"};
  if (random() % 3 == 0)
    token = kNumbers[random() % std::size(kNumbers)];
  text.replace(to, toEnd - to, token);
  size = std::min(text.size(), maxSize);
  std::memcpy(data, text.data(), size);
  return size;
}
