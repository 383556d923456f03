// Maps, reductions, gathers and writes.
// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s

// A work item is item_size rows. What does not change along the row is loaded once per row; the tail is masked.
// CHECK-LABEL: func.func private @map
// CHECK-SAME: %[[X:[^:]*]]: memref<4x?xf32>, %[[S:[^:]*]]: memref<4xf32>, %[[Y:[^:]*]]: memref<4x?xf32>, %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index
// CHECK: %[[FROM:.*]] = arith.muli %[[BEGIN]], %c2
// CHECK: %[[UPTO:.*]] = arith.muli %[[END]], %c2
// CHECK: %[[TO:.*]] = arith.minsi %[[UPTO]], %c4
// CHECK: scf.for %[[I:.*]] = %[[FROM]] to %[[TO]]
// CHECK-NEXT: %[[SCALE:.*]] = memref.load %[[S]][%[[I]]]
// CHECK: scf.for %[[J:.*]] = %c0 to
// CHECK: vector.load %[[X]][%[[I]], %[[J]]]
// CHECK: vector.broadcast %[[SCALE]]
// CHECK: vector.store %{{.*}}, %[[Y]][%[[I]], %[[J]]]
// CHECK: %[[MASK:.*]] = vector.create_mask
// CHECK: vector.maskedload %[[X]][{{.*}}], %[[MASK]]
// CHECK: vector.maskedstore %[[Y]][{{.*}}], %[[MASK]]
func.func private @map(%x: memref<4x?xf32>, %s: memref<4xf32>, %y: memref<4x?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.map ins %x, %s outs %y {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], shapes = [[], [], []],
      schedule = #kernel.loop_schedule<item_size = 2, vector = 8>} body {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    kernel.yield %r : f32
  } : (memref<4x?xf32>, memref<4xf32>, memref<4x?xf32>) -> ()
  return
}

// A reduction over a middle dimension: vectors along the last one, the sum in a register, `finish` on the total.
// CHECK-LABEL: func.func private @reduce
// CHECK-SAME: %[[X:[^:]*]]: memref<3x5x32xf32>, %[[Y:[^:]*]]: memref<3x32xf32>
// CHECK: scf.for %[[I:.*]] = %{{.*}} to
// CHECK: scf.for %[[K:.*]] = %c0 to %c32 step %c16
// CHECK: %[[SUM:.*]] = scf.for %[[J:.*]] = %c0 to %c5 step %c1 iter_args
// CHECK: vector.load %[[X]][%[[I]], %[[J]], %[[K]]]
// CHECK: %[[MEAN:.*]] = arith.divf %[[SUM]]
// CHECK: vector.store %[[MEAN]], %[[Y]][%[[I]], %[[K]]]
func.func private @reduce(%x: memref<3x5x32xf32>, %y: memref<3x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.reduce ins %x outs %y {kind = "sum", reduced = array<i64: 1>, maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, k)>], shapes = [[], []],
      schedule = #kernel.loop_schedule<item_size = 1, vector = 16>} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    %c = arith.constant 5.0 : f32
    %m = arith.divf %s, %c : f32
    kernel.yield %m : f32
  } : (memref<3x5x32xf32>, memref<3x32xf32>) -> ()
  return
}

// Negative indices count from the end. No index reaches outside of the table: one that would is noted in the run's
// report, if none is there yet, with the table's rows. The row is loaded only if there is one.
// CHECK-LABEL: func.func private @gather
// CHECK-SAME: %[[T:[^:]*]]: memref<100x16xf32>, %[[I:[^:]*]]: memref<?xi64>, %[[Y:[^:]*]]: memref<?x16xf32>, %[[REPORT:[^:]*]]: memref<3xi64>, %[[CHECK:[^:]*]]: index
// CHECK: %[[RAW:.*]] = memref.load %[[I]]
// CHECK: %[[ROW:.*]] = arith.index_cast %[[RAW]]
// CHECK: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[ROW]], %c0
// CHECK: %[[BACK:.*]] = arith.addi %[[ROW]], %c100
// CHECK: %[[WRAPPED:.*]] = arith.select %[[NEGATIVE]], %[[BACK]], %[[ROW]]
// CHECK: %[[OUTSIDE:.*]] = arith.cmpi uge, %[[WRAPPED]], %c100
// CHECK: scf.if %[[OUTSIDE]] {
// CHECK: memref.extract_aligned_pointer_as_index %[[REPORT]]
// CHECK: %[[NUMBER:.*]] = arith.index_cast %[[CHECK]]
// CHECK: %[[PAIR:.*]] = llvm.cmpxchg %{{.*}}, %{{.*}}, %[[NUMBER]] monotonic monotonic
// CHECK: %[[FIRST:.*]] = llvm.extractvalue %[[PAIR]][1]
// CHECK: scf.if %[[FIRST]] {
// CHECK: memref.store %{{.*}}, %[[REPORT]][%c1]
// CHECK: memref.store %{{.*}}, %[[REPORT]][%c2]
// CHECK: %[[BELOW:.*]] = arith.minsi %[[WRAPPED]], %c99
// CHECK: %[[SAFE:.*]] = arith.maxsi %[[BELOW]], %c0
// CHECK: %[[EXISTS:.*]] = arith.cmpi slt, %[[SAFE]], %c100
// CHECK: scf.if %[[EXISTS]] {
// CHECK: vector.load %[[T]][%[[SAFE]], %c0]
// CHECK: vector.store %{{.*}}, %[[Y]]
func.func private @gather(%t: memref<100x16xf32>, %i: memref<?xi64>, %y: memref<?x16xf32>, %report: memref<3xi64>, %check: index, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body, kernel.reports} {
  kernel.gather %t, %i outs %y {axis = 0 : i64, shapes = [[], [], []], schedule = #kernel.loop_schedule<item_size = 2, vector = 16>} : (memref<100x16xf32>, memref<?xi64>, memref<?x16xf32>) -> ()
  return
}

// A line's window is checked by its first item. Over the past's own memory only
// the new positions are written.
// CHECK-LABEL: func.func private @write
// CHECK-SAME: %[[X:[^:]*]]: memref<3x1x2x16xf32>, %[[S:[^:]*]]: memref<3xi64>, %[[PAST:[^:]*]]: memref<3x2x?x16xf32>, %[[Y:[^:]*]]: memref<3x2x?x16xf32>
// CHECK: %[[ALIKE:.*]] = arith.andi
// CHECK: memref.load %[[S]]
// CHECK: scf.if
// CHECK: llvm.cmpxchg
// CHECK: vector.load %[[X]]
// CHECK: vector.store %{{.*}}, %[[Y]]
// CHECK: %[[OTHER:.*]] = arith.xori %[[ALIKE]]
// CHECK: scf.if %[[OTHER]] {
// CHECK: vector.load %[[PAST]]
// CHECK: vector.store %{{.*}}, %[[Y]]
// CHECK: vector.store %cst{{.*}}, %[[Y]]
func.func private @write(%x: memref<3x1x2x16xf32>, %s: memref<3xi64>, %p: memref<3x2x?x16xf32>, %y: memref<3x2x?x16xf32>, %report: memref<3xi64>, %check: index, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body, kernel.reports} {
  kernel.write %x, %s past %p outs %y {axis = 2 : i64, x_map = affine_map<(b, h, t, d) -> (b, t, h, d)>, shapes = [[], [], [], []], schedule = #kernel.loop_schedule<item_size = 32, vector = 16>} : (memref<3x1x2x16xf32>, memref<3xi64>, memref<3x2x?x16xf32>, memref<3x2x?x16xf32>) -> ()
  return
}
