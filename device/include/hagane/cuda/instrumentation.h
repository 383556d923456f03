//===- instrumentation.h - Emulated loads and stores ------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel for the emulator is compiled with -fsanitize=thread, without that
// sanitizer's library: the compiler then calls __tsan_read4 and the like before
// every load and store, and the definitions here hand the addresses to the
// emulator, which checks bounds, initialisation, pending copies and races.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/emulation.h"

#define HAGANE_HOOK                                                            \
  extern "C" __attribute__((weak, used, visibility("hidden"), noinline,        \
                            disable_sanitizer_instrumentation))

#define HAGANE_ACCESS_HOOKS(size)                                              \
  HAGANE_HOOK void __tsan_read##size(void *address) {                          \
    ::hagane::cuda::emulation()->access(address, size, 0,                      \
                                        __builtin_return_address(0));          \
  }                                                                            \
  HAGANE_HOOK void __tsan_write##size(void *address) {                         \
    ::hagane::cuda::emulation()->access(address, size, 1,                      \
                                        __builtin_return_address(0));          \
  }                                                                            \
  HAGANE_HOOK void __tsan_unaligned_read##size(void *address) {                \
    ::hagane::cuda::emulation()->access(address, size, 0,                      \
                                        __builtin_return_address(0));          \
  }                                                                            \
  HAGANE_HOOK void __tsan_unaligned_write##size(void *address) {               \
    ::hagane::cuda::emulation()->access(address, size, 1,                      \
                                        __builtin_return_address(0));          \
  }

HAGANE_ACCESS_HOOKS(1)
HAGANE_ACCESS_HOOKS(2)
HAGANE_ACCESS_HOOKS(4)
HAGANE_ACCESS_HOOKS(8)
HAGANE_ACCESS_HOOKS(16)

HAGANE_HOOK void __tsan_init() {}

HAGANE_HOOK void *__tsan_memcpy(void *to, const void *from, size_t bytes) {
  const void *place = __builtin_return_address(0);
  ::hagane::cuda::emulation()->access(from, bytes, 0, place);
  ::hagane::cuda::emulation()->access(to, bytes, 1, place);
  return __builtin_memcpy(to, from, bytes);
}

HAGANE_HOOK void *__tsan_memmove(void *to, const void *from, size_t bytes) {
  const void *place = __builtin_return_address(0);
  ::hagane::cuda::emulation()->access(from, bytes, 0, place);
  ::hagane::cuda::emulation()->access(to, bytes, 1, place);
  return __builtin_memmove(to, from, bytes);
}

HAGANE_HOOK void *__tsan_memset(void *to, int value, size_t bytes) {
  ::hagane::cuda::emulation()->access(to, bytes, 1,
                                      __builtin_return_address(0));
  return __builtin_memset(to, value, bytes);
}

extern "C" __attribute__((weak, used, visibility("default"),
                          disable_sanitizer_instrumentation)) void
hagane_emulated_attach(const ::hagane::cuda::Emulation *table) {
  ::hagane::cuda::emulationTable = *table;
}

namespace hagane::cuda::emulated {

/// Atomics are accesses of kind 2: no race with one another.
template <typename T> HAGANE_EMULATED void touchAtomically(T *address) {
  emulation()->access(address, sizeof(T), 2, __builtin_return_address(0));
}

template <typename T>
__attribute__((noinline, disable_sanitizer_instrumentation)) T
atomicAdd(T *address, T value) {
  touchAtomically(address);
  T held, sum;
  __atomic_load(address, &held, __ATOMIC_SEQ_CST);
  do
    sum = held + value;
  while (!__atomic_compare_exchange(address, &held, &sum, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  return held;
}

template <typename T>
__attribute__((noinline, disable_sanitizer_instrumentation)) T
atomicCompareExchange(T *address, T expected, T desired) {
  touchAtomically(address);
  __atomic_compare_exchange(address, &expected, &desired, false,
                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

} // namespace hagane::cuda::emulated

#undef HAGANE_ACCESS_HOOKS
#undef HAGANE_HOOK
