//===- DeviceCode.h - A variant's code for a device -------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_DEVICECODE_H
#define HAGANE_CODEGEN_MODULE_DEVICECODE_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/StringMap.h"
#include <cstdint>
#include <string>
#include <vector>

namespace hagane::codegen {

/// A number that a launch's words tell: value, times the word if it has one.
struct LaunchExtent {
  int32_t word = -1;
  int64_t value = 1;
};

/// What a CUtensorMap of a launch describes; module.fbs says it in full.
struct LaunchMap {
  uint32_t word = 0;
  mlir::Type type;
  std::vector<LaunchExtent> dims, strides;
  std::vector<uint32_t> box;
  uint32_t swizzle = 0;
};

enum class ImageKind { Cubin, Emulated };

/// What a driver loads.
struct DeviceImage {
  std::string name;
  std::vector<uint8_t> bytes;
  ImageKind kind = ImageKind::Cubin;
};

/// How the runtime launches a kernel.
struct DeviceKernel {
  uint32_t image = 0; ///< index in the images
  std::string entry;
  uint32_t threads = 0;
  uint32_t sharedBytes = 0;
  std::vector<LaunchMap> maps;
  std::string source;
};

/// Device code beside a variant's host code.
struct DeviceCode {
  std::string sm; ///< "sm_90a"; empty if the variant is a CPU's
  std::vector<DeviceImage> images;
  llvm::StringMap<DeviceKernel> kernels; ///< by name
};

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_DEVICECODE_H
