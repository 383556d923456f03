//===- target.cuh - GPU compiler or emulation -------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one place that tells the two implementations of this library apart. On a
// GPU (NVRTC or nvcc) primitives are inline PTX. With HAGANE_CUDA_EMULATED a
// compiler for CPUs reads the same sources: CUDA's words become plain C++, and
// primitives call the emulator through the table of emulation.h.
//
//===----------------------------------------------------------------------===//
#pragma once

#if defined(HAGANE_CUDA_EMULATED)

#include "hagane/cuda/emulation.h"

#include <math.h>
#include <string.h>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define __grid_constant__

#define threadIdx (::hagane::cuda::emulated::threadIndex())
#define blockIdx (::hagane::cuda::emulated::blockIndex())
#define blockDim (::hagane::cuda::emulated::blockSize())
#define gridDim (::hagane::cuda::emulated::gridSize())

#elif !defined(__CUDACC__)
#error "compile with NVRTC or nvcc, or define HAGANE_CUDA_EMULATED"
#endif

/// All functions of the library: internal to the kernel and always inlined, so
/// that arrays passed by reference stay in registers.
#define HAGANE_DEVICE __device__ __forceinline__

/// The SM for which a GPU's compiler runs, times 10 (900); 0 in emulation and
/// in the host pass of nvcc.
#if defined(__CUDA_ARCH__)
#define HAGANE_SM __CUDA_ARCH__
#else
#define HAGANE_SM 0
#endif
