//===- float8.cuh - Numbers of 8 bits -------------------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// e4m3 (no infinity, largest 448) and e5m2 (largest finite 57344): storage and
// conversions, which saturate and keep NaN (PTX ISA, "cvt ... .satfinite").
// Instructions need sm_89; others convert in integer arithmetic.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/types.cuh"

namespace hagane::cuda {

struct f8e4m3 {
  uint8_t bits;

  f8e4m3() = default;
  HAGANE_DEVICE explicit f8e4m3(float value) {
#if HAGANE_SM >= 890
    uint16_t pair;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;"
        : "=h"(pair)
        : "f"(0.0f), "f"(value));
    bits = uint8_t(pair);
#else
    bits = software::toE4m3(value);
#endif
  }
  HAGANE_DEVICE explicit operator float() const {
    return software::fromE4m3(bits);
  }
};

struct f8e5m2 {
  uint8_t bits;

  f8e5m2() = default;
  HAGANE_DEVICE explicit f8e5m2(float value) {
#if HAGANE_SM >= 890
    uint16_t pair;
    asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;"
        : "=h"(pair)
        : "f"(0.0f), "f"(value));
    bits = uint8_t(pair);
#else
    bits = software::toE5m2(value);
#endif
  }
  HAGANE_DEVICE explicit operator float() const {
    return float(bitCast<f16>(uint16_t(bits << 8)));
  }
};

/// Two numbers of e4m3, the low one first, as floats.
HAGANE_DEVICE void unpackE4m3(uint16_t pair, float &low, float &high) {
#if HAGANE_SM >= 890
  uint32_t halves;
  asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(halves) : "h"(pair));
  low = float(bitCast<f16>(uint16_t(halves)));
  high = float(bitCast<f16>(uint16_t(halves >> 16)));
#else
  low = software::fromE4m3(uint8_t(pair));
  high = software::fromE4m3(uint8_t(pair >> 8));
#endif
}

} // namespace hagane::cuda
