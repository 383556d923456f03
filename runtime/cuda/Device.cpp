// Finding devices, and taking their memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Device.h"

#include "Futex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

using namespace hagane::runtime;

static constexpr int kMostDevices = 64;

//===--- Memory -----------------------------------------------------------===//

static const Device &deviceOf(const Space &space) {
  return *static_cast<const Device::DeviceSpace &>(space).device;
}

static void *takeMemory(const Space &space, uint64_t bytes) {
  const Device &device = deviceOf(space);
  Current current(device);
  CUdeviceptr memory = 0;
  return device.driver->cuMemAlloc(&memory, bytes) == CUDA_SUCCESS
             ? reinterpret_cast<void *>(memory)
             : nullptr;
}

static void giveMemory(const Space &space, void *memory) {
  Current current(deviceOf(space));
  deviceOf(space).driver->cuMemFree(address(memory));
}

// Waits, so that what follows on any stream finds zeros.
static bool zeroMemory(const Space &space, void *memory, uint64_t bytes) {
  const Driver &driver = *deviceOf(space).driver;
  Current current(deviceOf(space));
  return bytes == 0 || (driver.cuMemsetD8Async(address(memory), 0, bytes,
                                               nullptr) == CUDA_SUCCESS &&
                        driver.cuStreamSynchronize(nullptr) == CUDA_SUCCESS);
}

static void *takePinned(const Space &space, uint64_t bytes) {
  Current current(deviceOf(space));
  void *memory = nullptr;
  return deviceOf(space).driver->cuMemHostAlloc(
             &memory, bytes, CU_MEMHOSTALLOC_PORTABLE) == CUDA_SUCCESS
             ? memory
             : nullptr;
}

static void givePinned(const Space &space, void *memory) {
  Current current(deviceOf(space));
  deviceOf(space).driver->cuMemFreeHost(memory);
}

static bool zeroPinned(const Space &, void *memory, uint64_t bytes) {
  memset(memory, 0, bytes);
  return true;
}

hgn_status hagane::runtime::checkFree(const Device &device, uint64_t bytes,
                                      const char *parts) {
  Current current(device);
  size_t free = 0, total = 0;
  HGN_TRY(device.driver->check(device.driver->cuMemGetInfo(&free, &total),
                               "asking for free device memory"));
  if (bytes <= free)
    return nullptr;
  return makeStatus(HGN_OUT_OF_MEMORY,
                    "%llu bytes of device memory are needed (%s), %zu of the "
                    "%zu of %s are free",
                    static_cast<unsigned long long>(bytes), parts, free, total,
                    device.label);
}

//===--- Devices ----------------------------------------------------------===//

// The number that text behind `prefix` begins with, and what follows it; -1 if
// there is none or it is not below `limit`.
static int numberBehind(const char *prefix, const char *text, int limit,
                        const char **rest) {
  size_t length = strlen(prefix);
  if (strncmp(text, prefix, length) != 0 || text[length] < '0' ||
      text[length] > '9')
    return -1;
  char *end;
  long number = strtol(text + length, &end, 10);
  *rest = end;
  return number < limit ? static_cast<int>(number) : -1;
}

// The number after "cuda:", 0 for "cuda" alone; -1 for another name.
static int ordinalOf(const char *name) {
  const char *rest = "";
  if (strcmp(name, "cuda") == 0)
    return 0;
  int ordinal = numberBehind("cuda:", name, kMostDevices, &rest);
  return *rest == '\0' ? ordinal : -1;
}

static hgn_status describe(Device &device) {
  const Driver &driver = *device.driver;
  char name[100] = "CUDA device";
  driver.cuDeviceGetName(name, sizeof(name), device.handle);
  HGN_TRY(driver.check(
      driver.cuDeviceGetAttribute(&device.major,
                                  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
                                  device.handle),
      "asking a device for its kind"));
  HGN_TRY(driver.check(
      driver.cuDeviceGetAttribute(&device.minor,
                                  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
                                  device.handle),
      "asking a device for its kind"));
  snprintf(device.label, sizeof(device.label), "%s (sm_%d%d)", name,
           device.major, device.minor);
  return nullptr;
}

static hgn_status openDevice(const char *name, int ordinal, Device &device) {
  const Driver &driver = *device.driver;
  int count = 0;
  CUresult result = driver.cuDeviceGetCount(&count);
  if (result == CUDA_ERROR_NO_DEVICE)
    count = 0;
  else
    HGN_TRY(driver.check(result, "counting the devices"));
  if (ordinal >= count)
    return makeStatus(HGN_DEVICE_UNAVAILABLE,
                      "device '%s' does not exist: the CUDA driver has %d "
                      "devices",
                      name, count);
  HGN_TRY(driver.check(driver.cuDeviceGet(&device.handle, ordinal),
                       "opening a device"));
  HGN_TRY(describe(device));
  device.memory = {{takeMemory, giveMemory, zeroMemory}, &device};
  device.pinned = {{takePinned, givePinned, zeroPinned}, &device};
  return driver.check(
      driver.cuDevicePrimaryCtxRetain(&device.context, device.handle),
      "making a context on a device");
}

hgn_status hagane::runtime::findDevice(const char *name, Device **out) {
  static FutexLock lock;
  static Device devices[kMostDevices];
  constexpr int64_t kSpinNs = 1000;
  int ordinal = ordinalOf(name);
  if (ordinal < 0)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "device is '%s', expected 'cpu', 'cuda' or 'cuda:N' with "
                      "N less than %d",
                      name, kMostDevices);
  Device &device = devices[ordinal];
  lock.lock(kSpinNs);
  hgn_status status = nullptr;
  if (!device.context)
    status = loadDriver(&device.driver);
  if (!status && !device.context)
    status = openDevice(name, ordinal, device);
  lock.unlock();
  *out = &device;
  return status;
}

const char *hagane::runtime::deviceLabel(const Device &device) {
  return device.label;
}

// Code for an architecture with a suffix runs on that one alone, other code on
// all later ones of the same generation.
bool hagane::runtime::deviceRuns(const Device &device, const char *sm) {
  static constexpr int kMostSm = 10000;
  const char *rest = "";
  int number = numberBehind("sm_", sm, kMostSm, &rest);
  if (number < 0)
    return false;
  int major = number / 10, minor = number % 10;
  if (*rest != '\0')
    return major == device.major && minor == device.minor;
  return major == device.major && minor <= device.minor;
}
