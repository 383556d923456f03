//===- KernelCodes.h - Where the codes of weights lie -----------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCODES_H
#define HAGANE_DIALECTS_KERNEL_KERNELCODES_H

#include "dialects/kernel/KernelOps.h"

namespace hagane::kernel {

/// Columns of a panel of codes, and rows that are coded together.
inline constexpr int64_t kCodesPanel = 32, kCodesRows = 32;
/// Bytes of codes of a quad of rows in half of the columns, with all bits that
/// are in one plane of other quads.
inline constexpr int64_t kCodesLine = 64;
/// More rows than any weight has.
inline constexpr int64_t kMostCodesRows = int64_t(1) << 31;

/// Sizes of a matrix of `rows` rows, of 1 to kMostCodesRows, as `codes` tells.
struct CodesLayout {
  CodesLayout(CodesAttr codes, int64_t rows);

  int64_t bits;
  int64_t rows;        ///< of the matrix
  int64_t block;       ///< rows of a block
  int64_t paddedBlock; ///< rows of a block in memory
  int64_t blocks;
  int64_t scaleBytes;
  bool hasZeros; ///< for each block and column

  /// Bytes of 32 rows of a panel.
  int64_t getRowsBytes() const { return kCodesPanel * kCodesRows * bits / 8; }
  /// Where the scales and the zero points of a block begin in it.
  int64_t getScalesOffset() const {
    return paddedBlock / kCodesRows * getRowsBytes();
  }
  int64_t getZerosOffset() const {
    return getScalesOffset() + kCodesPanel * scaleBytes;
  }
  int64_t getBlockBytes() const {
    return getZerosOffset() + (hasZeros ? kCodesPanel : 0);
  }
  int64_t getPanelBytes() const { return blocks * getBlockBytes(); }
  /// Rows with those that pad blocks.
  int64_t getPaddedRows() const { return blocks * paddedBlock; }
};

/// Bits of a code that lie together: `width` of them from `shift` on.
struct CodesPlane {
  int64_t width, shift;
};
/// In the order in which they lie.
llvm::SmallVector<CodesPlane, 3> getPlanes(int64_t bits);

/// The layout of a matrix product's b, whose layout is "codes".
CodesLayout getCodesLayout(Gemm op);

/// The result of `kernel.pack_codes` for a matrix [k, n].
RankedTensorType getPackedCodesType(CodesAttr codes, int64_t rows,
                                    int64_t columns, int64_t groups);

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELCODES_H
