//===- DriverDevice.cpp - Driver API: devices and contexts ----------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Device.h"

#include <cstring>

using namespace hagane::emulator;

namespace {

struct ErrorRow {
  CUresult error;
  const char *name, *text;
};

/// What differs between the architectures that kernels are made for.
struct Architecture {
  int sm, sharedPerBlock, sharedPerMultiprocessor, threadsPerMultiprocessor;
};

struct AttributeRow {
  CUdevice_attribute attribute;
  int value;
};

} // namespace

static const ErrorRow kErrors[] = {
    {CUDA_SUCCESS, "CUDA_SUCCESS", "no error"},
    {CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {CUDA_ERROR_NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED",
     "initialization error"},
    {CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE",
     "no CUDA-capable device is detected"},
    {CUDA_ERROR_INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE",
     "invalid device ordinal"},
    {CUDA_ERROR_INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE",
     "device kernel image is invalid"},
    {CUDA_ERROR_INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT",
     "invalid device context"},
    {CUDA_ERROR_ECC_UNCORRECTABLE, "CUDA_ERROR_ECC_UNCORRECTABLE",
     "uncorrectable ECC error encountered"},
    {CUDA_ERROR_INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE",
     "invalid resource handle"},
    {CUDA_ERROR_NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {CUDA_ERROR_NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {CUDA_ERROR_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED",
     "unspecified launch failure"},
    {CUDA_ERROR_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED",
     "operation not supported"},
    {CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
     "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
};

static const Architecture kArchitectures[] = {
    {80, 163 << 10, 164 << 10, 2048},
    {86, 99 << 10, 100 << 10, 1536},
    {89, 99 << 10, 100 << 10, 1536},
    {90, 227 << 10, 228 << 10, 2048},
    {100, 227 << 10, 228 << 10, 2048}};

// The same for all architectures; sizes are those of an H100.
static const AttributeRow kAttributes[] = {
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 2147483647},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 48 << 10},
    {CU_DEVICE_ATTRIBUTE_WARP_SIZE, 32},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, 65536},
    {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 1980000},
    {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 2619000},
    {CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 5120},
    {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 50 << 20},
    {CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, 3},
    {CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, 65536},
    {CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 1},
};

static const ErrorRow *findError(CUresult error) {
  for (const ErrorRow &row : kErrors)
    if (row.error == error)
      return &row;
  return nullptr;
}

CUresult cuInit(unsigned flags) {
  HAGANE_CALL(kNothing);
  if (flags != 0)
    return CUDA_ERROR_INVALID_VALUE;
  if (device().contextUsers == 0)
    device().initialise();
  return device().configuration.noDevice ? CUDA_ERROR_NO_DEVICE : CUDA_SUCCESS;
}

CUresult cuDriverGetVersion(int *version) {
  HAGANE_CALL(kNothing);
  *version = device().initialised ? device().configuration.driverVersion
                                  : Configuration::read().driverVersion;
  return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, const char **name) {
  const ErrorRow *row = findError(error);
  *name = row ? row->name : nullptr;
  return row ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char **text) {
  HAGANE_CALL(kNothing);
  // A real driver has no more to say of a failed launch; the emulator has.
  if (error == CUDA_ERROR_LAUNCH_FAILED && !device().detail.empty()) {
    *text = device().detail.c_str();
    return CUDA_SUCCESS;
  }
  const ErrorRow *row = findError(error);
  *text = row ? row->text : nullptr;
  return row ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetProcAddress_v2(const char *symbol, void **function, int version,
                             uint64_t flags,
                             CUdriverProcAddressQueryResult *status) {
  struct Row {
    const char *name;
    void *function;
  };
  static const Row kRows[] = {
#define HAGANE_CUDA_FUNCTION(name, symbol, parameters)                         \
  {#name, reinterpret_cast<void *>(&symbol)},
#include "device/driver/CudaFunctions.def"
#undef HAGANE_CUDA_FUNCTION
  };
  *function = nullptr;
  for (const Row &row : kRows)
    if (strcmp(row.name, symbol) == 0)
      *function = row.function;
  if (status)
    *status = *function ? CU_GET_PROC_ADDRESS_SUCCESS
                        : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

CUresult cuDeviceGetCount(int *count) {
  HAGANE_CALL(kInitialised);
  *count = device().configuration.noDevice ? 0 : 1;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *handle, int ordinal) {
  HAGANE_CALL(kInitialised);
  if (ordinal != 0 || device().configuration.noDevice)
    return CUDA_ERROR_INVALID_DEVICE;
  *handle = 0;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int length, CUdevice handle) {
  HAGANE_CALL(kInitialised);
  if (length <= 0)
    return CUDA_ERROR_INVALID_VALUE;
  strncpy(name, "Hagane emulated device", size_t(length) - 1);
  name[length - 1] = 0;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute,
                              CUdevice handle) {
  HAGANE_CALL(kInitialised);
  const Configuration &configuration = device().configuration;
  const Architecture *found = nullptr;
  for (const Architecture &row : kArchitectures)
    if (row.sm <= configuration.sm)
      found = &row;
  if (!found)
    return CUDA_ERROR_INVALID_DEVICE;
  const AttributeRow computed[] = {
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, configuration.sm / 10},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, configuration.sm % 10},
      {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, configuration.multiprocessors},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
       found->sharedPerBlock},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR,
       found->sharedPerMultiprocessor},
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR,
       found->threadsPerMultiprocessor},
      {CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH, configuration.sm >= 90},
  };
  for (const AttributeRow &row : computed)
    if (row.attribute == attribute) {
      *value = row.value;
      return CUDA_SUCCESS;
    }
  for (const AttributeRow &row : kAttributes)
    if (row.attribute == attribute) {
      *value = row.value;
      return CUDA_SUCCESS;
    }
  *value = 0;
  return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice handle) {
  HAGANE_CALL(kInitialised);
  *bytes = device().memory->capacity();
  return CUDA_SUCCESS;
}

/// The one context there is.
static CUcontext primaryContext() {
  return reinterpret_cast<CUcontext>(&device());
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice handle) {
  HAGANE_CALL(kInitialised);
  if (handle != 0)
    return CUDA_ERROR_INVALID_DEVICE;
  ++device().contextUsers;
  *context = primaryContext();
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice handle) {
  HAGANE_CALL(kInitialised);
  if (device().contextUsers == 0)
    return CUDA_ERROR_INVALID_CONTEXT;
  if (--device().contextUsers == 0)
    device().reset();
  return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context) {
  HAGANE_CALL(kInitialised);
  currentContext() = context;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext *context) {
  HAGANE_CALL(kInitialised);
  *context = currentContext();
  return CUDA_SUCCESS;
}

static std::vector<CUcontext> &contextStack() {
  static thread_local std::vector<CUcontext> stack;
  return stack;
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  HAGANE_CALL(kInitialised);
  contextStack().push_back(currentContext());
  currentContext() = context;
  return CUDA_SUCCESS;
}

CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  HAGANE_CALL(kInitialised);
  if (contextStack().empty())
    return CUDA_ERROR_INVALID_CONTEXT;
  if (context)
    *context = currentContext();
  currentContext() = contextStack().back();
  contextStack().pop_back();
  return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize() {
  HAGANE_CALL(kContext);
  return device().drainAll();
}
