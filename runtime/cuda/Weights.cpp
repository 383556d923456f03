// Weights go to the device in chunks through two pinned buffers: while one is
// copied to the device, the next chunk is read from the file.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Program.h"

#include <string.h>

using namespace hagane::runtime;

namespace {

class Upload {
public:
  explicit Upload(const Device &device) : driver(*device.driver) {
    for (Buffer &buffer : buffers)
      buffer.memory.setSpace(&device.pinned);
  }
  ~Upload();
  Upload(const Upload &) = delete;
  Upload &operator=(const Upload &) = delete;

  CUresult run(uint8_t *target, const uint8_t *source, uint64_t bytes);

private:
  static constexpr uint64_t kChunk = 16 << 20;
  struct Buffer {
    Block memory;
    CUevent copied = nullptr;
  };
  const Driver &driver;
  CUstream stream = nullptr;
  Buffer buffers[2];

  CUresult start(uint64_t bytes);
  CUresult put(Buffer &buffer, uint8_t *target, const uint8_t *source,
               uint64_t bytes);
};

} // namespace

Upload::~Upload() {
  for (Buffer &buffer : buffers)
    if (buffer.copied)
      driver.cuEventDestroy(buffer.copied);
  if (stream)
    driver.cuStreamDestroy(stream);
}

CUresult Upload::start(uint64_t bytes) {
  CUresult result = driver.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING);
  for (Buffer &buffer : buffers) {
    if (result == CUDA_SUCCESS)
      result = driver.cuEventCreate(&buffer.copied, CU_EVENT_DISABLE_TIMING);
    if (result == CUDA_SUCCESS &&
        !buffer.memory.reserve(bytes < kChunk ? bytes : kChunk))
      result = CUDA_ERROR_OUT_OF_MEMORY;
  }
  return result;
}

// Once what the buffer held before is on the device.
CUresult Upload::put(Buffer &buffer, uint8_t *target, const uint8_t *source,
                     uint64_t bytes) {
  CUresult result = driver.cuEventSynchronize(buffer.copied);
  if (result != CUDA_SUCCESS)
    return result;
  memcpy(buffer.memory.data(), source, bytes);
  result = driver.cuMemcpyHtoDAsync(address(target), buffer.memory.data(),
                                    bytes, stream);
  return result == CUDA_SUCCESS ? driver.cuEventRecord(buffer.copied, stream)
                                : result;
}

CUresult Upload::run(uint8_t *target, const uint8_t *source, uint64_t bytes) {
  CUresult result = start(bytes);
  for (uint64_t at = 0, turn = 0; at < bytes && result == CUDA_SUCCESS;
       at += kChunk, ++turn)
    result = put(buffers[turn % 2], target + at, source + at,
                 bytes - at < kChunk ? bytes - at : kChunk);
  // Buffers are freed after this: nothing may still read them.
  CUresult waited = stream ? driver.cuStreamSynchronize(stream) : CUDA_SUCCESS;
  return result == CUDA_SUCCESS ? waited : result;
}

hgn_status DeviceProgram::uploadWeights(const hgn_module &module) {
  uint64_t bytes = module.info.view.weights_size;
  if (bytes == 0)
    return nullptr;
  HGN_TRY(checkFree(device, bytes, "weights"));
  weights.setSpace(&device.memory);
  if (!weights.reserve(bytes))
    return outOfMemory("the weights on the device", bytes);
  return device.driver->check(
      Upload(device).run(weights.data(), module.weights(), bytes),
      "copying the weights to the device");
}
