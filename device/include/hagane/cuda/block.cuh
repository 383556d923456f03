//===- block.cuh - The threads of a block -----------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Barriers and reductions over a block of up to 1024 threads in one dimension,
// a multiple of 32 (PTX ISA, "bar.sync", "bar.arrive", "setmaxnreg").
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/entry.cuh"
#include "hagane/cuda/warp.cuh"

namespace hagane::cuda {

/// Waits for all threads of the block and orders their memory accesses.
HAGANE_DEVICE void syncBlock() {
#if defined(HAGANE_CUDA_EMULATED)
  emulation()->barrier(0, blockDim.x * blockDim.y * blockDim.z, 1);
#else
  __syncthreads();
#endif
}

/// Barrier `number` (1 to 15; 0 is syncBlock's) for `threads` threads, a
/// multiple of 32: waits until that many have called this or arriveBarrier.
HAGANE_DEVICE void syncBarrier(int number, int threads) {
#if defined(HAGANE_CUDA_EMULATED)
  emulation()->barrier(uint32_t(number), uint32_t(threads), 1);
#else
  asm volatile("bar.sync %0, %1;" ::"r"(number), "r"(threads) : "memory");
#endif
}

/// Counts as arrived at barrier `number` and goes on.
HAGANE_DEVICE void arriveBarrier(int number, int threads) {
#if defined(HAGANE_CUDA_EMULATED)
  emulation()->barrier(uint32_t(number), uint32_t(threads), 0);
#else
  asm volatile("bar.arrive %0, %1;" ::"r"(number), "r"(threads) : "memory");
#endif
}

/// The combination over all threads of the block, which all get. `scratch` is
/// shared memory of one value per warp and may be used again after the next
/// barrier. Warps combine in the order of their numbers.
template <typename Combination, typename T>
HAGANE_DEVICE T reduceBlock(T value, T *scratch) {
  value = reduceWarp<Combination>(value);
  int warps = int(ceilDivide(blockDim.x, uint32_t(kWarpSize)));
  if (warps == 1)
    return value;
  if (laneIndex() == 0)
    scratch[warpIndex()] = value;
  syncBlock();
  T result = scratch[0];
  for (int warp = 1; warp < warps; ++warp)
    result = Combination::of(result, scratch[warp]);
  return result;
}

/// Gives registers back (a producer warpgroup) or takes more (a consumer): the
/// count per thread, a multiple of 8 from 24 to 256. All warps of a warpgroup
/// call it. Needs sm_90a.
template <int kRegisters> HAGANE_DEVICE void releaseRegisters() {
  static_assert(kRegisters % 8 == 0 && kRegisters >= 24 && kRegisters <= 256);
#if !defined(HAGANE_CUDA_EMULATED)
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
#endif
}

template <int kRegisters> HAGANE_DEVICE void claimRegisters() {
  static_assert(kRegisters % 8 == 0 && kRegisters >= 24 && kRegisters <= 256);
#if !defined(HAGANE_CUDA_EMULATED)
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
#endif
}

} // namespace hagane::cuda
