// RUN: hagane-opt %s --hagane-assign-schedules | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: hagane-opt %s --hagane-assign-schedules="vector-bits=256 vector-registers=16" | FileCheck %s --check-prefixes=CHECK,NARROW
// RUN: hagane-opt %s --hagane-assign-schedules="threads=2" | FileCheck %s --check-prefixes=CHECK,PAIR
// RUN: hagane-opt %s --hagane-assign-schedules="bf16-dots=true" | FileCheck %s --check-prefix=DOTS
// RUN: hagane-opt %s --hagane-assign-schedules="int8-dots=true threads=2" | FileCheck %s --check-prefix=QUADS

// CHECK-LABEL: func.func @gemm
// Eight threads: two parts of the columns and four of the rows.
// WIDE: #kernel.gemm_schedule<item_m = 36, item_n = 32, block_k = 0, micro_m = 12, micro_n = 32,
// NARROW: #kernel.gemm_schedule<item_m = 36, item_n = 32, block_k = 0, micro_m = 6, micro_n = 16,
// PAIR: #kernel.gemm_schedule<item_m = 132, item_n = 32, block_k = 0, micro_m = 12, micro_n = 32,
func.func @gemm(%a: tensor<128x64xf32>, %b: tensor<2x64x32xf32>, %c: tensor<128x64xf32>) -> tensor<128x64xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<128x64xf32>, tensor<2x64x32xf32>, tensor<128x64xf32>) -> tensor<128x64xf32>
  return %y : tensor<128x64xf32>
}

// One row: no packing, as many columns per item as keep the threads busy.
// CHECK-LABEL: func.func @one_row
// CHECK: item_m = 1,
// CHECK-SAME: pack_a = false
func.func @one_row(%a: tensor<1x64xf32>, %b: tensor<2x64x32xf32>, %c: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<1x64xf32>, tensor<2x64x32xf32>, tensor<1x64xf32>) -> tensor<1x64xf32>
  return %y : tensor<1x64xf32>
}

// Too few of these rows fit the L2 cache: packed blocks of the contraction do, a panel of which takes a sixteenth of
// the cache. Blocks of rows are equal; b is far away.
// CHECK-LABEL: func.func @deep
// NARROW: #kernel.gemm_schedule<item_m = 132, item_n = 512, block_k = 1024, micro_m = 6, micro_n = 16, unroll_k = 4, prefetch = 524288, pack_a = true>
// PAIR: #kernel.gemm_schedule<item_m = 264, item_n = 1024, block_k = 512, micro_m = 12, micro_n = 32, unroll_k = 4, prefetch = 524288, pack_a = true>
func.func @deep(%a: tensor<512x4096xf32>, %b: tensor<128x4096x32xf32>, %c: tensor<512x4096xf32>) -> tensor<512x4096xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<512x4096xf32>, tensor<128x4096x32xf32>, tensor<512x4096xf32>) -> tensor<512x4096xf32>
  return %y : tensor<512x4096xf32>
}

// One strip of rows is never packed.
// CHECK-LABEL: func.func @few_rows
// PAIR: #kernel.gemm_schedule<item_m = 7, item_n = 256, block_k = 0, micro_m = 7, micro_n = 32, unroll_k = 4, prefetch = 524288, pack_a = false>
func.func @few_rows(%a: tensor<7x4096xf32>, %b: tensor<128x4096x32xf32>, %c: tensor<7x4096xf32>) -> tensor<7x4096xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<7x4096xf32>, tensor<128x4096x32xf32>, tensor<7x4096xf32>) -> tensor<7x4096xf32>
  return %y : tensor<7x4096xf32>
}

// f64 has half the lanes and takes twice the space.
// CHECK-LABEL: func.func @double
// PAIR: #kernel.gemm_schedule<item_m = 132, item_n = 1024, block_k = 512, micro_m = 12, micro_n = 16, unroll_k = 4, prefetch = 1048576, pack_a = true>
func.func @double(%a: tensor<512x4096xf64>, %b: tensor<128x4096x32xf64>, %c: tensor<512x4096xf64>) -> tensor<512x4096xf64> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f64):
    kernel.yield %acc : f64
  } : (tensor<512x4096xf64>, tensor<128x4096x32xf64>, tensor<512x4096xf64>) -> tensor<512x4096xf64>
  return %y : tensor<512x4096xf64>
}

// Bytes are not widened before they are copied: rows of 4096 fit the L2 cache as they are. Where nothing sums their
// products, what they are widened to takes registers.
// WIDE-LABEL: func.func @bytes
// WIDE: #kernel.gemm_schedule<item_m = 132, item_n = 256, block_k = 0, micro_m = 12, micro_n = 32,
// NARROW-LABEL: func.func @bytes
// NARROW: micro_m = 4, micro_n = 16,
// QUADS-LABEL: func.func @bytes
// QUADS: #kernel.gemm_schedule<item_m = 132, item_n = 256, block_k = 0, micro_m = 12, micro_n = 32, unroll_k = 4, prefetch = 131072, pack_a = false>
func.func @bytes(%a: tensor<512x4096xui8>, %b: tensor<128x1024x32x4xi8>, %c: tensor<512x4096xi32>) -> tensor<512x4096xi32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: i32):
    kernel.yield %acc : i32
  } : (tensor<512x4096xui8>, tensor<128x1024x32x4xi8>, tensor<512x4096xi32>) -> tensor<512x4096xi32>
  return %y : tensor<512x4096xi32>
}

// A schedule that is there stays.
// CHECK-LABEL: func.func @kept
// CHECK: #kernel.loop_schedule<item_size = 7, vector = 4>
func.func @kept(%a: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %m = kernel.map ins %a outs %c {maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], shapes = [[], []], schedule = #kernel.loop_schedule<item_size = 7, vector = 4>} body {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  } : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %m : tensor<4xf32>
}

// Items are whole panels of rows; with few positions they are parts of the channels, so that all threads work.
// CHECK-LABEL: func.func @conv
// WIDE: #kernel.conv_schedule<item_m = 12, item_n = 64, block_c = {{[0-9]+}}, micro_m = 12, micro_n = 32,
// NARROW: #kernel.conv_schedule<item_m = 12, item_n = 64, block_c = {{[0-9]+}}, micro_m = 6, micro_n = 16,
func.func @conv(%x: tensor<1x4x1x8x8xf32>, %w: tensor<2x36x12xf32>, %c: tensor<1x24x64xf32>) -> tensor<1x24x64xf32> {
  %y = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64, extra_maps = [],
      shapes = [[#xf.dim<1>, #xf.dim<4>, #xf.dim<1>, #xf.dim<8>, #xf.dim<8>], [#xf.dim<2>, #xf.dim<36>, #xf.dim<12>], [#xf.dim<1>, #xf.dim<24>, #xf.dim<64>]]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<1x4x1x8x8xf32>, tensor<2x36x12xf32>, tensor<1x24x64xf32>) -> tensor<1x24x64xf32>
  return %y : tensor<1x24x64xf32>
}

// Rows of rounded patches hold two channels: twice as many stay in the cache as of those in f32. Blocks are whole pairs.
// CHECK-LABEL: func.func @conv_of_pairs
// WIDE: block_c = 28,
// DOTS-LABEL: func.func @conv_of_pairs
// DOTS: block_c = 56,
func.func @conv_of_pairs(%x: tensor<1x640x1x32x32xf32>, %w: tensor<27x2880x12x2xbf16>, %c: tensor<1x320x1024xf32>) -> tensor<1x320x1024xf32> {
  %y = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64, extra_maps = [],
      shapes = [[#xf.dim<1>, #xf.dim<640>, #xf.dim<1>, #xf.dim<32>, #xf.dim<32>], [#xf.dim<27>, #xf.dim<2880>, #xf.dim<12>, #xf.dim<2>], [#xf.dim<1>, #xf.dim<320>, #xf.dim<1024>]]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<1x640x1x32x32xf32>, tensor<27x2880x12x2xbf16>, tensor<1x320x1024xf32>) -> tensor<1x320x1024xf32>
  return %y : tensor<1x320x1024xf32>
}

// Nothing to compute is no reason to divide by it.
// CHECK-LABEL: func.func @empty_conv
// CHECK: #kernel.conv_schedule<
func.func @empty_conv(%x: tensor<1x4x1x8x0xf32>, %w: tensor<2x36x12xf32>, %c: tensor<1x24x0xf32>) -> tensor<1x24x0xf32> {
  %y = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64, extra_maps = [],
      shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<1x4x1x8x0xf32>, tensor<2x36x12xf32>, tensor<1x24x0xf32>) -> tensor<1x24x0xf32>
  return %y : tensor<1x24x0xf32>
}

// More rows than any machine has are cut as many are.
// CHECK-LABEL: func.func @endless
// CHECK: #kernel.gemm_schedule<
func.func @endless(%a: tensor<?x4096xf32>, %b: tensor<128x4096x32xf32>, %c: tensor<?x4096xf32>) -> tensor<?x4096xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [],
      shapes = [[#xf.dim<9223372036854775807>, #xf.dim<4096>], [#xf.dim<128>, #xf.dim<4096>, #xf.dim<32>], [#xf.dim<9223372036854775807>, #xf.dim<4096>]]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<?x4096xf32>, tensor<128x4096x32xf32>, tensor<?x4096xf32>) -> tensor<?x4096xf32>
  return %y : tensor<?x4096xf32>
}
