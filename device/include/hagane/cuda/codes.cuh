//===- codes.cuh - Weights of few bits --------------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Codes as `#kernel.codes` lays them out: of 32 terms and 32 columns, planes of
// 8, 4, 2 and 1 bits, whose words are four terms of a column. A word of 4 bits
// is what two fragments of a tensor core's operand hold, so that columns may be
// read as they are.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/types.cuh"

namespace hagane::cuda {

constexpr int kCodesPanel = 32, kCodesTerms = 32;

/// Where a block's parts lie in a panel.
template <int kBits, int kBlock, typename Scale, bool kHasZeros>
struct CodesLayout {
  static constexpr int kPadded =
      (kBlock + kCodesTerms - 1) / kCodesTerms * kCodesTerms;
  static constexpr int kTermsBytes = kCodesPanel * kCodesTerms * kBits / 8;
  static constexpr int kScales = kPadded / kCodesTerms * kTermsBytes;
  static constexpr int kZeros = kScales + kCodesPanel * int(sizeof(Scale));
  static constexpr int kBytes = kZeros + (kHasZeros ? kCodesPanel : 0);

  /// A column's scale, and its zero point where blocks have their own.
  static HAGANE_DEVICE float scale(const uint8_t *block, int column) {
    return float(reinterpret_cast<const Scale *>(block + kScales)[column]);
  }
  static HAGANE_DEVICE int zero(const uint8_t *block, int column) {
    return block[kZeros + column];
  }

  /// The code of a term of the block in a column.
  static HAGANE_DEVICE int code(const uint8_t *block, int term, int column) {
    const uint8_t *rows = block + term / kCodesTerms * kTermsBytes +
                          column / 16 * (kTermsBytes / 2) + column % 16 * 4 +
                          term % 4;
    int quad = term % kCodesTerms / 4, code = 0, line = 0, shift = 0;
#pragma unroll
    for (int width = 8; width > 0; width /= 2)
      if (kBits & width) {
        int bits = rows[(line + quad % width) * 64] >> (quad / width * width);
        code |= (bits & ((1 << width) - 1)) << shift;
        line += width;
        shift += width;
      }
    return code;
  }
};

/// Term `term` of a column of a weight of codes, as a number. `panel` is the
/// column's; all blocks have `zero` unless they have zero points of their own.
template <typename Layout, int kBlock, bool kHasZeros>
HAGANE_DEVICE float decode(const uint8_t *panel, int64_t term, int column,
                           int zero) {
  const uint8_t *block = panel + term / kBlock * Layout::kBytes;
  if (kHasZeros)
    zero = Layout::zero(block, column);
  int code = Layout::code(block, int(term % kBlock), column);
  return float(code - zero) * Layout::scale(block, column);
}

} // namespace hagane::cuda
