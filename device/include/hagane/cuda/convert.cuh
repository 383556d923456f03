//===- convert.cuh - Integers, bits, and conversions in plain arithmetic -*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers of fixed width (NVRTC has no <cstdint>), and conversions between
// floats and shorter formats in integer arithmetic: for the emulation, and for
// GPUs that lack an instruction.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/target.cuh"

#if defined(__CUDACC_RTC__)
using int8_t = signed char;
using uint8_t = unsigned char;
using int16_t = short;
using uint16_t = unsigned short;
using int32_t = int;
using uint32_t = unsigned;
using int64_t = long;
using uint64_t = unsigned long;
using uintptr_t = unsigned long;
using size_t = decltype(sizeof(0));
namespace std {
enum class byte : unsigned char {};
} // namespace std
#else
#include <cstddef>
#include <cstdint>
#endif

namespace hagane::cuda {

/// The bits of a value as another type of the same size.
template <typename To, typename From>
HAGANE_DEVICE To bitCast(const From &from) {
  static_assert(sizeof(To) == sizeof(From), "sizes differ");
  To to;
  memcpy(&to, &from, sizeof(To));
  return to;
}

/// Halves and quarters of a number to integers of 16 and 8 bits, in plain
/// arithmetic: the emulation's conversions.
namespace software {

/// `value` in a format of `mantissa` stored bits and `exponent` bits, without
/// its sign and before its range is checked: rounded to nearest even, with
/// denormal numbers.
HAGANE_DEVICE uint32_t roundMagnitude(float value, int exponentBits,
                                      int mantissaBits) {
  uint32_t magnitude = bitCast<uint32_t>(value) & 0x7fffffffu;
  int bias = (1 << (exponentBits - 1)) - 1;
  int exponent = int(magnitude >> 23) - 127 + bias;
  int shift = 23 - mantissaBits;
  uint32_t mantissa = magnitude & 0x7fffffu;
  if (exponent <= 0) {
    // Denormal: the hidden bit is stored and the point stays where it is.
    shift += 1 - exponent;
    mantissa |= 0x800000u;
    exponent = 0;
    if (shift > 25)
      return 0;
  }
  uint32_t kept = mantissa >> shift;
  uint32_t rest = mantissa & ((1u << shift) - 1);
  uint32_t half = 1u << (shift - 1);
  kept += rest > half || (rest == half && (kept & 1)) ? 1 : 0;
  // A carry out of the mantissa is a carry into the exponent.
  return (uint32_t(exponent) << mantissaBits) + kept;
}

HAGANE_DEVICE bool isNan(float value) {
  return (bitCast<uint32_t>(value) & 0x7fffffffu) > 0x7f800000u;
}

HAGANE_DEVICE uint32_t signBit(float value) {
  return bitCast<uint32_t>(value) >> 31;
}

HAGANE_DEVICE uint16_t toF16(float value) {
  if (isNan(value))
    return 0x7fff;
  uint32_t bits = roundMagnitude(value, 5, 10);
  bool infinite = (bitCast<uint32_t>(value) & 0x7fffffffu) >= 0x47800000u;
  return uint16_t(signBit(value) << 15 | (infinite ? 0x7c00u : bits));
}

HAGANE_DEVICE float fromF16(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, rest = bits & 0x7fff;
  if (rest >= 0x7c00)
    return bitCast<float>(sign | 0x7f800000u | (rest & 0x3ff) << 13);
  // The scale makes normal numbers of denormal ones.
  float scaled = bitCast<float>(rest << 13) * bitCast<float>(0x77800000u);
  return bitCast<float>(sign | bitCast<uint32_t>(scaled));
}

HAGANE_DEVICE uint16_t toBf16(float value) {
  if (isNan(value))
    return 0x7fff;
  uint32_t bits = bitCast<uint32_t>(value);
  return uint16_t((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

/// Quarters saturate: what is too large, infinity too, becomes the largest
/// number.
HAGANE_DEVICE uint8_t toE4m3(float value) {
  if (isNan(value))
    return 0x7f;
  uint32_t bits = roundMagnitude(value, 4, 3);
  return uint8_t(signBit(value) << 7 | (bits > 0x7e ? 0x7eu : bits));
}

HAGANE_DEVICE uint8_t toE5m2(float value) {
  if (isNan(value))
    return 0x7f;
  uint32_t bits = roundMagnitude(value, 5, 2);
  return uint8_t(signBit(value) << 7 | (bits > 0x7b ? 0x7bu : bits));
}

HAGANE_DEVICE float fromE5m2(uint8_t bits) {
  return fromF16(uint16_t(bits << 8));
}

HAGANE_DEVICE float fromE4m3(uint8_t bits) {
  uint32_t sign = uint32_t(bits & 0x80) << 24, rest = bits & 0x7f;
  if (rest == 0x7f)
    return bitCast<float>(sign | 0x7fc00000u);
  // Scaled by 2^120, the difference of the biases.
  float scaled = bitCast<float>(rest << 20) * bitCast<float>(0x7b800000u);
  return bitCast<float>(sign | bitCast<uint32_t>(scaled));
}

} // namespace software

} // namespace hagane::cuda

