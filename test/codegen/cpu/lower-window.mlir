// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s

// Vectors run along a row; a window that hangs over the edge reads through a mask and keeps the maximum so far there.
// CHECK-LABEL: func.func private @max
// CHECK-SAME: %[[X:[^:]*]]: memref<1x2x1x8x40xf32>
// CHECK: scf.if
// CHECK: scf.for
// CHECK: %[[E:.*]] = vector.load %[[X]]
// CHECK: arith.maximumf %{{.*}}, %[[E]] : vector<16xf32>
// CHECK: scf.if
// CHECK: %[[M:.*]] = vector.maskedload %[[X]]
// CHECK: %[[NEXT:.*]] = arith.maximumf %{{.*}}, %[[M]]
// CHECK: arith.select %{{.*}}, %[[NEXT]]
func.func private @max(%x: memref<1x2x1x8x40xf32>, %y: memref<1x2x1x8x40xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.window %x outs %y {kind = "max", window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []],
      schedule = #kernel.loop_schedule<item_size = 4, vector = 16>} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32, %count: f32):
    kernel.yield %m : f32
  } : (memref<1x2x1x8x40xf32>, memref<1x2x1x8x40xf32>) -> ()
  return
}

// Counts are computed where they are used: all of the window away from the edges.
// CHECK-LABEL: func.func private @average
// CHECK: scf.if
// CHECK: arith.divf %{{.*}}, %{{.*}} : vector<16xf32>
// CHECK: scf.if
// CHECK: %[[SUM:.*]] = scf.for
// CHECK: %[[COUNT:.*]] = scf.for
// CHECK: arith.divf %[[SUM]], %[[COUNT]] : vector<16xf32>
func.func private @average(%x: memref<1x2x1x1x48xf32>, %y: memref<1x2x1x1x48xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.window %x outs %y {kind = "sum", window = array<i64: 1, 1, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 1, 0, 0, 1>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []],
      schedule = #kernel.loop_schedule<item_size = 4, vector = 16>} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32, %count: f32):
    %m = arith.divf %s, %count : f32
    kernel.yield %m : f32
  } : (memref<1x2x1x1x48xf32>, memref<1x2x1x1x48xf32>) -> ()
  return
}

// CHECK-LABEL: func.func private @far_apart
// CHECK: vector.gather %{{.*}} : memref<1x1x1x1x96xf32>, vector<16xi32>
func.func private @far_apart(%x: memref<1x1x1x1x96xf32>, %y: memref<1x1x1x1x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.window %x outs %y {kind = "max", window = array<i64: 1, 1, 3>, strides = array<i64: 1, 1, 3>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []],
      schedule = #kernel.loop_schedule<item_size = 4, vector = 16>} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32, %count: f32):
    kernel.yield %m : f32
  } : (memref<1x1x1x1x96xf32>, memref<1x1x1x1x32xf32>) -> ()
  return
}
