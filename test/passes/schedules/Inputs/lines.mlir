// Fits no level; then another depth; then the kernels.
kernel.schedule_for "gemm" on "riscv*" use #kernel.gemm_schedule<item_m = 1, item_n = 32, block_k = 0, micro_m = 1, micro_n = 32, unroll_k = 4, prefetch = 0, pack_a = false>
kernel.schedule_for "gemm" where {k = 65} use #kernel.gemm_schedule<item_m = 2, item_n = 32, block_k = 0, micro_m = 1, micro_n = 32, unroll_k = 4, prefetch = 0, pack_a = false>
kernel.schedule_for "gemm" of "f32, f32 -> f32" on "x86-64-v4*" where {m = [1, 128], n = 64}
  use #kernel.gemm_schedule<item_m = 8, item_n = 32, block_k = 0, micro_m = 4, micro_n = 32, unroll_k = 2, prefetch = 0, pack_a = false>
kernel.schedule_for "gemm" where {m = #xf.dim<rows * 2>} use #kernel.gemm_schedule<item_m = 3, item_n = 32, block_k = 0, micro_m = 3, micro_n = 32, unroll_k = 4, prefetch = 0, pack_a = false>
