// Kernels of a device: from outlined functions to sources, images and folders.
#pragma once

#include "codegen/cuda/Compile.h"
#include "codegen/cuda/EmitSource.h"
#include "codegen/module/DeviceCode.h"
#include "tools/driver/EmitPlan.h"

namespace hagane::driver {

/// A launch of main, for people and tools; sizes are expressions over symbols.
struct LaunchRecord {
  std::string kernel, schedule, items, scratch, flops, bytes;
  std::vector<std::string> nodes;
  std::vector<std::string> operands; ///< their types, in order of the words
};

struct DeviceSources {
  std::string sm;
  std::vector<cuda::KernelSource> kernels;
  std::vector<LaunchRecord> launches; ///< as main names them
};

/// Emits each kernel of a module as the outline phase leaves it.
llvm::FailureOr<DeviceSources> emitSources(mlir::ModuleOp module,
                                           const cuda::Target &device);

/// Compiles them.
llvm::Expected<codegen::DeviceCode>
compileDevice(const DeviceSources &sources, const EmitPlan &plan,
              const CompileOptions &options);

/// Writes a folder that nvcc and CMake alone can build: sources, the device
/// library, the table of launches and a CMakeLists.txt.
llvm::Error writeSources(llvm::ArrayRef<DeviceSources> devices,
                         const std::string &folder);

} // namespace hagane::driver
