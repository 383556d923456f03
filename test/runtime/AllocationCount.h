// Counts the heap allocations of the process.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_TEST_RUNTIME_ALLOCATIONCOUNT_H
#define HAGANE_TEST_RUNTIME_ALLOCATIONCOUNT_H

#include <stdint.h>

namespace hagane::test {
uint64_t allocationCount();
} // namespace hagane::test

#endif // HAGANE_TEST_RUNTIME_ALLOCATIONCOUNT_H
