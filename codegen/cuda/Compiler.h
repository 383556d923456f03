//===- Compiler.h - What makes images of CUDA C++ ---------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_COMPILER_H
#define HAGANE_CODEGEN_CUDA_COMPILER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace hagane::cuda {

/// A source that includes nothing but the device library.
struct Source {
  std::string name; ///< without ending: a kernel's
  std::string text;
};

using Bytes = std::vector<uint8_t>;

/// One installed compiler. May be used by several threads at once.
class Compiler {
public:
  virtual ~Compiler() = default;
  /// What decides, with the sources, what comes out: name, version, options.
  virtual std::string getIdentity() const = 0;
  /// The image for a device ("sm_90a"), or an error that holds the whole log.
  virtual llvm::Expected<Bytes> compile(const Source &source,
                                        llvm::StringRef sm) = 0;
};

enum class CompilerKind {
  Nvrtc,
  Nvcc,
  Emulator, ///< a shared object for this machine's processor
  None,     ///< sources are all that is wanted
};

/// By the names of `--cuda-compiler`.
struct CompilerRow {
  CompilerKind kind;
  llvm::StringLiteral name;
  /// Fails, naming the places looked at, if it is not installed. Null: none.
  llvm::Expected<std::unique_ptr<Compiler>> (*open)();
};
llvm::ArrayRef<CompilerRow> getCompilers();

llvm::Expected<std::unique_ptr<Compiler>> openNvrtc();
llvm::Expected<std::unique_ptr<Compiler>> openNvcc();
llvm::Expected<std::unique_ptr<Compiler>> openEmulator();

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_COMPILER_H
