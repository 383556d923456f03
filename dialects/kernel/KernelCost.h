//===- KernelCost.h - Work items and scratch of kernels ---------*- C++ -*-===//
//
// The numbers on which the host code (how many items, how much scratch) and
// the kernel lowerings (what an item is, what lies where) must agree.
//
// - gemm: batch * ceildiv(M, item_m) * ceildiv(N, item_n) items, N the columns
//   of the outs; item = (batch * nblocks + nblock) * mblocks + mblock.
//   See GemmScratch.
// - attention: batch * heads * ceildiv(queries, block_q) items;
//   item = (batch * heads + head) * qblocks + qblock. See AttentionScratch.
//   For at most few_q queries batch * kvHeads * parts items, parts fastest.
// - rows: ceildiv(product of the row dimensions, item_rows) items; scratch
//   holds one row of the widest carry.
// - map: ceildiv(product of all dimensions but the last, item_size) items
//   (rank 0: one).
// - reduce: the same over the dimensions that are not reduced.
// - conv: batch * groups * ceildiv(channels of a group, item_m) *
//   ceildiv(positions, item_n) items, positions fastest. See KernelWindows.h.
// - window: ceildiv(product of the outs' dimensions but the last, item_size).
// - gather: ceildiv(product of the axes before and of the indices, item_size).
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCOST_H
#define HAGANE_DIALECTS_KERNEL_KERNELCOST_H

#include "dialects/kernel/KernelOps.h"

namespace hagane::kernel {

/// Elements between the packed rows of a matrix product's left operand.
inline constexpr int64_t kPackedRowPadding = 16;

/// Rows of a matrix product that are few: at most two strips of half as many.
inline constexpr int64_t kFewRows = 16;

/// The type in which products are summed: that of the epilogue's accumulators.
mlir::Type getAccumulatorType(Gemm op);

/// The type in which a product of codes copies a's rows: i8, or f32.
mlir::Type getCopyType(Gemm op);

/// Columns of a panel of a matrix product's b; 0 if b is not in panels.
int64_t getPanelWidth(Gemm op);

/// Byte offsets of the parts of a matrix product's scratch, each aligned to 64
/// bytes; elements have the accumulators' type.
struct GemmScratch {
  int64_t packedA; ///< with pack_a, item_m x (block_k + kPackedRowPadding)
  int64_t sums;    ///< (item_n * groups / micro_n) x item_m x micro_n
  int64_t bytes;   ///< all of it
  bool isBlocked;  ///< the contraction may be longer than block_k
  // Of products of codes, whose rows are always copied, and padded as blocks
  // of codes are:
  int64_t packedRow = 0;    ///< elements of a row in packedA, padding included
  int64_t packedBlocks = 0; ///< blocks of codes in it: those of block_k
  int64_t sumsOfA = 0;      ///< a word for each row and block
};
GemmScratch getGemmScratch(Gemm op);

/// Byte offsets of the parts of an attention item's scratch, each aligned to
/// 64 bytes; elements have the queries' compute type.
struct AttentionScratch {
  int64_t queries;   ///< ceildiv(block_q, micro_n) x d x micro_n, transposed
  int64_t scores;    ///< scoreRows x micro_n, transposed
  int64_t scoreRows; ///< block_k and what tiles may write beyond
  int64_t acc;       ///< block_q x e, rows padded to 64 bytes
  int64_t rowMax;    ///< block_q
  int64_t rowSum;    ///< block_q
  int64_t rescale;   ///< micro_n
  int64_t packedK;   ///< with pack, block_k x d
  int64_t packedV; ///< with pack or 16 bits, block_k x e, rows padded likewise
  int64_t bytes;   ///< all of it
};
AttentionScratch getAttentionScratch(Attention op);

/// The same for items of few queries, whose rows are the queries of all heads
/// that share keys.
struct FewAttentionScratch {
  int64_t rows;         ///< few_q x heads that share keys
  int64_t queries;      ///< rows x d, padded to 64 bytes
  int64_t scores;       ///< rows x scoreColumns
  int64_t scoreColumns; ///< block_k, padded to 64 bytes
  int64_t acc;          ///< rows x e, padded to 64 bytes
  int64_t rowMax;       ///< rows
  int64_t rowSum;       ///< rows
  int64_t rescale;      ///< rows
  int64_t scales;       ///< of codes: 2 x scoreColumns, of keys and values
  int64_t bytes;        ///< all of it
};
FewAttentionScratch getFewAttentionScratch(Attention op);

/// Scores of all heads: pairs of a query and a key that it may see by its
/// position.
xf::Dim getScoreCount(Attention op);
/// Operations of a softmax that `getFlops` counts for a score.
inline constexpr int64_t kSoftmaxFlops = 8;

/// Heads that share keys and values, if that is known: what items of few
/// queries need.
std::optional<int64_t> getStaticGroup(Attention op);

/// Where a layout such as "bshd" has batch, heads, positions and features.
struct AttentionAxes {
  explicit AttentionAxes(StringRef layout)
      : batch(layout.find('b')), heads(layout.find('h')),
        positions(layout.find('s')), features(layout.find('d')) {}
  size_t batch, heads, positions, features;
};

/// Whether keys, or values, are states of codes, each row of which its scale
/// follows; see XfState.td.
bool isCoded(Attention op, Value state);
/// The bytes of that scale.
inline constexpr int64_t kScaleBytes = 4;
/// Features of a value.
int64_t getValueSize(Attention op);

/// Sizes of attention's axes, whatever the layouts.
struct AttentionSizes {
  xf::Dim batch, heads, kvHeads, queries, keys, d, e;
};
AttentionSizes getAttentionSizes(Attention op);

/// Sizes of the dimensions that `maps` range over, columns last.
llvm::SmallVector<xf::Dim> getIterationDims(Rows op);
llvm::SmallVector<xf::Dim> getIterationDims(Reduce op);

/// Bytes an element takes in memory: packed types round up to one byte.
int64_t getElementBytes(Type type);

/// A number of items, bytes or operations that no symbol changes.
xf::Dim getConstant(Operation *op, int64_t value);
xf::Dim getProduct(Operation *op, ArrayRef<xf::Dim> dims);

/// Bytes of all operands of a kernel.
xf::Dim getOperandBytes(Operation *op);

/// The type of what a kernel multiplies: that of both factors in memory if it
/// is one; bf16, if a convolution or attention rounds the others to it; else
/// the type in which it computes. Null for kernels whose
/// operations are not products for the most part.
Type getFactorType(Operation *op);

/// Scalar operations of a region, terminator and constants apart.
int64_t countOps(Region &region);

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELCOST_H
