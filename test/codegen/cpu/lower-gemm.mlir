// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s

// Two panels of 32 columns, of which the last holds 8. The tile of the result stays in registers over the contraction;
// the epilogue takes the item's sums row by row and each result is written once.
// CHECK-LABEL: func.func private @panels
// CHECK-SAME: %[[A:[^:]*]]: memref<?x8xf32>, %[[W:[^:]*]]: memref<2x8x32xf32>, %[[BIAS:[^:]*]]: memref<40xf32>, %[[Y:[^:]*]]: memref<?x40xf32>, %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index, %[[SCRATCH:[^:]*]]: memref<?xi8>
// CHECK-NOT: memref.alloc
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: %[[SUMS:.*]] = memref.view %[[SCRATCH]][%c0][] : memref<?xi8> to memref<2x4x32xf32>
// Panels are padded: both are read whole.
// CHECK: scf.for %[[N:.*]] = %c0 to %c40 step %c32
// CHECK: %[[PANEL:.*]] = arith.divui %[[N]], %c32
// Whole strips of two rows: 2 x 2 vectors of sums.
// CHECK: scf.for %[[M:.*]] = %{{.*}} to %{{.*}} step %c2 {
// CHECK-NEXT: %[[SUM:.*]]:4 = scf.for %[[K:.*]] = %c0 to %c8 step %c1 iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: vector.load %[[W]][%[[PANEL]], %[[K]], %
// CHECK: vector.load %[[W]][%[[PANEL]], %[[K]], %
// CHECK: memref.load %[[A]][%[[M]], %[[K]]]
// CHECK: arith.mulf {{.*}} fastmath<contract>
// CHECK: arith.addf {{.*}} fastmath<contract>
// CHECK: scf.yield
// CHECK: vector.store %[[SUM]]#0, %[[SUMS]][%[[PANEL]], %{{.*}}, %c0]
// CHECK: vector.store %[[SUM]]#3, %[[SUMS]][%[[PANEL]], %{{.*}}, %c16]
// The row that is left over.
// CHECK: scf.if
// CHECK: %[[ONE:.*]]:2 = scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>) {
// The epilogue, row by row.
// CHECK: scf.for %[[M:.*]] = %{{.*}} to %{{.*}} step %c1 {
// CHECK: %[[S:.*]] = vector.load %[[SUMS]][%c0, %{{.*}}, %c0]
// CHECK: %[[C:.*]] = vector.load %[[BIAS]][%c0]
// CHECK: %[[R:.*]] = arith.addf %[[S]], %[[C]]
// CHECK: vector.store %[[R]], %[[Y]][%[[M]], %c0]
// Only 8 columns of the bias and the result exist in the cut panel.
// CHECK: %[[MASK:.*]] = vector.constant_mask [8] : vector<16xi1>
// CHECK: vector.maskedload %[[BIAS]][%c32], %[[MASK]]
// CHECK: vector.maskedstore %[[Y]][%{{.*}}, %c32], %[[MASK]]
// CHECK-NOT: vector.store
// More rows than a strip has: the epilogue follows each strip.
// CHECK: scf.for %[[N:.*]] = %c0 to %c40 step %c32
// CHECK: scf.for %[[M:.*]] = %{{.*}} to %{{.*}} step %c2 {
// CHECK: %[[SUM:.*]]:4 = scf.for
// CHECK: vector.store %[[SUM]]#0, %[[SUMS]][%c0, %c0, %c0]
// CHECK: vector.store %[[SUM]]#3, %[[SUMS]][%c0, %c1, %c16]
// CHECK: scf.if
// CHECK: scf.for %[[R:.*]] = %c0 to %c2 step %c1 {
// CHECK: %[[ROW:.*]] = arith.addi %[[M]], %[[R]]
// CHECK: %[[S:.*]] = vector.load %[[SUMS]][%c0, %[[R]], %c0]
// CHECK: %[[C:.*]] = vector.load %[[BIAS]][%[[N]]]
// CHECK: %[[Z:.*]] = arith.addf %[[S]], %[[C]]
// CHECK: vector.store %[[Z]], %[[Y]][%[[ROW]], %[[N]]]
// Only some columns of the bias and the result exist in the cut panel.
// CHECK: scf.if
// CHECK: scf.for %[[R:.*]] = %c0 to %c2 step %c1 {
// CHECK: vector.maskedload %[[BIAS]][%[[N]]], %[[MASK:.*]], %
// CHECK: vector.maskedstore %[[Y]][%{{.*}}, %[[N]]], %[[MASK]]
// CHECK: return
func.func private @panels(%a: memref<?x8xf32>, %w: memref<2x8x32xf32>, %bias: memref<40xf32>, %y: memref<?x40xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w extras %bias outs %y {b_layout = "panels", groups = 1 : i64, extra_maps = [affine_map<(m, n) -> (n)>], shapes = [[], [], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 64, block_k = 0, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32, %c: f32):
    %r = arith.addf %acc, %c : f32
    kernel.yield %r : f32
  } : (memref<?x8xf32>, memref<2x8x32xf32>, memref<40xf32>, memref<?x40xf32>) -> ()
  return
}

// With block_k, sums wait in scratch memory between blocks of the contraction, and A's rows of a block are copied there
// first, a vector apart.
// CHECK-LABEL: func.func private @blocked
// CHECK-SAME: %[[A:[^:]*]]: memref<4x128xf32>, %{{[^:]*}}: memref<128x16xf32>, %[[Y:[^:]*]]: memref<4x16xf32>, %{{[^:]*}}: index, %{{[^:]*}}: index, %[[SCRATCH:[^:]*]]: memref<?xi8>
// CHECK: %[[PACKED:.*]] = memref.view %[[SCRATCH]][%c0][] : memref<?xi8> to memref<4x80xf32>
// CHECK: %[[SUMS:.*]] = memref.view %[[SCRATCH]][%c1280][] : memref<?xi8> to memref<1x4x16xf32>
// CHECK: vector.store %cst, %[[SUMS]]
// CHECK: scf.for %[[BLOCK:.*]] = %c0 to %c128 step %c64 {
// While rows are copied, those a little further down are asked for.
// CHECK: memref.prefetch %[[A]]
// CHECK: %[[ROW:.*]] = vector.load %[[A]]
// CHECK: vector.store %[[ROW]], %[[PACKED]]
// CHECK: %[[SUM:.*]] = vector.load %[[SUMS]]
// CHECK: %[[STOP:.*]] = arith.addi %[[BLOCK]], %c64
// CHECK: scf.for %{{.*}} = %[[BLOCK]] to %[[STOP]] {{.*}} iter_args(%{{.*}} = %[[SUM]]
// CHECK: memref.load %[[PACKED]]
// CHECK: vector.store %{{.*}}, %[[SUMS]]
// After the last block.
// CHECK: %[[RESULT:.*]] = vector.load %[[SUMS]]
// CHECK: vector.store %[[RESULT]], %[[Y]]
func.func private @blocked(%a: memref<4x128xf32>, %b: memref<128x16xf32>, %y: memref<4x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %b outs %y {b_layout = "rows", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 16, block_k = 64, micro_m = 2, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = true>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x128xf32>, memref<128x16xf32>, memref<4x16xf32>) -> ()
  return
}

// Few rows are one strip: they are read in place, without blocks, and b is prefetched 16 KiB ahead instead of 32.
// CHECK-LABEL: func.func private @any_rows
// CHECK-SAME: %[[A:[^:]*]]: memref<?x1024xf32>, %[[W:[^:]*]]: memref<1x1024x32xf32>
// CHECK: %[[ROWS:.*]] = memref.dim
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %[[ROWS]], %c2
// CHECK: scf.if %[[FEW]] {
// CHECK: scf.for %[[K:.*]] = %c0 to %c1024
// CHECK: %[[AHEAD:.*]] = arith.addi %[[K]], %c128
// CHECK: memref.prefetch %[[W]][{{.*}}, %[[AHEAD]], %{{.*}}]
// CHECK: memref.load %[[A]]
// CHECK: %[[MANY:.*]] = arith.cmpi sgt, %[[ROWS]], %c2
// CHECK: scf.if %[[MANY]] {
// CHECK: vector.store %cst
// CHECK: scf.for %{{.*}} = %c0 to %c1024 step %c512 {
// CHECK: %[[AHEAD:.*]] = arith.addi %{{.*}}, %c256
// CHECK: memref.prefetch %[[W]][{{.*}}, %[[AHEAD]], %{{.*}}]
func.func private @any_rows(%a: memref<?x1024xf32>, %w: memref<1x1024x32xf32>, %y: memref<?x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 512, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 32768, pack_a = true>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<?x1024xf32>, memref<1x1024x32xf32>, memref<?x32xf32>) -> ()
  return
}

// Two column groups side by side: the epilogue sees both and the result has half of the columns.
// CHECK-LABEL: func.func private @gated
// CHECK-SAME: %[[Y:[^:]*]]: memref<2x16xf32>
// CHECK: %[[SUMS:.*]] = memref.view
// CHECK: %[[GATE:.*]] = vector.load %[[SUMS]][%{{.*}}, %{{.*}}, %c0]
// CHECK: %[[UP:.*]] = vector.load %[[SUMS]][%{{.*}}, %{{.*}}, %c16]
// CHECK: %[[R:.*]] = arith.mulf %[[GATE]], %[[UP]]
// CHECK-NEXT: vector.store %[[R]], %[[Y]]
func.func private @gated(%a: memref<2x8xf32>, %w: memref<1x8x32xf32>, %y: memref<2x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "panels", groups = 2 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 2, item_n = 32, block_k = 0, micro_m = 1, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%gate: f32, %up: f32):
    %r = arith.mulf %gate, %up : f32
    kernel.yield %r : f32
  } : (memref<2x8xf32>, memref<1x8x32xf32>, memref<2x16xf32>) -> ()
  return
}

// Tiles that are narrower than a group's share of a panel: the gate's and the other's sums lie in tiles of their own,
// the other's two tiles on.
// CHECK-LABEL: func.func private @gated_in_tiles
// CHECK-SAME: %[[Y:[^:]*]]: memref<2x40xf32>
// CHECK: %[[SUMS:.*]] = memref.view {{.*}} to memref<8x2x16xf32>
// CHECK: %[[IN:.*]] = arith.remui %{{.*}}, %c32
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c2
// CHECK: %[[G:.*]] = arith.addi %[[FIRST]], %[[IN]]
// CHECK: %[[GATE:.*]] = vector.load %[[SUMS]][%{{.*}}, %{{.*}}, %c0]
// CHECK: arith.addi %{{.*}}, %c32
// CHECK: %[[UP:.*]] = vector.load %[[SUMS]][%{{.*}}, %{{.*}}, %c0]
// CHECK: %[[R:.*]] = arith.mulf %[[GATE]], %[[UP]]
// CHECK-NEXT: vector.store %[[R]], %[[Y]]
func.func private @gated_in_tiles(%a: memref<2x8xf32>, %w: memref<2x8x64xf32>, %y: memref<2x40xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "panels", groups = 2 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 2, item_n = 64, block_k = 0, micro_m = 1, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%gate: f32, %up: f32):
    %r = arith.mulf %gate, %up : f32
    kernel.yield %r : f32
  } : (memref<2x8xf32>, memref<2x8x64xf32>, memref<2x40xf32>) -> ()
  return
}
