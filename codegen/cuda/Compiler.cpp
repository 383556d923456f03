//===- Compiler.cpp - What makes images of CUDA C++ -----------------------===//

#include "codegen/cuda/Compiler.h"

using namespace hagane::cuda;

static constexpr CompilerRow kCompilers[] = {
    {CompilerKind::Nvrtc, "nvrtc", openNvrtc},
    {CompilerKind::Nvcc, "nvcc", openNvcc},
    {CompilerKind::Emulator, "emulator", openEmulator},
    {CompilerKind::None, "none", nullptr},
};

llvm::ArrayRef<CompilerRow> hagane::cuda::getCompilers() { return kCompilers; }
