// RUN: hagane-opt %s --hagane-assign-schedules="level=x86-64-v4+bf16 file=%S/Inputs/lines.mlir" | FileCheck %s
// RUN: not hagane-opt %s --hagane-assign-schedules="file=%S/Inputs/wide.mlir" 2>&1 | FileCheck %s --check-prefix=WIDE
// RUN: not hagane-opt %s --hagane-assign-schedules="file=%S/Inputs/large.mlir" 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not hagane-opt %s --hagane-assign-schedules="file=%S/Inputs/other.mlir" 2>&1 | FileCheck %s --check-prefix=OTHER

// WIDE: wide.mlir:1:1: error: for a gemm on this target: micro_n is 8, expected a multiple of the target's 16 lanes
// LARGE: large.mlir:1:1: error: for a gemm on this target: a tile of 32 x 2 vectors needs 67 registers, the target has 32
// OTHER: other.mlir:1:1: error: a schedule file holds kernel.schedule_for only, found func.func

xf.symbol @rows {max = 64 : i64, min = 1 : i64}
xf.symbol @many {max = 640 : i64, min = 1 : i64}

// The first line that fits.
// CHECK-LABEL: func.func @number
// CHECK: item_m = 8,
func.func @number(%a: tensor<128x64xf32>, %b: tensor<2x64x32xf32>, %c: tensor<128x64xf32>) -> tensor<128x64xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<128x64xf32>, tensor<2x64x32xf32>, tensor<128x64xf32>) -> tensor<128x64xf32>
  return %y : tensor<128x64xf32>
}

// A symbol whose range is in that of the line.
// CHECK-LABEL: func.func @range
// CHECK: item_m = 8,
func.func @range(%a: tensor<?x64xf32>, %b: tensor<2x64x32xf32>, %c: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [],
      shapes = [[#xf.dim<rows>, #xf.dim<64>], [], [#xf.dim<rows>, #xf.dim<64>]]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<?x64xf32>, tensor<2x64x32xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @expression
// CHECK: item_m = 3,
func.func @expression(%a: tensor<?x64xf32>, %b: tensor<1x64x32xf32>, %c: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [],
      shapes = [[#xf.dim<2 * rows>, #xf.dim<64>], [], [#xf.dim<2 * rows>, #xf.dim<32>]]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<?x64xf32>, tensor<1x64x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// No line fits: many may be above 128.
// CHECK-LABEL: func.func @none
// CHECK: micro_m = 12,
func.func @none(%a: tensor<?x64xf32>, %b: tensor<2x64x32xf32>, %c: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = kernel.gemm %a, %b outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [],
      shapes = [[#xf.dim<many>, #xf.dim<64>], [], [#xf.dim<many>, #xf.dim<64>]]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<?x64xf32>, tensor<2x64x32xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
