//===- DeviceHeaders.h - The device library as text -------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_DEVICEHEADERS_H
#define HAGANE_CODEGEN_CUDA_DEVICEHEADERS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace hagane::cuda {

/// A file that emitted sources include, as "hagane/cuda/entry.cuh".
struct DeviceHeader {
  const char *name, *text;
};

/// All of device/include, by name.
llvm::ArrayRef<DeviceHeader> getDeviceHeaders();

/// Writes them under a folder, which sources then have as an include path.
llvm::Error writeDeviceHeaders(llvm::StringRef folder);

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_DEVICEHEADERS_H
