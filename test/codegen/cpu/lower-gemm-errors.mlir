// RUN: hagane-opt %s --hagane-lower-kernels --split-input-file --verify-diagnostics

func.func private @lanes(%a: memref<4x8xf32>, %w: memref<8x40xf32>, %y: memref<4x40xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{micro_n 24 is not a multiple of 16 lanes}}
  kernel.gemm %a, %w outs %y {b_layout = "rows", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 48, block_k = 0, micro_m = 2, micro_n = 24, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x8xf32>, memref<8x40xf32>, memref<4x40xf32>) -> ()
  return
}

// -----

func.func private @panel(%a: memref<4x8xf32>, %w: memref<1x8x48xf32>, %y: memref<4x40xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{micro_n 32 does not divide the panel width 48}}
  kernel.gemm %a, %w outs %y {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 64, block_k = 0, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x8xf32>, memref<1x8x48xf32>, memref<4x40xf32>) -> ()
  return
}

// -----

func.func private @blocks_of_codes(%a: memref<4x96xi8>, %w: memref<2x1728xui8>, %y: memref<4x40xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{block_k 48 is not a multiple of the 32 rows of a block of codes}}
  kernel.gemm %a, %w outs %y {b_layout = "codes", codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 64, block_k = 48, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x96xi8>, memref<2x1728xui8>, memref<4x40xf32>) -> ()
  return
}

// -----

func.func private @groups(%a: memref<4x8xf32>, %w: memref<1x8x128xf32>, %y: memref<4x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{found micro_n 32 and item_n 96 for groups of 64 columns in a panel, which the former must divide, or be all of a panel, and the latter be a multiple of}}
  kernel.gemm %a, %w outs %y {b_layout = "panels", groups = 2 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 96, block_k = 0, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%gate: f32, %up: f32):
    kernel.yield %up : f32
  } : (memref<4x8xf32>, memref<1x8x128xf32>, memref<4x32xf32>) -> ()
  return
}

// -----

func.func private @group_lanes(%a: memref<4x8xf32>, %w: memref<1x8x16xf32>, %y: memref<4x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{found panels of 16 columns, expected 2 groups of a multiple of 16 lanes}}
  kernel.gemm %a, %w outs %y {b_layout = "panels", groups = 2 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 0, micro_m = 2, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%gate: f32, %up: f32):
    kernel.yield %up : f32
  } : (memref<4x8xf32>, memref<1x8x16xf32>, memref<4x32xf32>) -> ()
  return
}

// -----

func.func private @interleaved(%a: memref<4x8xf32>, %w: memref<1x4x32x2xf32>, %y: memref<4x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{expected interleaved pairs of bf16 and sums in f32, or interleaved quads of 8 bits, a of 8 bits and sums in i32, found a of type 'memref<4x8xf32>', b of type 'memref<1x4x32x2xf32>' and sums in 'f32'}}
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 0, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x8xf32>, memref<1x4x32x2xf32>, memref<4x32xf32>) -> ()
  return
}

// -----

func.func private @block(%a: memref<4x8xf32>, %w: memref<1x4x32x2xbf16>, %y: memref<4x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{block_k 3 is not a multiple of the 2 terms of a step}}
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 3, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x8xf32>, memref<1x4x32x2xbf16>, memref<4x32xf32>) -> ()
  return
}

// -----

func.func private @width(%a: memref<4x8xf32>, %w: memref<1x8x0xf32>, %y: memref<4x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{expected panels of a static width, found b of type 'memref<1x8x0xf32>'}}
  kernel.gemm %a, %w outs %y {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 0, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x8xf32>, memref<1x8x0xf32>, memref<4x32xf32>) -> ()
  return
}

// -----

func.func private @pairs_of_bytes(%a: memref<4x8xui8>, %w: memref<1x4x32x2xi8>, %y: memref<4x32xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{expected interleaved pairs of bf16 and sums in f32, or interleaved quads of 8 bits, a of 8 bits and sums in i32, found a of type 'memref<4x8xi8>', b of type 'memref<1x4x32x2xi8>' and sums in 'i32'}}
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 0, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: i32):
    kernel.yield %acc : i32
  } : (memref<4x8xui8>, memref<1x4x32x2xi8>, memref<4x32xi32>) -> ()
  return
}

// -----

func.func private @sums_of_bytes(%a: memref<4x8xui8>, %w: memref<1x2x32x4xi8>, %y: memref<4x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{found a of type 'memref<4x8xi8>', b of type 'memref<1x2x32x4xi8>' and sums in 'f32'}}
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 0, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x8xui8>, memref<1x2x32x4xi8>, memref<4x32xf32>) -> ()
  return
}

// -----

func.func private @block_of_quads(%a: memref<4x8xui8>, %w: memref<1x2x32x4xi8>, %y: memref<4x32xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{block_k 6 is not a multiple of the 4 terms of a step}}
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 6, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: i32):
    kernel.yield %acc : i32
  } : (memref<4x8xui8>, memref<1x2x32x4xi8>, memref<4x32xi32>) -> ()
  return
}
