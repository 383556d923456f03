//===- types.cuh - Numbers and vectors of device code -----------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers of fixed width (NVRTC has no <cstdint>), the storage types f16 and
// bf16 with their conversions, and vectors that move as one access.
//
// Conversions round to nearest even and keep NaN, as `cvt.rn` does (PTX ISA,
// "Data Movement and Conversion Instructions: cvt"). Arithmetic is done in
// float: convert, compute, convert back.
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

} // namespace software

/// IEEE 754 binary16: 5 bits of exponent, 10 of mantissa.
struct f16 {
  uint16_t bits;

  f16() = default;
  HAGANE_DEVICE explicit f16(float value) {
#if defined(HAGANE_CUDA_EMULATED)
    bits = software::toF16(value);
#else
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
#endif
  }
  HAGANE_DEVICE explicit operator float() const {
#if defined(HAGANE_CUDA_EMULATED)
    return software::fromF16(bits);
#else
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
#endif
  }
};

/// The upper half of a float.
struct bf16 {
  uint16_t bits;

  bf16() = default;
  HAGANE_DEVICE explicit bf16(float value) {
#if defined(HAGANE_CUDA_EMULATED)
    bits = software::toBf16(value);
#else
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
#endif
  }
  HAGANE_DEVICE explicit operator float() const {
    return bitCast<float>(uint32_t(bits) << 16);
  }
};

/// Two numbers of 16 bits as an operand of 32 bits, `low` in the lower half.
template <typename T> HAGANE_DEVICE uint32_t pack(T low, T high) {
  static_assert(sizeof(T) == 2, "pairs are of 16-bit numbers");
  return uint32_t(bitCast<uint16_t>(low)) | uint32_t(bitCast<uint16_t>(high))
                                                << 16;
}

/// Two floats, rounded: one instruction on a GPU.
template <typename T> HAGANE_DEVICE uint32_t packRounded(float low, float high);

template <> HAGANE_DEVICE uint32_t packRounded<bf16>(float low, float high) {
#if defined(HAGANE_CUDA_EMULATED)
  return pack(bf16(low), bf16(high));
#else
  uint32_t bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
#endif
}

template <> HAGANE_DEVICE uint32_t packRounded<f16>(float low, float high) {
#if defined(HAGANE_CUDA_EMULATED)
  return pack(f16(low), f16(high));
#else
  uint32_t bits;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
#endif
}

/// `kCount` values that move in one access of up to 16 bytes; their address
/// must be a multiple of their size.
template <typename T, int kCount> struct alignas(sizeof(T) * kCount) Vector {
  static_assert(sizeof(T) * kCount <= 16, "an access has at most 16 bytes");
  T values[kCount];

  HAGANE_DEVICE T &operator[](int index) { return values[index]; }
  HAGANE_DEVICE const T &operator[](int index) const { return values[index]; }
};

template <int kCount, typename T>
HAGANE_DEVICE Vector<T, kCount> loadVector(const T *address) {
  return *reinterpret_cast<const Vector<T, kCount> *>(address);
}

template <typename T, int kCount>
HAGANE_DEVICE void storeVector(T *address, const Vector<T, kCount> &value) {
  *reinterpret_cast<Vector<T, kCount> *>(address) = value;
}

/// 16 bytes that no thread writes while the kernel runs and that are read once,
/// such as weights: past the first-level cache (PTX ISA, "ld.global.nc").
struct alignas(16) Quad {
  uint32_t words[4];
};

HAGANE_DEVICE Quad loadStreaming(const void *global) {
#if defined(HAGANE_CUDA_EMULATED)
  return *static_cast<const Quad *>(global);
#else
  Quad quad;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(quad.words[0]), "=r"(quad.words[1]), "=r"(quad.words[2]),
                 "=r"(quad.words[3])
               : "l"(global));
  return quad;
#endif
}

} // namespace hagane::cuda
