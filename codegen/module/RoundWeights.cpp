//===- RoundWeights.cpp - Weights in narrower floats ----------------------===//

#include "codegen/module/RoundWeights.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace hagane;
using xf::eval::HostTensor;

// Elements that a thread takes at a time.
static constexpr int64_t kChunk = 1 << 16;

bool codegen::roundsToBf16(xf::Cast op) {
  return getElementTypeOrSelf(op.getX()).isF32() &&
         getElementTypeOrSelf(op.getY()).isBF16();
}

/// The upper half of an f32, rounded to nearest, ties to even. NaN becomes
/// quiet, so that no carry makes it something else.
static uint16_t roundBits(uint32_t bits) {
  constexpr uint32_t kInfinity = 0x7F800000, kQuiet = 0x00400000;
  if ((bits & ~0x80000000U) > kInfinity)
    return static_cast<uint16_t>((bits | kQuiet) >> 16);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

llvm::Expected<HostTensor> codegen::roundToBf16(MLIRContext *context,
                                                const HostTensor &x) {
  llvm::Expected<HostTensor> result =
      HostTensor::create(BFloat16Type::get(context), x.getShape());
  if (!result)
    return result;
  // A model's bytes lie at any address.
  const char *from = x.data();
  auto *to = reinterpret_cast<uint16_t *>(result->data());
  int64_t count = x.getCount();
  parallelFor(context, 0, llvm::divideCeil(count, kChunk), [&](size_t chunk) {
    int64_t begin = static_cast<int64_t>(chunk) * kChunk;
    for (int64_t i = begin; i < std::min(begin + kChunk, count); ++i) {
      uint32_t bits;
      std::memcpy(&bits, from + i * sizeof bits, sizeof bits);
      to[i] = roundBits(bits);
    }
  });
  return result;
}
