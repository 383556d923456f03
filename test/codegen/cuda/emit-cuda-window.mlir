// Sliding windows as CUDA C++.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" --hagane-outline-kernels --hagane-emit-cuda -o /dev/null | FileCheck %s

// CHECK-LABEL: // window_0: kernel.window for sm_90a
// CHECK: const int64_t channel = {{.*}} / (8 / 4);
// CHECK: float total = Sum::identity<float>();
// CHECK: for (int64_t k1 = 0; k1 < 3; ++k1) {
// CHECK-NEXT: const int64_t x1 = {{.*}} * 2 + k1 * 1 - 1;
// CHECK: seen += x0 < 1 + 0 && x1 < 9 + 1 && x2 < 9 + 1;
// CHECK-NEXT: if (!(x0 >= 0 && x0 < 1 && x1 >= 0 && x1 < 9 && x2 >= 0 && x2 < 9))
// CHECK-NEXT: continue;
// CHECK: total = Sum::of(total, {{.*}});
// CHECK: / float(seen);
func.func @mean(%x: memref<2x4x1x9x9xf32>, %y: memref<2x8x1x5x5xf32>) {
  kernel.window %x outs %y {kind = "sum", count_pad, window = array<i64: 1, 3, 3>, strides = array<i64: 1, 2, 2>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32, %count: f32):
    %m = arith.divf %s, %count : f32
    kernel.yield %m : f32
  } : (memref<2x4x1x9x9xf32>, memref<2x8x1x5x5xf32>) -> ()
  return
}
