//===- DriverMemory.cpp - Driver API: memory ------------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Device.h"

#include <cstring>

using namespace hagane::emulator;

static void *pointerOf(CUdeviceptr address) {
  return reinterpret_cast<void *>(address);
}

static CUresult allocateDevice(CUdeviceptr *pointer, size_t bytes) {
  if (bytes == 0)
    return CUDA_ERROR_INVALID_VALUE;
  void *made = device().memory->allocate(bytes, DeviceMemory::Kind::Device);
  if (!made)
    return CUDA_ERROR_OUT_OF_MEMORY;
  *pointer = reinterpret_cast<CUdeviceptr>(made);
  return CUDA_SUCCESS;
}

CUresult cuMemGetInfo_v2(size_t *freeBytes, size_t *totalBytes) {
  HAGANE_CALL(kContext);
  *freeBytes = device().memory->free();
  *totalBytes = device().memory->capacity();
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc_v2(CUdeviceptr *pointer, size_t bytes) {
  HAGANE_CALL(kContext);
  // It would wait for the device, which a capture cannot.
  if (device().capturing())
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return allocateDevice(pointer, bytes);
}

CUresult cuMemFree_v2(CUdeviceptr pointer) {
  HAGANE_CALL(kInitialised);
  if (pointer == 0)
    return CUDA_SUCCESS;
  if (device().capturing())
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  device().drainAll();
  return device().memory->release(pointerOf(pointer))
             ? CUDA_SUCCESS
             : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemAllocAsync(CUdeviceptr *pointer, size_t bytes, CUstream stream) {
  HAGANE_CALL(kContext);
  return allocateDevice(pointer, bytes);
}

CUresult cuMemFreeAsync(CUdeviceptr pointer, CUstream stream) {
  HAGANE_CALL(kContext);
  return device().submit(stream, [pointer] {
    return device().memory->release(pointerOf(pointer))
               ? CUDA_SUCCESS
               : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuDeviceGetDefaultMemPool(CUmemoryPool *pool, CUdevice handle) {
  HAGANE_CALL(kInitialised);
  *pool = reinterpret_cast<CUmemoryPool>(device().memory.get());
  return CUDA_SUCCESS;
}

// Memory goes back at once, so that there is nothing to keep or to trim.
CUresult cuMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute,
                               void *value) {
  HAGANE_CALL(kInitialised);
  return CUDA_SUCCESS;
}

CUresult cuMemPoolTrimTo(CUmemoryPool pool, size_t bytes) {
  HAGANE_CALL(kInitialised);
  return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void **pointer, size_t bytes, unsigned flags) {
  HAGANE_CALL(kContext);
  *pointer = device().memory->allocate(bytes, DeviceMemory::Kind::Host);
  return *pointer ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuMemFreeHost(void *pointer) {
  HAGANE_CALL(kInitialised);
  device().drainAll();
  return device().memory->release(pointer) ? CUDA_SUCCESS
                                           : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemHostRegister_v2(void *pointer, size_t bytes, unsigned flags) {
  HAGANE_CALL(kContext);
  return pointer && bytes ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemHostUnregister(void *pointer) {
  HAGANE_CALL(kInitialised);
  device().drainAll();
  return CUDA_SUCCESS;
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *pointer, void *host,
                                      unsigned flags) {
  HAGANE_CALL(kContext);
  *pointer = reinterpret_cast<CUdeviceptr>(host);
  return CUDA_SUCCESS;
}

CUresult cuPointerGetAttribute(void *value, CUpointer_attribute attribute,
                               CUdeviceptr pointer) {
  HAGANE_CALL(kContext);
  DeviceMemory::Kind kind;
  if (!device().memory->kindOf(pointerOf(pointer), kind))
    return CUDA_ERROR_INVALID_VALUE;
  switch (attribute) {
  case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
    *static_cast<unsigned *>(value) = kind == DeviceMemory::Kind::Device
                                          ? CU_MEMORYTYPE_DEVICE
                                          : CU_MEMORYTYPE_HOST;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    *static_cast<CUdeviceptr *>(value) = pointer;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    *static_cast<int *>(value) = 0;
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_INVALID_VALUE;
}

/// Whether a device address may be copied from or to; says why not.
static bool checkRange(CUdeviceptr address, size_t bytes) {
  const DeviceMemory &memory = *device().memory;
  if (bytes == 0 || memory.valid(pointerOf(address), bytes))
    return true;
  device().detail = "a copy or fill of " + std::to_string(bytes) +
                    " bytes of device memory, " +
                    memory.describe(pointerOf(address)) +
                    ", leaves its allocation";
  return false;
}

static StreamWork copyWork(void *target, const void *source, size_t bytes) {
  return [=] {
    memmove(target, source, bytes);
    return CUDA_SUCCESS;
  };
}

/// Whether host memory is pinned, so that copies from and to it are
/// asynchronous.
static bool pinned(const void *host) {
  DeviceMemory::Kind kind;
  return device().memory->kindOf(host, kind);
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void *source,
                              size_t bytes, CUstream stream) {
  HAGANE_CALL(kContext);
  if (!checkRange(target, bytes))
    return CUDA_ERROR_INVALID_VALUE;
  if (pinned(source) || device().resolve(stream)->capture)
    return device().submit(stream, copyWork(pointerOf(target), source, bytes));
  auto *begin = static_cast<const std::byte *>(source);
  auto staged = std::make_shared<std::vector<std::byte>>(begin, begin + bytes);
  return device().submit(stream, [=] {
    memcpy(pointerOf(target), staged->data(), bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpyDtoHAsync_v2(void *target, CUdeviceptr source, size_t bytes,
                              CUstream stream) {
  HAGANE_CALL(kContext);
  if (!checkRange(source, bytes))
    return CUDA_ERROR_INVALID_VALUE;
  device().submit(stream, copyWork(target, pointerOf(source), bytes));
  CUstream queue = device().resolve(stream);
  return pinned(target) || queue->capture ? CUDA_SUCCESS
                                          : device().drain(queue);
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source,
                              size_t bytes, CUstream stream) {
  HAGANE_CALL(kContext);
  if (!checkRange(source, bytes) || !checkRange(target, bytes))
    return CUDA_ERROR_INVALID_VALUE;
  return device().submit(stream,
                         copyWork(pointerOf(target), pointerOf(source), bytes));
}

CUresult cuMemcpyAsync(CUdeviceptr target, CUdeviceptr source, size_t bytes,
                       CUstream stream) {
  HAGANE_CALL(kContext);
  const DeviceMemory &memory = *device().memory;
  DeviceMemory::Kind kind;
  bool toDevice = memory.kindOf(pointerOf(target), kind);
  bool fromDevice = memory.kindOf(pointerOf(source), kind);
  if (toDevice && fromDevice)
    return cuMemcpyDtoDAsync_v2(target, source, bytes, stream);
  return toDevice
             ? cuMemcpyHtoDAsync_v2(target, pointerOf(source), bytes, stream)
             : cuMemcpyDtoHAsync_v2(pointerOf(target), source, bytes, stream);
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr target, const void *source, size_t bytes) {
  HAGANE_CALL(kContext);
  device().drainAll();
  CUresult result = cuMemcpyHtoDAsync_v2(target, source, bytes, nullptr);
  return result != CUDA_SUCCESS ? result : device().drainAll();
}

CUresult cuMemcpyDtoH_v2(void *target, CUdeviceptr source, size_t bytes) {
  HAGANE_CALL(kContext);
  device().drainAll();
  CUresult result = cuMemcpyDtoHAsync_v2(target, source, bytes, nullptr);
  return result != CUDA_SUCCESS ? result : device().drainAll();
}

CUresult cuMemsetD8Async(CUdeviceptr target, unsigned char value, size_t count,
                         CUstream stream) {
  HAGANE_CALL(kContext);
  if (!checkRange(target, count))
    return CUDA_ERROR_INVALID_VALUE;
  return device().submit(stream, [=] {
    memset(pointerOf(target), value, count);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemsetD32Async(CUdeviceptr target, unsigned value, size_t count,
                          CUstream stream) {
  HAGANE_CALL(kContext);
  if (!checkRange(target, 4 * count))
    return CUDA_ERROR_INVALID_VALUE;
  return device().submit(stream, [=] {
    std::fill_n(static_cast<unsigned *>(pointerOf(target)), count, value);
    return CUDA_SUCCESS;
  });
}
