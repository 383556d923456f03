// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s

// One block of channels. What the windows of up to 32 positions see is copied to the thread's scratch, where the padding
// is; then two vectors of sums for each strip of rows stay in registers over the contraction.
// CHECK-LABEL: func.func private @conv
// CHECK-SAME: %[[X:[^:]*]]: memref<?x2x1x5x40xf32>, %[[W:[^:]*]]: memref<1x18x12xf32>, %[[Y:[^:]*]]: memref<?x3x200xf32>, %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index
// CHECK-NOT: memref.alloc
// CHECK: %[[PATCHES:.*]] = memref.view %{{.*}}[%c0][] : memref<?xi8> to memref<18x48xf32>
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// Vectors of positions that lie in x in part, then those that do as a whole.
// CHECK: %[[PART:.*]] = vector.maskedload %[[X]]
// CHECK: vector.store %[[PART]], %[[PATCHES]]
// CHECK: %[[WHOLE:.*]] = vector.load %[[X]]
// CHECK: vector.store %[[WHOLE]], %[[PATCHES]]
// The strips of two rows, then the one left over.
// CHECK: %[[SUM:.*]]:4 = scf.for %[[K:.*]] = %c0 to %c18
// CHECK: vector.load %[[PATCHES]][%[[K]], %[[P:.*]]] : memref<18x48xf32>, vector<16xf32>
// CHECK: memref.prefetch %[[W]]
// CHECK: memref.load %[[W]][%{{.*}}, %[[K]], %{{.*}}]
// CHECK: arith.mulf {{.*}} fastmath<contract>
// CHECK: vector.store %[[SUM]]#0, %[[Y]]
// CHECK: scf.for
// CHECK: vector.maskedstore
func.func private @conv(%x: memref<?x2x1x5x40xf32>, %w: memref<1x18x12xf32>, %y: memref<?x3x200xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.conv %x, %w outs %y {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.conv_schedule<item_m = 12, item_n = 32, block_c = 2, micro_m = 2, micro_n = 32, unroll_k = 1>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<?x2x1x5x40xf32>, memref<1x18x12xf32>, memref<?x3x200xf32>) -> ()
  return
}

// Two blocks of channels: sums wait in scratch memory between them.
// CHECK-LABEL: func.func private @blocks
// CHECK: memref.view {{.*}} to memref<4x32xf32>
// CHECK: %[[SUMS:.*]] = memref.view {{.*}} to memref<1x12x16xf32>
// CHECK: vector.store %cst{{.*}}, %[[SUMS]]
// CHECK: vector.load %[[SUMS]]
// CHECK: vector.store %{{.*}}, %[[SUMS]]
// CHECK: vector.load %[[SUMS]]
// CHECK-NOT: vector.store %{{.*}}, %[[SUMS]]
// CHECK: return
func.func private @blocks(%x: memref<1x8x1x1x16xf32>, %w: memref<1x8x12xf32>, %y: memref<1x12x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.conv %x, %w outs %y {window = array<i64: 1, 1, 1>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.conv_schedule<item_m = 12, item_n = 16, block_c = 4, micro_m = 12, micro_n = 16, unroll_k = 1>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x8x1x1x16xf32>, memref<1x8x12xf32>, memref<1x12x16xf32>) -> ()
  return
}

// Every other element comes from two loads.
// CHECK-LABEL: func.func private @strides
// CHECK: %[[MASK:.*]] = arith.constant dense<[true, false, true, false,
// CHECK: %[[LOW:.*]] = vector.maskedload %{{.*}}, %[[MASK]]
// CHECK: %[[HIGH:.*]] = vector.maskedload
// CHECK: vector.shuffle %[[LOW]], %[[HIGH]] [0, 2, 4,
func.func private @strides(%x: memref<1x1x1x1x64xf32>, %w: memref<1x2x12xf32>, %y: memref<1x12x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.conv %x, %w outs %y {window = array<i64: 1, 1, 2>, strides = array<i64: 1, 1, 2>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.conv_schedule<item_m = 12, item_n = 32, block_c = 1, micro_m = 12, micro_n = 32, unroll_k = 1>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x1x1x1x64xf32>, memref<1x2x12xf32>, memref<1x12x32xf32>) -> ()
  return
}
