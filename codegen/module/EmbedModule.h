//===- EmbedModule.h - Modules as object files ------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_EMBEDMODULE_H
#define HAGANE_CODEGEN_MODULE_EMBEDMODULE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace hagane::codegen {

struct EmbedOptions {
  std::string triple; // of the object
  std::string symbol; // what programs call the module
  bool shared = false;
  /// Weights of more bytes than this stay in a module file beside the output.
  uint64_t limit = 0;
};

/// The C identifier a model's file name gives: its stem, with underscores for
/// what C does not allow.
std::string symbolFor(llvm::StringRef path);

/// Makes the module file part of an object or a shared library at `path`, and
/// writes the C header that declares it beside. The object holds the file's
/// bytes read-only, its code once more as instructions, and a descriptor for
/// hgn_module_open_embedded. If the weights stay outside, `module` is renamed
/// to `path` with the ending .hgn.
llvm::Error embedModule(const std::string &module, const std::string &path,
                        const EmbedOptions &options);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_EMBEDMODULE_H
