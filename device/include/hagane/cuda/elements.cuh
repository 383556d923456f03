//===- elements.cuh - Some elements of a row at once ------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread's elements of a row: read and written in accesses of up to 16 bytes
// where memory permits, converted on the way.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/types.cuh"

namespace hagane::cuda {

template <int kBytes> HAGANE_DEVICE bool isAligned(const void *address) {
  return uintptr_t(address) % kBytes == 0;
}

/// The first `count` of kCount neighbours, converted; 0 for the others. All at
/// once where they exist and lie as vectors do.
template <int kCount, typename To, typename From>
HAGANE_DEVICE void loadNeighbours(To (&to)[kCount], const From *from,
                                  int64_t count) {
  constexpr int kWidth =
      kCount * sizeof(From) <= 16 ? kCount : int(16 / sizeof(From));
  if (count >= kCount && isAligned<kWidth * sizeof(From)>(from)) {
#pragma unroll
    for (int i = 0; i < kCount; i += kWidth) {
      Vector<From, kWidth> part = loadVector<kWidth>(from + i);
#pragma unroll
      for (int j = 0; j < kWidth; ++j)
        to[i + j] = To(part[j]);
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < kCount; ++i)
    to[i] = i < count ? To(from[i]) : To(0);
}

template <int kCount, typename To, typename From>
HAGANE_DEVICE void storeNeighbours(To *to, const From (&from)[kCount],
                                   int64_t count) {
  constexpr int kWidth =
      kCount * sizeof(To) <= 16 ? kCount : int(16 / sizeof(To));
  if (count >= kCount && isAligned<kWidth * sizeof(To)>(to)) {
#pragma unroll
    for (int i = 0; i < kCount; i += kWidth) {
      Vector<To, kWidth> part;
#pragma unroll
      for (int j = 0; j < kWidth; ++j)
        part[j] = To(from[i + j]);
      storeVector(to + i, part);
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < kCount; ++i)
    if (i < count)
      to[i] = To(from[i]);
}

/// Elements that lie `stride` apart.
template <int kCount, typename To, typename From>
HAGANE_DEVICE void loadSpaced(To (&to)[kCount], const From *from,
                              int64_t stride, int64_t count) {
#pragma unroll
  for (int i = 0; i < kCount; ++i)
    to[i] = i < count ? To(from[i * stride]) : To(0);
}

template <int kCount, typename To, typename From>
HAGANE_DEVICE void storeSpaced(To *to, int64_t stride,
                               const From (&from)[kCount], int64_t count) {
#pragma unroll
  for (int i = 0; i < kCount; ++i)
    if (i < count)
      to[i * stride] = To(from[i]);
}

} // namespace hagane::cuda
