//===- KernelCudaCost.h - Blocks and memory of GPU kernels ------*- C++ -*-===//
//
// The numbers on which the host code (how many blocks, how much workspace) and
// the emitted kernels (what a block computes) must agree.
//
// - cuda_loop: ceildiv(groups, threads * per_thread) blocks, where the groups
//   are the product of all dimensions of the outs but the last, times
//   ceildiv(last, vector); of a task, its items.
// - cuda_rows: ceildiv(rows, rows of the schedule) blocks, where a reduction's
//   rows are the elements of its outs.
// - cuda_attention: batch * kvHeads * ceildiv(heads / kvHeads * queries, rows)
//   * parts blocks, parts fastest; rows of up to few_q queries are few_rows.
//   Row i of a batch entry's head of keys is query i / group of its head
//   i mod group.
// - cuda_conv: batch * groups * ceildiv(channels of a group, channels) *
//   ceildiv(positions, positions of the schedule) blocks, positions fastest.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCUDACOST_H
#define HAGANE_DIALECTS_KERNEL_KERNELCUDACOST_H

#include "dialects/kernel/KernelOps.h"

namespace hagane::kernel {

/// Groups of `vector` elements of a kernel with a `cuda_loop` schedule.
xf::Dim getGroups(Operation *kernel, CudaLoopAttr schedule);

/// Rows of a kernel with a `cuda_rows` schedule.
xf::Dim getRows(Operation *kernel);

/// Elements of a row, all that is reduced.
xf::Dim getRowLength(Operation *kernel);

/// Parts in which a schedule of a processor or GPU cuts attention's keys.
int64_t getParts(mlir::Attribute schedule);

/// Features of a query or key, and bytes of a number that attention computes.
int64_t getDepth(Attention op);
int64_t getComputeBytes(Attention op);

/// Bytes of shared memory that a tile of rows and keys takes, and a block of
/// the schedule, whatever its way.
int64_t getTileBytes(Attention op, int64_t rows, int64_t keys);
int64_t getSharedBytes(Attention op, CudaAttentionAttr schedule);
int64_t getSharedBytes(Conv op, CudaConvAttr schedule);

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDACOST_H
