//===- Matrices.cpp - Matrices in the registers of a warp -----------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Elements.h"
#include "device/emulator/Synchronize.h"

#include <cstring>

using namespace hagane;
using namespace hagane::emulator;
using cuda::Element;

static constexpr uint32_t kMatrixRows = 8, kRowBytes = 16;

void hagane::emulator::loadMatrices(const Lanes &lanes) {
  auto operand = [&](uint32_t lane) {
    return static_cast<const cuda::LoadMatrixOperand *>(lanes.in[lane]);
  };
  if (lanes.mask != ~uint32_t(0))
    lanes.team.fail("ldmatrix was called by some lanes only; all must",
                    lanes.place);
  uint32_t count = operand(0)->count;
  bool transposed = operand(0)->transposed;
  for (uint32_t matrix = 0; matrix < count; ++matrix) {
    uint16_t elements[kMatrixRows][8];
    for (uint32_t row = 0; row < kMatrixRows; ++row) {
      uint32_t lane = matrix * kMatrixRows + row;
      const void *address = operand(lane)->row;
      if (reinterpret_cast<uintptr_t>(address) % kRowBytes != 0)
        lanes.team.fail("ldmatrix was given a row that is not aligned to 16 "
                        "bytes by lane " +
                            std::to_string(lane),
                        lanes.place);
      Thread &reader = *lanes.warp.lanes[lane];
      lanes.team.accessShared({reader.index, reader.clock.now, &reader.clock},
                              address, kRowBytes, AccessKind::Read,
                              lanes.place);
      memcpy(elements[row], address, kRowBytes);
    }
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint32_t outer = lane / 4, inner = lane % 4 * 2;
      uint32_t low =
          transposed ? elements[inner][outer] : elements[outer][inner];
      uint32_t high =
          transposed ? elements[inner + 1][outer] : elements[outer][inner + 1];
      static_cast<uint32_t *>(lanes.out[lane])[matrix] = low | high << 16;
    }
  }
}

namespace {

/// One mma: 16 rows, 8 columns, 8 registers' elements deep. Which lane holds
/// which element is in mma.cuh.
class FragmentProduct {
public:
  explicit FragmentProduct(const Lanes &lanes)
      : lanes(lanes), first(*operand(0)),
        perRegister(32 / elementBits(first.a)) {}

  void run() {
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      for (uint32_t i = 0; i < 4; ++i) {
        uint32_t row = lane / 4 + 8 * (i / 2), column = lane % 4 * 2 + i % 2;
        uint32_t accumulator = operand(lane)->accumulators[i];
        auto *out = static_cast<uint32_t *>(lanes.out[lane]) + i;
        *out = accumulate(first.a, accumulator, [&](auto &&add) {
          for (uint32_t k = 0; k < 8 * perRegister; ++k)
            add(a(row, k), b(k, column));
        });
      }
  }

private:
  const cuda::ProductOperand *operand(uint32_t lane) const {
    return static_cast<const cuda::ProductOperand *>(lanes.in[lane]);
  }
  /// Element `position` of a row or column of a register pair.
  double element(Element type, const uint32_t *registers, uint32_t stride,
                 uint32_t k) const {
    uint32_t inRegister = k % perRegister;
    uint32_t word = registers[k / (4 * perRegister) * stride];
    return decode(type, word >> (inRegister * elementBits(type)));
  }
  double a(uint32_t row, uint32_t k) const {
    uint32_t lane = row % 8 * 4 + k / perRegister % 4;
    return element(first.a, operand(lane)->registersA + row / 8, 2, k);
  }
  double b(uint32_t k, uint32_t column) const {
    uint32_t lane = column * 4 + k / perRegister % 4;
    return element(first.b, operand(lane)->registersB, 1, k);
  }

  const Lanes &lanes;
  const cuda::ProductOperand &first;
  uint32_t perRegister;
};

} // namespace

void hagane::emulator::multiplyFragments(const Lanes &lanes) {
  if (lanes.mask != ~uint32_t(0))
    lanes.team.fail("mma was called by some lanes only; all must", lanes.place);
  FragmentProduct(lanes).run();
}
