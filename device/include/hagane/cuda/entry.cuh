//===- entry.cuh - Frame of a kernel ----------------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What every emitted kernel is written with:
//
//   struct Arguments { ... };   // 8-byte fields in the order of the launch
//
//   extern "C" __global__ void __launch_bounds__(256)
//   softmax_3(const __grid_constant__ Arguments args) {
//     HAGANE_SHARED(shared);    // all dynamic shared memory of the block
//     auto *rows = sharedRegion<float>(shared, 0);
//     ...
//   }
//   HAGANE_ENTRY(softmax_3, Arguments)
//
// HAGANE_ENTRY is nothing on a GPU. In emulation it exports
// `softmax_3_emulated(const void *arguments)`, which the emulator calls once
// for each thread.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/types.cuh"

#if defined(HAGANE_CUDA_EMULATED)

#define HAGANE_SHARED(name)                                                    \
  auto *const name =                                                           \
      static_cast<::std::byte *>(::hagane::cuda::emulation()->sharedMemory())

#define HAGANE_ENTRY(NAME, ARGUMENTS)                                          \
  extern "C" __attribute__((visibility("default"))) void NAME##_emulated(      \
      const void *arguments) {                                                 \
    NAME(*static_cast<const ARGUMENTS *>(arguments));                          \
  }

#include "hagane/cuda/instrumentation.h"

#else

/// The block's dynamic shared memory. 1024 bytes are the strictest alignment
/// that a swizzled tile needs.
#define HAGANE_SHARED(name) extern __shared__ __align__(1024)::std::byte name[]

#define HAGANE_ENTRY(NAME, ARGUMENTS)

#endif

namespace hagane::cuda {

/// A typed region of the block's shared memory, `offset` bytes from its begin.
template <typename T>
HAGANE_DEVICE T *sharedRegion(std::byte *shared, uint32_t offset) {
  return reinterpret_cast<T *>(shared + offset);
}

/// The block's share of the launch's workspace.
template <typename T>
HAGANE_DEVICE T *scratchOfBlock(std::byte *scratch, int64_t bytesPerBlock) {
  return reinterpret_cast<T *>(scratch + blockIdx.x * bytesPerBlock);
}

template <typename T> HAGANE_DEVICE T ceilDivide(T value, T divisor) {
  return (value + divisor - 1) / divisor;
}

/// Adds to a word of global or shared memory and returns what it held.
template <typename T> HAGANE_DEVICE T atomicAddTo(T *address, T value) {
#if defined(HAGANE_CUDA_EMULATED)
  return emulated::atomicAdd(address, value);
#else
  return atomicAdd(address, value);
#endif
}

/// Writes `desired` if the word holds `expected`; returns what it held.
HAGANE_DEVICE int64_t atomicExchangeIf(int64_t *address, int64_t expected,
                                       int64_t desired) {
#if defined(HAGANE_CUDA_EMULATED)
  return emulated::atomicCompareExchange(address, expected, desired);
#else
  using Word = unsigned long long;
  return int64_t(atomicCAS(reinterpret_cast<Word *>(address), Word(expected),
                           Word(desired)));
#endif
}

/// Tells the host that a check failed, with the two values its message shows.
/// The first report of a run is kept; the host reads it after the run.
HAGANE_DEVICE void reportCheck(int64_t *report, int64_t check, int64_t found,
                               int64_t limit) {
  if (atomicExchangeIf(report, 0, check) == 0) {
    report[1] = found;
    report[2] = limit;
  }
}

} // namespace hagane::cuda
