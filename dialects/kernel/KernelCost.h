//===- KernelCost.h - Work items and scratch of kernels ---------*- C++ -*-===//
//
// The numbers on which the host code (how many items, how much scratch) and
// the kernel lowerings (what an item is, what lies where) must agree.
//
// - gemm: batch * ceildiv(M, item_m) * ceildiv(N, item_n) items, N the columns
//   of the outs; item = (batch * nblocks + nblock) * mblocks + mblock.
//   Scratch: with pack_a, item_m rows of block_k (K if that is 0) and
//   kPackedRowPadding elements, rounded up; then, unless K is
//   known to fit block_k, item_m * item_n * groups f32 accumulators.
// - attention: batch * heads * ceildiv(queries, block_q) items;
//   item = (batch * heads + head) * qblocks + qblock. See AttentionScratch.
// - rows: ceildiv(product of the row dimensions, item_rows) items; scratch
//   holds one row of f32 for the carry.
// - map: ceildiv(product of all dimensions but the last, item_size) items
//   (rank 0: one).
// - reduce: the same over the dimensions that are not reduced.
// - gather: ceildiv(product of the axes before and of the indices, item_size).
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCOST_H
#define HAGANE_DIALECTS_KERNEL_KERNELCOST_H

#include "dialects/kernel/KernelOps.h"

namespace hagane::kernel {

/// Elements between the packed rows of a matrix product's left operand.
inline constexpr int64_t kPackedRowPadding = 16;

/// Byte offsets of the parts of an attention item's scratch, each aligned to
/// 64 bytes; elements have 4 bytes.
struct AttentionScratch {
  int64_t queries; ///< d x block_q: the queries, transposed
  int64_t scores;  ///< block_q x block_k
  int64_t acc;     ///< block_q x e, rows padded to 64 bytes
  int64_t rowMax;  ///< block_q
  int64_t rowSum;  ///< block_q
  int64_t rescale; ///< block_q
  int64_t bytes;   ///< all of it
};
AttentionScratch getAttentionScratch(int64_t d, int64_t e,
                                     AttentionScheduleAttr schedule);

/// Sizes of attention's axes, whatever the layouts.
struct AttentionSizes {
  xf::Dim batch, heads, kvHeads, queries, keys, d, e;
};
AttentionSizes getAttentionSizes(Attention op);

/// Bytes an element takes in memory: packed types round up to one byte.
int64_t getElementBytes(Type type);

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELCOST_H
