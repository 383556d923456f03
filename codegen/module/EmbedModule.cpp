//===- EmbedModule.cpp - Modules as object files --------------------------===//

#include "codegen/module/EmbedModule.h"
#include "codegen/module/Link.h"
#include "codegen/module/ObjectFile.h"
#include "codegen/module/OutputFile.h"
#include "runtime/ModuleFormat.h"
#include "runtime/module_generated.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

using namespace hagane;
using namespace hagane::codegen;
using llvm::Error;
using llvm::StringRef;
namespace path = llvm::sys::path;

std::string hagane::codegen::symbolFor(StringRef file) {
  std::string name = path::stem(file).str();
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  if (name.empty() || llvm::isDigit(name.front()))
    name.insert(0, "model_");
  return name;
}

static std::string withEnding(StringRef file, StringRef ending) {
  llvm::SmallString<128> result(file);
  path::replace_extension(result, ending);
  return result.str().str();
}

static std::string headerText(StringRef symbol) {
  std::string guard = "HAGANE_MODEL_" + symbol.upper() + "_H";
  std::string text;
  llvm::raw_string_ostream(text)
      << "/* Made by hagane compile. */\n#ifndef " << guard << "\n#define "
      << guard << "\n\n#include <hagane/runtime.h>\n\n"
      << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
      << "/* For hgn_module_open_embedded. */\n"
      << "extern const hgn_embedded_module " << symbol << ";\n\n"
      << "#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return text;
}

namespace {

/// Where the parts of a module file are.
struct FileParts {
  StringRef code;
  uint64_t codeOffset = 0;
  uint64_t weightsOffset = 0;
  uint64_t weightsSize = 0;
};

} // namespace

/// The file was just written by writeModule.
static FileParts findParts(StringRef bytes) {
  const format::Module *module =
      format::GetModule(bytes.data() + sizeof(format::Preamble));
  FileParts parts;
  parts.weightsOffset = module->weights_offset();
  parts.weightsSize = module->weights_size();
  uint64_t end = 0;
  parts.codeOffset = bytes.size();
  for (const format::Code *code : *module->codes()) {
    parts.codeOffset = std::min(parts.codeOffset, code->offset());
    end = std::max(end, code->offset() + code->size());
  }
  parts.code = bytes.slice(parts.codeOffset, end);
  return parts;
}

static Error writeEmbedding(const std::string &file, const llvm::Triple &triple,
                            const EmbeddedParts &parts) {
  OutputFile output(file);
  if (Error error = output.open())
    return error;
  writeObject(output.getStream(), triple, parts);
  return output.keep();
}

/// By way of an object that goes again. `module` holds the parts, and is let go
/// of before the linker maps both the object and the library.
static Error writeLibrary(const std::string &file, const llvm::Triple &triple,
                          const EmbeddedParts &parts,
                          std::unique_ptr<llvm::MemoryBuffer> module) {
  llvm::SmallString<128> object;
  int descriptor = -1;
  if (Error error = createTemporary(file, ".o.tmp", object, descriptor))
    return error;
  llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
  llvm::scope_exit cleanUp([&] {
    (void)llvm::sys::fs::remove(object);
    llvm::sys::DontRemoveFileOnSignal(object);
  });
  if (Error error = writeEmbedding(object.str().str(), triple, parts))
    return error;
  module.reset();
  return linkLibrary(object.str().str(), file);
}

Error hagane::codegen::embedModule(const std::string &module,
                                   const std::string &file,
                                   const EmbedOptions &options) {
  llvm::Triple triple(options.triple);
  if (!canWriteObject(triple))
    return llvm::createStringError("modules cannot be embedded for '%s'",
                                   options.triple.c_str());
  auto buffer = llvm::MemoryBuffer::getFile(module, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError("cannot read '%s': %s", module.c_str(),
                                   buffer.getError().message().c_str());
  StringRef bytes = (*buffer)->getBuffer();
  FileParts found = findParts(bytes);
  bool outside = found.weightsSize > options.limit;
  std::string beside = withEnding(file, ".hgn");
  std::string name = path::filename(beside).str();
  EmbeddedParts parts;
  parts.data = outside ? bytes.take_front(found.weightsOffset) : bytes;
  if (outside)
    parts.tail = StringRef(name.c_str(), name.size() + 1);
  parts.code = found.code;
  parts.codeOffset = found.codeOffset;
  parts.symbol = options.symbol;
  if (Error error = options.shared
                        ? writeLibrary(file, triple, parts, std::move(*buffer))
                        : writeEmbedding(file, triple, parts))
    return error;
  if (Error error =
          writeFile(withEnding(file, ".h"), headerText(options.symbol))) {
    (void)llvm::sys::fs::remove(file);
    return error;
  }
  if (!outside)
    return Error::success();
  if (std::error_code code = llvm::sys::fs::rename(module, beside))
    return llvm::createStringError("cannot create '%s': %s", beside.c_str(),
                                   code.message().c_str());
  return Error::success();
}
