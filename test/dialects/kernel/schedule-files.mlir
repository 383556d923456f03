// RUN: hagane-opt %s -split-input-file | FileCheck %s

// CHECK: kernel.schedule_for "gemm" of "f32, f32 -> f32" on "x86-64-v4*" where {k = 384 : i64, m = [64, 4096], n = #xf.dim<heads * 4>} use #kernel.gemm_schedule<
kernel.schedule_for "gemm" of "f32, f32 -> f32" on "x86-64-v4*" where {k = 384, m = [64, 4096], n = #xf.dim<4 * heads>}
  use #kernel.gemm_schedule<item_m = 96, item_n = 192, block_k = 0, micro_m = 12, micro_n = 32, unroll_k = 4, prefetch = 0, pack_a = false>

// CHECK: kernel.schedule_for "rows" use #kernel.rows_schedule<item_rows = 4, vector = 16>
kernel.schedule_for "rows" use #kernel.rows_schedule<item_rows = 4, vector = 16>
