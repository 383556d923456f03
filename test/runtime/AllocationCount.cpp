// Counts heap allocations: by the sanitizers' hooks, else by standing in for
// malloc.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AllocationCount.h"

#include <atomic>
#include <stddef.h>

static std::atomic<uint64_t> count{0};

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*)(const volatile void *, size_t), void (*)(const volatile void *));

[[maybe_unused]] static int installed =
    __sanitizer_install_malloc_and_free_hooks(
        [](const volatile void *, size_t) { count.fetch_add(1); },
        [](const volatile void *) {});

#else

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  count.fetch_add(1);
  return __libc_malloc(size);
}
void *calloc(size_t n, size_t size) {
  count.fetch_add(1);
  return __libc_calloc(n, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  count.fetch_add(1);
  return __libc_memalign(alignment, size);
}
}

#endif

uint64_t hagane::test::allocationCount() { return count.load(); }
