//===- heads.cuh - Rows of queries, keys and values -------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What all ways of attention read and compute: rows of features in any storage
// type, and the softmax of scores that come in pieces.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/entry.cuh"
#include "hagane/cuda/warp.cuh"

namespace hagane::cuda {

/// Elements of one access to memory: 16 bytes, but 4 of codes, whose rows end
/// with a scale of 4 bytes.
template <typename T>
constexpr int kFeaturesOfAccess = sizeof(T) == 1 ? 4 : 16 / int(sizeof(T));

template <typename P> struct PointeeOf;
template <typename T> struct PointeeOf<const T *> {
  using Type = T;
};
/// What a pointer to rows points to.
template <typename P> using ElementOf = typename PointeeOf<P>::Type;

HAGANE_DEVICE constexpr int roundUpTo(int value, int step) {
  return (value + step - 1) / step * step;
}

template <typename C, typename T> HAGANE_DEVICE C toCompute(T value) {
  if constexpr (sizeof(T) == 2)
    return C(float(value));
  else
    return C(value);
}

template <typename T> HAGANE_DEVICE T fromCompute(float value) {
  return T(value);
}
template <typename T> HAGANE_DEVICE T fromCompute(double value) {
  if constexpr (sizeof(T) == 2)
    return T(float(value));
  else
    return T(value);
}

template <typename T> HAGANE_DEVICE bool isAligned(const T *row, int bytes) {
  return reinterpret_cast<uintptr_t>(row) % uint32_t(bytes) == 0;
}

/// Features [first, first + access) of a row of `size` features, zero beyond
/// its end and of no row (null).
template <typename C, typename T>
HAGANE_DEVICE void loadFeatures(const T *row, int first, int size,
                                C (&to)[kFeaturesOfAccess<T>]) {
  constexpr int kCount = kFeaturesOfAccess<T>;
  if (row && first + kCount <= size &&
      isAligned(row, kCount * int(sizeof(T)))) {
    Vector<T, kCount> loaded = loadVector<kCount>(row + first);
#pragma unroll
    for (int i = 0; i < kCount; ++i)
      to[i] = toCompute<C>(loaded[i]);
    return;
  }
#pragma unroll
  for (int i = 0; i < kCount; ++i)
    to[i] = row && first + i < size ? toCompute<C>(row[first + i]) : C(0);
}

/// The scale of a row of `size` codes, which the codes' end is followed by; 1
/// of rows that are numbers themselves.
template <bool kCoded, typename C, typename T>
HAGANE_DEVICE C scaleOfRow(const T *row, int size) {
  if constexpr (kCoded) {
    if (!row)
      return C(0);
    if (isAligned(row + size, 4))
      return C(*reinterpret_cast<const float *>(row + size));
    uint32_t bits = 0;
#pragma unroll
    for (int i = 0; i < 4; ++i)
      bits |= uint32_t(uint8_t(row[size + i])) << 8 * i;
    return C(bitCast<float>(bits));
  } else {
    return C(1);
  }
}

HAGANE_DEVICE float expOf(float x) { return expf(x); }
HAGANE_DEVICE double expOf(double x) { return exp(x); }
HAGANE_DEVICE float tanhOf(float x) { return tanhf(x); }
HAGANE_DEVICE double tanhOf(double x) { return tanh(x); }

/// The larger value; NaN loses, since sums of exponentials tell of it.
struct Larger {
  template <typename T> static HAGANE_DEVICE T of(T a, T b) {
    return a > b ? a : b;
  }
};

/// Largest score and sum of e^(score - largest) of what a row has seen. `sum`
/// may be a thread's share of it.
template <typename C> struct RowSoftmax {
  C most, sum;

  /// What exponents are relative to: 0 if no score was above -inf.
  HAGANE_DEVICE C base() const {
    return most == Limits<C>::lowest() ? C(0) : most;
  }
  /// Takes a piece's largest score in; returns the factor of older sums.
  HAGANE_DEVICE C raise(C pieceMost) {
    C old = most;
    most = Larger::of(pieceMost, most);
    C factor = expOf(old - base());
    sum *= factor;
    return factor;
  }
  HAGANE_DEVICE C weigh(C score) {
    C weight = expOf(score - base());
    sum += weight;
    return weight;
  }
};

/// The factor of a row's weighted values: 0 of a row that saw nothing.
template <typename C> HAGANE_DEVICE C inverseOf(C sum) {
  return sum == C(0) ? C(0) : C(1) / sum;
}

} // namespace hagane::cuda
