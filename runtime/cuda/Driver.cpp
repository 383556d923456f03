// Loading the driver and naming its errors.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Driver.h"

#include <dlfcn.h>
#include <stdlib.h>

using namespace hagane::runtime;

// Tensor maps and kernel parameters as emitted code has them came with it.
static constexpr int kOldestVersion = 12000;

// Where each function goes, and the symbol it has in the library.
namespace {
struct Entry {
  const char *symbol;
  size_t offset;
};
} // namespace

static constexpr Entry kEntries[] = {
#define HAGANE_CUDA_FUNCTION(name, symbol, parameters)                         \
  {#symbol, offsetof(Driver, name)},
#include "CudaFunctions.def"
#undef HAGANE_CUDA_FUNCTION
};

static hgn_status findFunctions(void *library, const char *path,
                                Driver &driver) {
  for (const Entry &entry : kEntries) {
    void *function = dlsym(library, entry.symbol);
    if (!function)
      return makeStatus(HGN_DEVICE_UNAVAILABLE,
                        "the CUDA driver '%s' lacks %s: expected a driver for "
                        "CUDA %d.%d or later",
                        path, entry.symbol, kOldestVersion / 1000,
                        kOldestVersion % 1000 / 10);
    *reinterpret_cast<void **>(reinterpret_cast<char *>(&driver) +
                               entry.offset) = function;
  }
  return nullptr;
}

// Before its functions are looked up: an old driver lacks some.
static hgn_status checkVersion(void *library, const char *path, int *version) {
  auto get = reinterpret_cast<Cuda_cuDriverGetVersion>(
      dlsym(library, "cuDriverGetVersion"));
  if (!get || get(version) != CUDA_SUCCESS)
    return makeStatus(HGN_DEVICE_UNAVAILABLE,
                      "'%s' is not a CUDA driver: it tells no version", path);
  if (*version >= kOldestVersion)
    return nullptr;
  return makeStatus(HGN_DEVICE_UNAVAILABLE,
                    "the CUDA driver '%s' is for CUDA %d.%d, expected %d.%d or "
                    "later: update the driver",
                    path, *version / 1000, *version % 1000 / 10,
                    kOldestVersion / 1000, kOldestVersion % 1000 / 10);
}

static hgn_status fillDriver(void *library, const char *path, Driver &driver) {
  HGN_TRY(checkVersion(library, path, &driver.version));
  HGN_TRY(findFunctions(library, path, driver));
  CUresult result = driver.cuInit(0);
  if (result == CUDA_SUCCESS)
    return nullptr;
  const char *text = nullptr;
  driver.cuGetErrorString(result, &text);
  return makeStatus(HGN_DEVICE_UNAVAILABLE,
                    "the CUDA driver '%s' does not start: %s (%d)", path,
                    text ? text : "unknown error", int(result));
}

hgn_status hagane::runtime::loadDriver(const Driver **out) {
  static Driver driver;
  static bool loaded = false;
  *out = &driver;
  if (loaded)
    return nullptr;
  const char *path = getenv("HAGANE_CUDA_DRIVER");
  path = path && *path ? path : "libcuda.so.1";
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return makeStatus(HGN_DEVICE_UNAVAILABLE,
                      "no CUDA driver: %s; expected NVIDIA's driver, or its "
                      "path in HAGANE_CUDA_DRIVER",
                      dlerror());
  if (hgn_status status = fillDriver(library, path, driver)) {
    dlclose(library);
    return status;
  }
  loaded = true;
  return nullptr;
}

hgn_status Driver::check(CUresult result, const char *what) const {
  if (result == CUDA_SUCCESS)
    return nullptr;
  const char *name = nullptr, *text = nullptr;
  cuGetErrorName(result, &name);
  cuGetErrorString(result, &text);
  bool noMemory = result == CUDA_ERROR_OUT_OF_MEMORY;
  return makeStatus(noMemory ? HGN_OUT_OF_MEMORY : HGN_DEVICE_FAILED,
                    "%s failed: %s (%s)%s", what, text ? text : "unknown error",
                    name ? name : "?",
                    noMemory ? ""
                             : "; the device may be lost to this process, the "
                               "CPU's code still runs");
}
