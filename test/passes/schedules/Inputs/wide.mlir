kernel.schedule_for "gemm" use #kernel.gemm_schedule<item_m = 8, item_n = 32, block_k = 0, micro_m = 4, micro_n = 8, unroll_k = 2, prefetch = 0, pack_a = false>
