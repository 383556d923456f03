//===- ObjectFile.h - Objects made of bytes ---------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_OBJECTFILE_H
#define HAGANE_CODEGEN_MODULE_OBJECTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

namespace hagane::codegen {

/// Whether objects for this architecture can be written.
bool canWriteObject(const llvm::Triple &triple);

/// The parts of an object that holds an embedded module.
struct EmbeddedParts {
  llvm::StringRef data; // read-only, aligned to a page
  llvm::StringRef tail; // text behind the data, with its final zero; or empty
  llvm::StringRef code; // executable, aligned to a page
  uint64_t codeOffset = 0;
  llvm::StringRef symbol; // of the hgn_embedded_module
};

/// Writes an ELF relocatable file. Data and code go straight to the stream: a
/// model's size is never taken in memory.
void writeObject(llvm::raw_ostream &stream, const llvm::Triple &triple,
                 const EmbeddedParts &parts);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_OBJECTFILE_H
