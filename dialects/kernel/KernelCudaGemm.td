//===- KernelCudaGemm.td - How GPUs multiply matrices ------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCUDAGEMM_TD
#define HAGANE_DIALECTS_KERNEL_KERNELCUDAGEMM_TD

include "dialects/kernel/KernelCudaEnums.td"
include "dialects/kernel/KernelCudaSchedule.td"

def Kernel_CudaGemm : Kernel_CudaSchedule<"CudaGemm", "cuda_gemm"> {
  let summary = "how a matrix product runs on a GPU";
  let description = [{
    A block of threads computes `tile_m` rows and `tile_n` columns of the result
    in steps of `tile_k` terms, of which `stages` are in shared memory at a time.
    Its warps are `warps_m` x `warps_n`. With `groups` = 2, a tile has tile_n / 2
    columns of each group.

    | family | tiles in shared memory | a warp | needs |
    |---|---|---|---|
    | simt | as numbers of the type that sums them | 4 x 8 lanes, each with a part of the warp's share; multiply-adds of scalars | |
    | mma | copied asynchronously as they are | `mma.sync` of m16n8 and 32 bytes of terms | sm_80; factors both bf16, f16 or of 8 bits |

    `registers` is what a thread may use without spilling.

    Rules: (U1) all warps are at most 32; (U9) sizes are positive and within
    reason; (U10) a warp's rows and columns are multiples of what it computes at
    once: 4 x 8 for simt, 16 x 16 for mma; (U11) tile_k is a multiple of 4 for
    simt and of 16 for mma; (U12) mma has 2 to 8 stages, simt one.

    Example:
    `#kernel.cuda_gemm<family = mma, tile_m = 128, tile_n = 128, tile_k = 32, warps_m = 2, warps_n = 4, stages = 4, registers = 168>`
  }];
  let parameters = (ins EnumParameter<Kernel_CudaGemmFamily>:$family, "int64_t":$tile_m, "int64_t":$tile_n,
                        "int64_t":$tile_k, "int64_t":$warps_m, "int64_t":$warps_n, "int64_t":$stages,
                        "int64_t":$registers);
}

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDAGEMM_TD
