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

#include "hagane/cuda/convert.cuh"

namespace hagane::cuda {

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
