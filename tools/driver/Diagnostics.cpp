#include "tools/driver/Diagnostics.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace hagane::driver;

/// The place in a file; line 0 is all of it.
static void describeFile(FileLineColLoc file, raw_ostream &stream) {
  stream << file.getFilename().getValue() << ":";
  if (file.getLine() != 0)
    stream << file.getLine() << ":" << file.getColumn() << ":";
  stream << " ";
}

/// The node's name, or the place in a file.
static std::string describe(Location location) {
  std::string text;
  location->walk([&](Location part) {
    llvm::raw_string_ostream stream(text);
    if (auto name = dyn_cast<NameLoc>(part))
      stream << "node '" << name.getName().getValue() << "': ";
    else if (auto file = dyn_cast<FileLineColLoc>(part))
      describeFile(file, stream);
    return text.empty() ? WalkResult::advance() : WalkResult::interrupt();
  });
  return text;
}

/// What the exporter told of the node: its module path or stack.
static void printScope(Location location, raw_ostream &stream) {
  location->walk([&](Location part) {
    auto fused = dyn_cast<FusedLoc>(part);
    auto metadata =
        fused ? dyn_cast_or_null<DictionaryAttr>(fused.getMetadata()) : nullptr;
    if (!metadata)
      return WalkResult::advance();
    for (NamedAttribute entry : metadata)
      if (auto value = dyn_cast<StringAttr>(entry.getValue()))
        stream << "  " << entry.getName().getValue() << ": " << value.getValue()
               << "\n";
    return WalkResult::interrupt();
  });
}

static llvm::StringRef nameOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Note:
    return "note";
  }
  llvm_unreachable("covered switch");
}

static void print(Diagnostic &diagnostic, llvm::StringRef indent,
                  raw_ostream &stream) {
  stream << indent << nameOf(diagnostic.getSeverity()) << ": "
         << describe(diagnostic.getLocation()) << diagnostic.str() << "\n";
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext *context, bool verbose,
                                     DiagnosticFn sink)
    : handler(context, [verbose,
                        sink = std::move(sink)](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Remark && !verbose)
          return success();
        std::string text;
        llvm::raw_string_ostream stream(text);
        print(diagnostic, "hagane: ", stream);
        printScope(diagnostic.getLocation(), stream);
        for (Diagnostic &note : diagnostic.getNotes())
          print(note, "  ", stream);
        if (sink)
          sink(text);
        else
          llvm::errs() << text;
        return success();
      }) {
  // The operation's IR helps who reads IR; the message names the node.
  context->printOpOnDiagnostic(verbose);
}
