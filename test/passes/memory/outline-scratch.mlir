// RUN: hagane-opt %s --hagane-outline-kernels --split-input-file | FileCheck %s

// Scratch memory holds elements of the type that is computed in.

// CHECK-LABEL: func.func @f32
// Packed rows, a vector apart, and partial sums.
// CHECK: kernel.launch @gemm{{.*}}scratch = #xf.dim<1024>
// CHECK: kernel.launch @attention{{.*}}scratch = #xf.dim<5312>
// CHECK: kernel.launch @rows{{.*}}scratch = #xf.dim<128>
func.func @f32(%a: memref<4x64xf32>, %b: memref<64x16xf32>, %y: memref<4x16xf32>, %q: memref<1x1x16x16xf32>, %z: memref<1x1x16x16xf32>, %x: memref<3x20xf32>, %s: memref<3x20xf32>) {
  kernel.gemm %a, %b outs %y {b_layout = "rows", groups = 1 : i64, extra_maps = [], shapes = [[#xf.dim<4>, #xf.dim<64>], [#xf.dim<64>, #xf.dim<16>], [#xf.dim<4>, #xf.dim<16>]],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 16, block_k = 32, micro_m = 2, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = true>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x64xf32>, memref<64x16xf32>, memref<4x16xf32>) -> ()
  kernel.attention %q, %q, %q outs %z {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>,
      shapes = [[#xf.dim<1>, #xf.dim<1>, #xf.dim<16>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<1>, #xf.dim<16>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<1>, #xf.dim<16>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<1>, #xf.dim<16>, #xf.dim<16>]],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16>}
    : (memref<1x1x16x16xf32>, memref<1x1x16x16xf32>, memref<1x1x16x16xf32>, memref<1x1x16x16xf32>) -> ()
  kernel.rows ins %x outs %s {kinds = ["sum"], maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>], schedule = #kernel.rows_schedule<item_rows = 1, vector = 4>,
      shapes = [[#xf.dim<3>, #xf.dim<20>], [#xf.dim<3>, #xf.dim<20>]]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%sum: f32):
    kernel.yield
  } map {
  ^bb0(%e: f32, %sum: f32, %carry: f32):
    kernel.yield %carry : f32
  } : (memref<3x20xf32>, memref<3x20xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func.func @f64
// Packed rows, a vector apart, and partial sums.
// CHECK: kernel.launch @gemm{{.*}}scratch = #xf.dim<2048>
// CHECK: kernel.launch @attention{{.*}}scratch = #xf.dim<9600>
// CHECK: kernel.launch @rows{{.*}}scratch = #xf.dim<192>
func.func @f64(%a: memref<4x64xf64>, %b: memref<64x16xf64>, %y: memref<4x16xf64>, %q: memref<1x1x16x16xf64>, %z: memref<1x1x16x16xf64>, %x: memref<3x20xf64>, %s: memref<3x20xf64>) {
  kernel.gemm %a, %b outs %y {b_layout = "rows", groups = 1 : i64, extra_maps = [], shapes = [[#xf.dim<4>, #xf.dim<64>], [#xf.dim<64>, #xf.dim<16>], [#xf.dim<4>, #xf.dim<16>]],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 16, block_k = 32, micro_m = 2, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = true>} epilogue {
  ^bb0(%acc: f64):
    kernel.yield %acc : f64
  } : (memref<4x64xf64>, memref<64x16xf64>, memref<4x16xf64>) -> ()
  kernel.attention %q, %q, %q outs %z {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>,
      shapes = [[#xf.dim<1>, #xf.dim<1>, #xf.dim<16>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<1>, #xf.dim<16>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<1>, #xf.dim<16>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<1>, #xf.dim<16>, #xf.dim<16>]],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16>}
    : (memref<1x1x16x16xf64>, memref<1x1x16x16xf64>, memref<1x1x16x16xf64>, memref<1x1x16x16xf64>) -> ()
  kernel.rows ins %x outs %s {kinds = ["sum"], maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>], schedule = #kernel.rows_schedule<item_rows = 1, vector = 4>,
      shapes = [[#xf.dim<3>, #xf.dim<20>], [#xf.dim<3>, #xf.dim<20>]]} stages {
  ^bb0(%e: f64):
    kernel.yield %e : f64
  } finish {
  ^bb0(%sum: f64):
    kernel.yield
  } map {
  ^bb0(%e: f64, %sum: f64, %carry: f64):
    kernel.yield %carry : f64
  } : (memref<3x20xf64>, memref<3x20xf64>) -> ()
  return
}
