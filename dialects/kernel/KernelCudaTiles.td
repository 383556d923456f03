//===- KernelCudaTiles.td - Attention and convolution on GPUs -*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCUDATILES_TD
#define HAGANE_DIALECTS_KERNEL_KERNELCUDATILES_TD

include "dialects/kernel/KernelCudaEnums.td"
include "dialects/kernel/KernelCudaSchedule.td"

def Kernel_CudaAttention : Kernel_CudaSchedule<"CudaAttention", "cuda_attention"> {
  let summary = "how a GPU's blocks share attention";
  let description = [{
    Rows are the queries of all heads that share keys. A block computes `rows`
    of them: it keeps them in shared memory while tiles of `keys` keys and values
    pass, and multiplies as `family` says.

    Up to `few_q` queries (0: none) run another way: a block computes `few_rows`
    rows, which its threads keep in registers while they stream keys and values,
    each team of threads `few_keys` of them at once. With `parts` above 1 the
    keys are cut in as many parts, each of which has blocks of its own.

    Rules: (U1) as for `cuda_loop`; (U6) of `tiled`, rows are a multiple of
    threads / 16 with at most 8 each, and keys one of 16, at most 128; (U7) few_q
    is at most 64, few_rows are from 1 to 16, few_keys from 1 to 8; (U8) parts
    are from 1 to 64.

    Example: `#kernel.cuda_attention<family = tiled, threads = 256, rows = 64, keys = 32>`
  }];
  let parameters = (ins EnumParameter<Kernel_CudaAttentionFamily>:$family, "int64_t":$threads, "int64_t":$rows,
                        "int64_t":$keys, DefaultValuedParameter<"int64_t", "0">:$few_q,
                        DefaultValuedParameter<"int64_t", "8">:$few_rows,
                        DefaultValuedParameter<"int64_t", "4">:$few_keys,
                        DefaultValuedParameter<"int64_t", "1">:$parts);
}

def Kernel_CudaConv : Kernel_CudaSchedule<"CudaConv", "cuda_conv"> {
  let summary = "how a GPU's blocks share a convolution";
  let description = [{
    A block computes `channels` channels of a group at `positions` positions,
    `steps` of the contraction at a time, for which it gathers what the windows
    see into shared memory.

    Rules: (U1) as for `cuda_loop`; (U9) threads form a grid of 16 along
    positions and the rest along channels, each with a whole number of groups of
    4 positions and 4 channels, and a multiple of the positions; (U10) steps are
    from 4 to 64.

    Example: `#kernel.cuda_conv<threads = 256, channels = 64, positions = 64, steps = 16>`
  }];
  let parameters = (ins "int64_t":$threads, "int64_t":$channels, "int64_t":$positions, "int64_t":$steps);
}

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDATILES_TD
