//===- Elements.h - Elements of matrices ------------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_ELEMENTS_H
#define HAGANE_DEVICE_EMULATOR_ELEMENTS_H

#include "hagane/cuda/convert.cuh"

namespace hagane::emulator {

inline uint32_t elementBits(cuda::Element type) {
  switch (type) {
  case cuda::Element::TF32:
    return 32;
  case cuda::Element::F16:
  case cuda::Element::BF16:
    return 16;
  default:
    return 8;
  }
}

/// An element in the lowest bits of a word.
inline double decode(cuda::Element type, uint32_t bits) {
  using namespace cuda;
  switch (type) {
  case Element::F16:
    return software::fromF16(uint16_t(bits));
  case Element::BF16:
    return bitCast<float>(bits << 16);
  case Element::TF32:
    // The instruction does not look at the lowest 13 bits.
    return bitCast<float>(bits & 0xffffe000u);
  case Element::E4M3:
    return software::fromE4m3(uint8_t(bits));
  case Element::E5M2:
    return software::fromE5m2(uint8_t(bits));
  case Element::S8:
    return int8_t(bits);
  case Element::U8:
    return uint8_t(bits);
  }
  return 0;
}

inline bool isInteger(cuda::Element type) {
  return type == cuda::Element::S8 || type == cuda::Element::U8;
}

/// The accumulator (float or int32, as bits) plus the products that `body`
/// adds: floats are rounded once.
template <typename Body>
uint32_t accumulate(cuda::Element type, uint32_t accumulator, Body &&body) {
  double sum = 0;
  body([&](double a, double b) { sum += a * b; });
  if (isInteger(type))
    return accumulator + uint32_t(int32_t(sum));
  return cuda::bitCast<uint32_t>(
      float(cuda::bitCast<float>(accumulator) + sum));
}

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_ELEMENTS_H
