// Weights that a model keeps in files of their own.
#pragma once

#include "frontend/ModelFile.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

namespace hagane::frontend {

/// Maps the files that a model's tensors name, each once, and only inside the
/// model's folder.
class ExternalData {
public:
  explicit ExternalData(llvm::StringRef modelPath);

  /// The file at `location`, which is relative to the model's folder. A null
  /// mapping means that there is no such file. Refused with an error: absolute
  /// paths, `..`, and links that lead out of the folder (or, where the model
  /// itself is a link, out of its target's folder).
  llvm::Expected<FileMapping> open(llvm::StringRef location);

private:
  bool isInside(llvm::StringRef realPath) const;

  llvm::SmallString<128> folder;
  /// Real paths under which files may lie.
  llvm::SmallVector<std::string, 2> roots;
  llvm::StringMap<FileMapping> mappings;
};

} // namespace hagane::frontend
