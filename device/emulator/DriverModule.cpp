//===- DriverModule.cpp - Driver API: modules and launches ----------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A module is an ELF shared object that was compiled from emitted sources for
// the CPU. It is loaded from memory.
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Device.h"
#include "device/emulator/Interface.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

using namespace hagane::emulator;

struct CUmod_st {
  int file = -1;
  void *handle = nullptr;
  const std::byte *begin = nullptr, *end = nullptr;
  std::map<std::string, CUfunc_st> functions;
};

/// The bytes of an ELF file: its section table stands at its end. 0 if it is
/// none for this machine.
static size_t imageBytes(const ElfW(Ehdr) & header) {
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN)
    return 0;
  return header.e_shoff + size_t(header.e_shnum) * header.e_shentsize;
}

/// The bytes that the loaded image spans.
static size_t loadedBytes(const std::byte *image) {
  auto *header = reinterpret_cast<const ElfW(Ehdr) *>(image);
  auto *segments =
      reinterpret_cast<const ElfW(Phdr) *>(image + header->e_phoff);
  size_t end = 0;
  for (size_t i = 0; i < header->e_phnum; ++i)
    if (segments[i].p_type == PT_LOAD)
      end = std::max(end, size_t(segments[i].p_vaddr + segments[i].p_memsz));
  return end;
}

static bool writeAll(int file, const std::byte *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(file, bytes, count);
    if (written <= 0)
      return false;
    bytes += written;
    count -= size_t(written);
  }
  return true;
}

static CUresult refuse(CUmod_st *module, const std::string &why) {
  device().detail = why;
  if (module->handle)
    dlclose(module->handle);
  if (module->file >= 0)
    close(module->file);
  delete module;
  return CUDA_ERROR_INVALID_IMAGE;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  HAGANE_CALL(kContext);
  auto *bytes = static_cast<const std::byte *>(image);
  ElfW(Ehdr) header;
  memcpy(&header, bytes, sizeof(header));
  auto *made = new CUmod_st();
  size_t count = imageBytes(header);
  if (count == 0)
    return refuse(made, "the image is no shared object for the emulator");
  // The file stays open: messages read its debug information.
  made->file = memfd_create("hagane-emulated", MFD_CLOEXEC);
  if (made->file < 0 || !writeAll(made->file, bytes, count))
    return refuse(made, "the image could not be written to memory");
  std::string path = "/proc/self/fd/" + std::to_string(made->file);
  made->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!made->handle)
    return refuse(made, dlerror());
  using Attach = void (*)(const hagane::cuda::Emulation *);
  auto attach =
      reinterpret_cast<Attach>(dlsym(made->handle, "hagane_emulated_attach"));
  Dl_info info;
  if (!attach || !dladdr(reinterpret_cast<void *>(attach), &info))
    return refuse(made, "the image holds no kernel for the emulator");
  attach(&emulationTable());
  made->begin = static_cast<const std::byte *>(info.dli_fbase);
  made->end = made->begin + loadedBytes(bytes);
  device().modules.insert(made);
  *module = made;
  return CUDA_SUCCESS;
}

CUresult cuModuleUnload(CUmodule module) {
  HAGANE_CALL(kInitialised);
  if (device().modules.erase(module) == 0)
    return CUDA_ERROR_INVALID_HANDLE;
  device().drainAll();
  dlclose(module->handle);
  close(module->file);
  delete module;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module,
                             const char *name) {
  HAGANE_CALL(kContext);
  std::string symbol = std::string(name) + "_emulated";
  void *entry = dlsym(module->handle, symbol.c_str());
  if (!entry)
    return CUDA_ERROR_NOT_FOUND;
  CUfunc_st &made = module->functions[name];
  made.module = module;
  made.name = name;
  made.entry = reinterpret_cast<void (*)(const void *)>(entry);
  std::string cluster = std::string(name) + "_cluster";
  if (void *size = dlsym(module->handle, cluster.c_str()))
    made.clusterSize = *static_cast<const uint32_t *>(size);
  *function = &made;
  return CUDA_SUCCESS;
}

static int mostSharedBytes() {
  int bytes = 0;
  cuDeviceGetAttribute(
      &bytes, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 0);
  return bytes;
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute,
                            int value) {
  HAGANE_CALL(kContext);
  if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
    return CUDA_SUCCESS;
  if (value < 0 || value > mostSharedBytes())
    return CUDA_ERROR_INVALID_VALUE;
  function->maxDynamicShared = value;
  return CUDA_SUCCESS;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute,
                            CUfunction function) {
  HAGANE_CALL(kContext);
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    *value = int(kMaxBlockThreads);
    break;
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    *value = function->maxDynamicShared;
    break;
  case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
    *value = device().configuration.sm;
    break;
  default:
    *value = 0;
  }
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks,
                                                     CUfunction function,
                                                     int threads,
                                                     size_t sharedBytes) {
  HAGANE_CALL(kContext);
  constexpr int kThreads = 2048, kMostBlocks = 32, kSystemBytes = 1 << 10;
  int shared = 0;
  cuDeviceGetAttribute(
      &shared, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, 0);
  int byThreads = threads > 0 ? kThreads / threads : 0;
  int byShared = shared / int(sharedBytes + kSystemBytes);
  *blocks = std::min({kMostBlocks, byThreads, byShared});
  return CUDA_SUCCESS;
}

/// The launch's argument bytes from the `extra` array; false if there are none.
static bool argumentsOf(void **extra, std::vector<std::byte> &bytes) {
  const std::byte *begin = nullptr;
  size_t count = 0;
  for (; extra && *extra != CU_LAUNCH_PARAM_END; extra += 2) {
    if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER)
      begin = static_cast<const std::byte *>(extra[1]);
    else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE)
      count = *static_cast<const size_t *>(extra[1]);
  }
  if (begin)
    bytes.assign(begin, begin + count);
  return begin != nullptr;
}

/// Runs a launch, or fails as the environment asks.
static CUresult runLaunch(const Launch &launch) {
  Device &target = device();
  int number = target.launches++;
  if (number == target.configuration.lostAtLaunch)
    return CUDA_ERROR_ECC_UNCORRECTABLE;
  std::string error =
      number == target.configuration.failingLaunch
          ? "kernel '" + launch.name + "': fails because " +
                "HAGANE_EMULATOR_FAIL says launch=" + std::to_string(number)
          : runGrid(launch);
  if (error.empty())
    return CUDA_SUCCESS;
  target.detail = std::move(error);
  return CUDA_ERROR_LAUNCH_FAILED;
}

static CUresult checkLaunch(const Launch &launch, const CUfunc_st &function) {
  auto count = [](const Index3 &index) {
    return uint64_t(index.x) * index.y * index.z;
  };
  uint64_t threads = count(launch.block), blocks = count(launch.grid);
  bool fits = threads > 0 && threads <= kMaxBlockThreads && blocks > 0 &&
              threads * launch.clusterSize <= kMaxTeamThreads &&
              launch.clusterSize <= kMaxClusterBlocks;
  bool whole = launch.clusterSize && blocks % launch.clusterSize == 0;
  if (!fits || !whole ||
      int64_t(launch.sharedBytes) > function.maxDynamicShared)
    return CUDA_ERROR_INVALID_VALUE;
  return CUDA_SUCCESS;
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function,
                          void **parameters, void **extra) {
  HAGANE_CALL(kContext);
  Launch launch;
  launch.name = function->name;
  launch.entry = function->entry;
  launch.grid = {config->gridDimX, config->gridDimY, config->gridDimZ};
  launch.block = {config->blockDimX, config->blockDimY, config->blockDimZ};
  launch.clusterSize = function->clusterSize;
  for (unsigned i = 0; i < config->numAttrs; ++i)
    if (config->attrs[i].id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)
      launch.clusterSize = config->attrs[i].value.clusterDim.x;
  launch.sharedBytes = config->sharedMemBytes;
  launch.memory = device().memory.get();
  launch.imageBegin = function->module->begin;
  launch.imageEnd = function->module->end;
  // The sizes of single parameters are not known here.
  if (!argumentsOf(extra, launch.arguments))
    return CUDA_ERROR_NOT_SUPPORTED;
  if (CUresult wrong = checkLaunch(launch, *function); wrong != CUDA_SUCCESS)
    return wrong;
  return device().submit(config->hStream, [launch = std::move(launch)] {
    return runLaunch(launch);
  });
}

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY,
                        unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned sharedBytes, CUstream stream,
                        void **parameters, void **extra) {
  CUlaunchConfig config = {gridX,  gridY,       gridZ,  blockX,  blockY,
                           blockZ, sharedBytes, stream, nullptr, 0};
  return cuLaunchKernelEx(&config, function, parameters, extra);
}
