//===- copies.cuh - Asynchronous copies to shared memory --------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies that go on while the thread computes (PTX ISA, "cp.async"; sm_80). A
// thread gathers those it began in groups, and waits for all groups but the
// latest few; what others copied is seen after a barrier.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/types.cuh"

namespace hagane::cuda {

/// The address of shared memory as instructions on it name it.
HAGANE_DEVICE uint32_t sharedAddress(const void *pointer) {
#if defined(HAGANE_CUDA_EMULATED)
  return emulation()->sharedAddress(pointer);
#else
  return uint32_t(__cvta_generic_to_shared(pointer));
#endif
}

/// Begins to copy 16 bytes, both sides aligned to 16: the first `valid` of
/// them, and zeros for the others. `global` is not read if `valid` is 0.
HAGANE_DEVICE void copyAsync16(void *shared, const void *global,
                               uint32_t valid) {
#if defined(HAGANE_CUDA_EMULATED)
  emulation()->copyAsync(shared, global, 16, valid);
#else
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                   sharedAddress(shared)),
               "l"(__cvta_generic_to_global(global)), "r"(valid)
               : "memory");
#endif
}

/// Makes a group of the copies begun since the last one.
HAGANE_DEVICE void copyCommit() {
#if defined(HAGANE_CUDA_EMULATED)
  emulation()->copyCommit();
#else
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until at most the latest kPending groups are under way.
template <int kPending> HAGANE_DEVICE void copyWait() {
#if defined(HAGANE_CUDA_EMULATED)
  emulation()->copyWait(kPending);
#else
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

} // namespace hagane::cuda
