//===- Compile.h - Images of emitted sources --------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_COMPILE_H
#define HAGANE_CODEGEN_CUDA_COMPILE_H

#include "codegen/cuda/Compiler.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace hagane::cuda {

/// Where images of sources that were compiled before are kept: HAGANE_CACHE,
/// else a folder of the user's caches; "": nowhere.
std::string getCacheFolder();

struct CompileSettings {
  std::string cache;    ///< a folder, which may not exist yet; "": none
  unsigned threads = 0; ///< 0: as many as there are cores
};

/// The images of the sources, in their order, compiled in parallel. Equal
/// sources that the same compiler has seen come from the cache. Fails with the
/// compiler's log of the first source that does not compile, which is then
/// kept with the headers in a folder that the message names.
llvm::Expected<std::vector<Bytes>>
compileSources(Compiler &compiler, llvm::ArrayRef<Source> sources,
               llvm::StringRef sm, const CompileSettings &settings,
               llvm::function_ref<void(size_t done)> progress = {});

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_COMPILE_H
