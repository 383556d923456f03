//===- KernelWindows.h - Where windows lie ----------------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELWINDOWS_H
#define HAGANE_DIALECTS_KERNEL_KERNELWINDOWS_H

#include "dialects/kernel/KernelOps.h"

namespace hagane::kernel {

/// Elements between the rows of a convolution's copied patches: rows that are
/// a multiple of 4 KiB long would all start in the same sets of the cache.
inline constexpr int64_t kPatchRowPadding = 16;

/// Elements of the window of a convolution or reduction.
int64_t getWindowVolume(llvm::ArrayRef<int64_t> window);

/// Channels that lie element by element side by side in the weight of a
/// convolution, [ceil(out channels / p), k / d, p, d]: element (q, i, j, e) is
/// that of channel i / |window| * d + e and the window's element i % |window|;
/// 1 in weights of rank 2 and 3.
int64_t getInterleave(Conv op);

/// Channels that one group of a convolution sums over.
int64_t getGroupDepth(Conv op);

/// Byte offsets of the parts of a convolution item's scratch.
struct ConvScratch {
  int64_t patches;      ///< rows of item_n elements and kPatchRowPadding
  int64_t rows;         ///< of patches: those of block_c channels
  int64_t sums;         ///< item_m x item_n, if the channels are blocked
  int64_t bytes;        ///< all of it
  int64_t elementBytes; ///< of the type in which the kernel computes
};
ConvScratch getConvScratch(Conv op);

/// Whether the group's channels take more than one block.
inline bool isBlocked(Conv op) {
  return getGroupDepth(op) > op.getSchedule()->getBlockC();
}

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELWINDOWS_H
