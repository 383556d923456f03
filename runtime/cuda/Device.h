// Devices, their contexts and their memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_CUDA_DEVICE_H
#define HAGANE_RUNTIME_CUDA_DEVICE_H

#include "Backend.h"
#include "Driver.h"
#include "Memory.h"

namespace hagane::runtime {

// Opened once and kept: its primary context is shared with other libraries.
struct Device {
  const Driver *driver = nullptr;
  CUdevice handle = 0;
  CUcontext context = nullptr;
  int major = 0, minor = 0;
  char label[160] = {};

  // The device's own memory, and the host's that it copies from at full speed.
  struct DeviceSpace : Space {
    const Device *device;
  };
  DeviceSpace memory = {}, pinned = {};
};

// Makes the device's context the thread's, for a scope.
class Current {
public:
  explicit Current(const Device &device) : driver(*device.driver) {
    result = driver.cuCtxPushCurrent(device.context);
  }
  ~Current() {
    CUcontext popped;
    if (result == CUDA_SUCCESS)
      driver.cuCtxPopCurrent(&popped);
  }
  Current(const Current &) = delete;
  Current &operator=(const Current &) = delete;

private:
  const Driver &driver;
  CUresult result;
};

// Refuses what is more than the device has free, before it is allocated; parts
// tells what it is for.
hgn_status checkFree(const Device &device, uint64_t bytes, const char *parts);

inline CUdeviceptr address(const void *memory) {
  return reinterpret_cast<CUdeviceptr>(memory);
}

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_CUDA_DEVICE_H
