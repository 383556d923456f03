//===- KernelCudaGemm.h - Matrix products on GPUs ---------------*- C++ -*-===//
//
// What schedules, host code and emitted code must agree on: how many blocks a
// launch has, and what is where in their shared memory.
//
// - blocks: batch * ceildiv(M, tile_m) * ceildiv(N, columns of a tile), in the
//   order of `findTile` in hagane/cuda/product.cuh.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCUDAGEMM_H
#define HAGANE_DIALECTS_KERNEL_KERNELCUDAGEMM_H

#include "dialects/kernel/KernelOps.h"

namespace hagane::kernel {

/// The schedule of a product that runs on a GPU; null for others.
CudaGemmAttr getCudaGemm(Gemm op);

/// Columns of the result that a tile has.
int64_t getTileColumns(Gemm op, CudaGemmAttr schedule);
/// Bytes between rows of sums that wait in shared memory for the epilogue, less
/// those of their elements: rows begin in different banks.
inline constexpr int64_t kSumsPadding = 16;

/// Bytes of shared memory, from which the parts of a step's tiles begin.
struct CudaGemmShared {
  int64_t a;        ///< of a stage: tile_m rows
  int64_t b;        ///< of a stage: tile_n rows
  int64_t stage;    ///< all of a stage
  int64_t sums;     ///< all sums, where the stages were
  int64_t barriers; ///< where barriers begin, behind all stages
  int64_t bytes;    ///< all of it
};
CudaGemmShared getCudaShared(Gemm op, CudaGemmAttr schedule);

/// What tensor cores multiply for this product; null: nothing.
Type getTensorFactor(Gemm op);

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDAGEMM_H
