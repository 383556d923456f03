// RUN: hagane-opt %s --hagane-assign-schedules | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: hagane-opt %s --hagane-assign-schedules="vector-bits=256 vector-registers=16" | FileCheck %s --check-prefixes=CHECK,NARROW

// CHECK-LABEL: func.func @gemm
// WIDE: #kernel.gemm_schedule<item_m = 96, item_n = 32, block_k = 0, micro_m = 12, micro_n = 32,
// NARROW: #kernel.gemm_schedule<item_m = 48, item_n = 32, block_k = 0, micro_m = 6, micro_n = 16,
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
