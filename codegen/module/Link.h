//===- Link.h - From objects to a flat image --------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_LINK_H
#define HAGANE_CODEGEN_MODULE_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace hagane::codegen {

/// Links objects to a shared library that exports the two entry points only.
llvm::Expected<std::string> linkShared(llvm::ArrayRef<std::string> objects);

/// Links one object to a shared library that exports all it defines.
llvm::Error linkLibrary(const std::string &object, const std::string &path);

/// What the runtime maps: the load image as one range of bytes.
struct CodeImage {
  std::vector<uint8_t> bytes;
  uint64_t planEntry = 0;
  uint64_t runEntry = 0;
  struct Function {
    uint64_t offset = 0, size = 0;
  };
  llvm::StringMap<Function> functions; ///< kernels' own, by the kernel's name
};

/// Flattens a shared library. Fails if it needs a loader: dynamic relocations,
/// undefined symbols or writable data.
llvm::Expected<CodeImage> flattenImage(llvm::StringRef shared);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_LINK_H
