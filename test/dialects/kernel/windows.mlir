// RUN: hagane-opt %s | hagane-opt | FileCheck %s

// CHECK-LABEL: func.func @windows
func.func @windows(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x36xf32>, %b: tensor<8xf32>, %c: tensor<2x8x64xf32>, %d: tensor<2x4x1x4x4xf32>) -> tensor<2x8x64xf32> {
  // CHECK: kernel.conv %{{.*}}, %{{.*}} extras %{{.*}} outs
  // CHECK-SAME: schedule = #kernel.conv_schedule<item_m = 24, item_n = 64, block_c = 2, micro_m = 12, micro_n = 32, unroll_k = 4>
  %0 = kernel.conv %x, %w extras %b outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [affine_map<(n, m, p) -> (m)>], shapes = [[], [], [], []],
      schedule = #kernel.conv_schedule<item_m = 24, item_n = 64, block_c = 2, micro_m = 12, micro_n = 32, unroll_k = 4>} epilogue {
  ^bb0(%acc: f32, %e: f32):
    %s = arith.addf %acc, %e : f32
    kernel.yield %s : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x36xf32>, tensor<8xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  // CHECK: kernel.window %{{.*}} outs
  %1 = kernel.window %x outs %d {kind = "max", window = array<i64: 1, 2, 2>, strides = array<i64: 1, 2, 2>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32, %count: f32):
    kernel.yield %m : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<2x4x1x4x4xf32>) -> tensor<2x4x1x4x4xf32>
  return %0 : tensor<2x8x64xf32>
}
