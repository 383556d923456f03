// Loading a module's images and finding their kernels.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Program.h"

#include "Futex.h"
#include "ModuleCheck.h"

#include <stdio.h>

using namespace hagane::runtime;

// Shared memory that a block may have without asking.
static constexpr uint32_t kPlainSharedBytes = 48 << 10;

DeviceProgram::~DeviceProgram() {
  Current current(device);
  for (size_t i = 0; i < images.size(); ++i)
    if (images[i])
      device.driver->cuModuleUnload(images[i]);
}

hgn_status DeviceProgram::loadImage(const hgn_module &module, uint32_t index) {
  const Driver &driver = *device.driver;
  const hgn_image_info &image = module.selected().images[index];
  HGN_TRY(checkHash(module.label, "image", image.name, image.data, image.size,
                    image.hash));
  CUresult result = driver.cuModuleLoadData(&images[index], image.data);
  if (result != CUDA_ERROR_NO_BINARY_FOR_GPU &&
      result != CUDA_ERROR_INVALID_IMAGE)
    return driver.check(result, "loading an image");
  const char *kind =
      image.kind == HGN_IMAGE_EMULATED ? "for the emulated driver" : "a cubin";
  return makeStatus(HGN_INCOMPATIBLE,
                    "%s: the driver for CUDA %d.%d refuses image '%s' of code "
                    "%s (%s) on %s",
                    module.label, driver.version / 1000,
                    driver.version % 1000 / 10, image.name,
                    module.selected().level, kind, device.label);
}

hgn_status DeviceProgram::loadImages(const hgn_module &module) {
  uint32_t count = module.selected().image_count;
  if (!images.reset(count))
    return outOfMemory("a module's images", count * sizeof(CUmodule));
  for (uint32_t i = 0; i < count; ++i)
    HGN_TRY(loadImage(module, i));
  return nullptr;
}

static hgn_status allowShared(const Driver &driver, CUfunction function,
                              const hgn_kernel_info &kernel) {
  if (kernel.shared_bytes <= kPlainSharedBytes)
    return nullptr;
  char what[200];
  snprintf(what, sizeof(what),
           "giving kernel '%.100s' %u bytes of shared memory", kernel.name,
           kernel.shared_bytes);
  return driver.check(
      driver.cuFuncSetAttribute(function,
                                CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                int(kernel.shared_bytes)),
      what);
}

hgn_status DeviceProgram::findKernels(const hgn_module &module) {
  const hgn_code_info &code = module.selected();
  if (!kernels.reset(code.kernel_count))
    return outOfMemory("a module's kernels",
                       code.kernel_count * sizeof(CUfunction));
  for (uint32_t i = 0; i < code.kernel_count; ++i) {
    const hgn_kernel_info &kernel = code.kernels[i];
    if (kernel.image < 0)
      continue;
    if (device.driver->cuModuleGetFunction(&kernels[i],
                                           images[uint32_t(kernel.image)],
                                           kernel.entry) != CUDA_SUCCESS)
      return makeStatus(HGN_DAMAGED,
                        "%s: image '%s' lacks '%s', the entry of kernel '%s'",
                        module.label, code.images[kernel.image].name,
                        kernel.entry, kernel.name);
    HGN_TRY(allowShared(*device.driver, kernels[i], kernel));
  }
  return nullptr;
}

hgn_status DeviceProgram::load(const hgn_module &module) {
  Current current(device);
  HGN_TRY(loadImages(module));
  HGN_TRY(findKernels(module));
  return uploadWeights(module);
}

hgn_status hagane::runtime::acquireProgram(hgn_module &module,
                                           DeviceProgram **out) {
  static FutexLock lock;
  constexpr int64_t kSpinNs = 1000;
  lock.lock(kSpinNs);
  hgn_status status = nullptr;
  DeviceProgram *program = module.program.load();
  if (!program) {
    program = create<DeviceProgram>(*module.device);
    status = program ? program->load(module)
                     : outOfMemory("a program", sizeof(DeviceProgram));
    if (status)
      destroy(program);
    else
      module.program.store(program);
  }
  lock.unlock();
  *out = program;
  return status;
}

void hagane::runtime::releaseProgram(DeviceProgram *program) {
  destroy(program);
}
