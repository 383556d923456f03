// Schedules of attention and convolutions of a GPU, and blocks as launches count them.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" | FileCheck %s
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" --hagane-outline-kernels | FileCheck %s --check-prefix=LAUNCH

// Many queries: 2 entries of 2 heads of keys, 8 tiles of 64 rows of 4 heads of 128 queries.
// CHECK-LABEL: func.func @many
// CHECK: schedule = #kernel.cuda_attention<family = tiled, threads = 256, rows = 64, keys = 64, few_q = 1, few_rows = 4
// LAUNCH-LABEL: func.func @many
// LAUNCH: items = #xf.dim<32>
func.func @many(%q: memref<2x8x128x64xf32>, %k: memref<2x2x128x64xf32>, %y: memref<2x8x128x64xf32>) {
  kernel.attention %q, %k, %k outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.125 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []]}
    : (memref<2x8x128x64xf32>, memref<2x2x128x64xf32>, memref<2x2x128x64xf32>, memref<2x8x128x64xf32>) -> ()
  return
}

// Large heads have smaller tiles.
// CHECK-LABEL: func.func @large
// CHECK: schedule = #kernel.cuda_attention<family = tiled, threads = 256, rows = 32, keys = 16,
func.func @large(%q: memref<1x1x128x256xf32>, %k: memref<1x1x128x256xf32>, %y: memref<1x1x128x256xf32>) {
  kernel.attention %q, %k, %k outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.125 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []]}
    : (memref<1x1x128x256xf32>, memref<1x1x128x256xf32>, memref<1x1x128x256xf32>, memref<1x1x128x256xf32>) -> ()
  return
}

// 2 images of 8 channels, one tile, at 64 of 64 positions.
// CHECK-LABEL: func.func @conv
// CHECK: schedule = #kernel.cuda_conv<threads = 64, channels = 16, positions = 64, steps = 16>
// LAUNCH-LABEL: func.func @conv
// LAUNCH: items = #xf.dim<2>
func.func @conv(%x: memref<2x4x1x8x8xf32>, %w: memref<8x36xf32>, %y: memref<2x8x64xf32>) {
  kernel.conv %x, %w outs %y {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<2x4x1x8x8xf32>, memref<8x36xf32>, memref<2x8x64xf32>) -> ()
  return
}
