#include "dialects/text/ReadText.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace hagane;

namespace {

/// Goes over a text's brackets and strings, without a stack.
class TextLimits {
public:
  TextLimits(MLIRContext *context, llvm::StringRef text, llvm::StringRef name)
      : context(context), rest(text), name(name) {}

  LogicalResult check();

private:
  LogicalResult checkBracket(char c, char previous);
  LogicalResult checkString(llvm::StringRef string);
  InFlightDiagnostic error() {
    return emitError(FileLineColLoc::get(context, name, line, 1));
  }

  static constexpr int kMaxDepth = 200;
  static constexpr uint32_t kMaxAlignment = 4096;

  MLIRContext *context;
  llvm::StringRef rest, name;
  unsigned line = 1;
  int depth = 0;
  /// Behind `{-#`, where strings of digits are resources.
  bool inMetadata = false;
};

} // namespace

/// The parser recurses as deep as brackets nest.
LogicalResult TextLimits::checkBracket(char c, char previous) {
  depth += llvm::StringRef("([{<").contains(c);
  bool isArrow = c == '>' && previous == '-';
  depth -= depth > 0 && !isArrow && llvm::StringRef(")]}>").contains(c);
  if (depth > kMaxDepth)
    return error() << "brackets nest deeper than " << kMaxDepth;
  return success();
}

/// The parser allocates a resource with the alignment in its first four bytes.
LogicalResult TextLimits::checkString(llvm::StringRef string) {
  std::string bytes;
  if (!inMetadata || !string.consume_front("0x") ||
      !llvm::tryGetFromHex(string.take_front(8), bytes) || bytes.size() != 4)
    return success();
  uint32_t alignment = llvm::support::endian::read32le(bytes.data());
  if (alignment > kMaxAlignment)
    return error() << "found a resource aligned to " << alignment
                   << " bytes, expected at most " << kMaxAlignment;
  return success();
}

LogicalResult TextLimits::check() {
  for (char previous = 0; !rest.empty(); rest = rest.drop_front()) {
    char c = rest.front();
    if (rest.starts_with("//")) {
      rest = rest.drop_until([](char c) { return c == '\n'; });
      if (rest.empty())
        break;
      c = '\n';
    } else if (c == '"') {
      size_t end = 1;
      while (end < rest.size() && rest[end] != '"' && rest[end] != '\n')
        end += rest[end] == '\\' ? 2 : 1;
      end = std::min(end, rest.size() - 1);
      if (failed(checkString(rest.slice(1, end))))
        return failure();
      rest = rest.drop_front(end);
      c = rest.front();
    }
    line += c == '\n';
    inMetadata |= rest.starts_with("{-#");
    if (failed(checkBracket(c, previous)))
      return failure();
    previous = c;
  }
  return success();
}

static LogicalResult checkText(MLIRContext *context,
                               llvm::MemoryBufferRef buffer) {
  if (isBytecode(buffer))
    return emitError(
               FileLineColLoc::get(context, buffer.getBufferIdentifier(), 1, 1))
           << "found MLIR bytecode, expected IR as text";
  return TextLimits(context, buffer.getBuffer(), buffer.getBufferIdentifier())
      .check();
}

static OwningOpRef<ModuleOp>
parseBuffer(MLIRContext *context, std::unique_ptr<llvm::MemoryBuffer> buffer) {
  if (failed(checkText(context, *buffer)))
    return {};
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  return parseSourceFile<ModuleOp>(sources, ParserConfig(context));
}

OwningOpRef<ModuleOp> hagane::readModule(MLIRContext *context,
                                         llvm::StringRef path) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(path, &message);
  if (!buffer) {
    emitError(UnknownLoc::get(context)) << message;
    return {};
  }
  return parseBuffer(context, std::move(buffer));
}

OwningOpRef<ModuleOp> hagane::parseModule(MLIRContext *context,
                                          llvm::StringRef text,
                                          llvm::StringRef name) {
  return parseBuffer(context, llvm::MemoryBuffer::getMemBufferCopy(text, name));
}
