kernel.schedule_for "gemm" use #kernel.gemm_schedule<item_m = 32, item_n = 32, block_k = 0, micro_m = 32, micro_n = 32, unroll_k = 2, prefetch = 0, pack_a = false>
