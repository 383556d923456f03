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

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDACOST_H
