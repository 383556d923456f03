// The library for CPUs alone: it has no devices.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Backend.h"
#include "Status.h"

using namespace hagane::runtime;

hgn_status hagane::runtime::findDevice(const char *name, Device **) {
  return makeStatus(HGN_DEVICE_UNAVAILABLE,
                    "device is '%s', expected 'cpu' or NULL: other devices "
                    "need the CUDA runtime library, libhagane_runtime_cuda",
                    name);
}

const char *hagane::runtime::deviceLabel(const Device &) { return ""; }
bool hagane::runtime::deviceRuns(const Device &, const char *) { return false; }
const Backend &hagane::runtime::deviceBackend() { return kCpuBackend; }
void hagane::runtime::releaseProgram(DeviceProgram *) {}
