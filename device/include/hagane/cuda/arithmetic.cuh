//===- arithmetic.cuh - What C++ leaves open about integers -----*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers that wrap around, division that rounds down or up whatever the
// signs, and indices that may count from the end.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/entry.cuh"
#include "hagane/cuda/warp.cuh"

namespace hagane::cuda {

/// The unsigned integer of as many bytes.
template <int kBytes> struct UnsignedOf;
template <> struct UnsignedOf<1> {
  using Type = uint8_t;
};
template <> struct UnsignedOf<2> {
  using Type = uint16_t;
};
template <> struct UnsignedOf<4> {
  using Type = uint32_t;
};
template <> struct UnsignedOf<8> {
  using Type = uint64_t;
};
template <typename T> using Unsigned = typename UnsignedOf<sizeof(T)>::Type;

template <typename T> HAGANE_DEVICE T addWrapping(T a, T b) {
  return T(Unsigned<T>(a) + Unsigned<T>(b));
}

template <typename T> HAGANE_DEVICE T subtractWrapping(T a, T b) {
  return T(Unsigned<T>(a) - Unsigned<T>(b));
}

template <typename T> HAGANE_DEVICE T multiplyWrapping(T a, T b) {
  // 16 bits would become int, whose products overflow.
  return T(uint64_t(Unsigned<T>(a)) * uint64_t(Unsigned<T>(b)));
}

/// A truth value of one bit as a signed number is 0 or -1.
template <typename T> HAGANE_DEVICE T toSigned(T value) { return value; }
HAGANE_DEVICE int toSigned(bool value) { return -int(value); }

/// The lowest bits; of one bit, a truth value.
template <typename To, typename From> HAGANE_DEVICE To truncateTo(From value) {
  if constexpr (sizeof(To) == 1 && To(2) == To(1))
    return (value & 1) != 0;
  else
    return To(value);
}

template <typename T> HAGANE_DEVICE T smaller(T a, T b) {
  return b < a ? b : a;
}

template <typename T> HAGANE_DEVICE T larger(T a, T b) { return a < b ? b : a; }

/// Quotient rounded down, and what it leaves, which has the divisor's sign.
template <typename T> HAGANE_DEVICE T floorDivide(T value, T divisor) {
  T quotient = value / divisor;
  return quotient - T(quotient * divisor != value && (value < 0) != (divisor < 0));
}

template <typename T> HAGANE_DEVICE T floorRemainder(T value, T divisor) {
  return value - floorDivide(value, divisor) * divisor;
}

/// The place that an index means on an axis of `size` elements: with
/// kMayCountFromEnd, negative ones count from the end. One out of range is
/// reported and gives the nearest place, or 0 on an empty axis.
template <bool kMayCountFromEnd>
HAGANE_DEVICE int64_t findPosition(int64_t at, int64_t size, int64_t *report,
                                   int64_t check) {
  int64_t place = kMayCountFromEnd && at < 0 ? at + size : at;
  if (place < 0 || place >= size)
    reportCheck(report, check, at, size);
  return larger<int64_t>(0, smaller(place, size - 1));
}

} // namespace hagane::cuda
