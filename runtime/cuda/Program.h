// What a module holds on its device: kernels and weights, shared by its
// sessions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_CUDA_PROGRAM_H
#define HAGANE_RUNTIME_CUDA_PROGRAM_H

#include "Device.h"
#include "Module.h"

namespace hagane::runtime {

struct DeviceProgram {
  explicit DeviceProgram(Device &device) : device(device) {}
  ~DeviceProgram();

  Device &device;
  Array<CUmodule> images;
  Array<CUfunction> kernels; // null: the host's code
  Block weights;

  hgn_status load(const hgn_module &module);

private:
  hgn_status loadImages(const hgn_module &module);
  hgn_status loadImage(const hgn_module &module, uint32_t index);
  hgn_status findKernels(const hgn_module &module);
  hgn_status uploadWeights(const hgn_module &module);
};

// The module's program, made by the first caller.
hgn_status acquireProgram(hgn_module &module, DeviceProgram **out);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_CUDA_PROGRAM_H
