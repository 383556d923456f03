//===- TensorMap.h - What the emulator keeps in a CUtensorMap ---*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_TENSORMAP_H
#define HAGANE_DEVICE_EMULATOR_TENSORMAP_H

#include "device/driver/CudaDriver.h"

#include <cstdint>

namespace hagane::emulator {

constexpr uint32_t kMaxRank = 5;

/// The emulator's own layout of the 128 bytes; dimension 0 is the innermost.
struct TensorMap {
  uint64_t magic;
  uint64_t base;
  /// Bytes from one index of dimension i + 1 to the next.
  uint64_t strides[kMaxRank - 1];
  uint32_t dims[kMaxRank];
  uint16_t box[kMaxRank];
  uint8_t rank, elementBytes, type;
  /// Bytes of a swizzled row: 32, 64 or 128; 0 for none.
  uint8_t swizzleBytes;
};

constexpr uint64_t kTensorMapMagic = 0x70616d736e74ull;
static_assert(sizeof(TensorMap) <= sizeof(CUtensorMap), "does not fit");

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_TENSORMAP_H
