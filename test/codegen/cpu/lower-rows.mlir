// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s

// Softmax: the exponentials that the second stage sums are kept in scratch memory for the map, so each is computed
// once. What lies beyond the last column is replaced by the reduction's identity.
// CHECK-LABEL: func.func private @softmax
// CHECK-SAME: %[[X:[^:]*]]: memref<?x20xf32>, %[[Y:[^:]*]]: memref<?x20xf32>, %{{[^:]*}}: index, %{{[^:]*}}: index, %[[SCRATCH:[^:]*]]: memref<?xi8>
// CHECK-DAG: %[[LOW:.*]] = arith.constant dense<0xFF800000> : vector<8xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<8xf32>
// CHECK: %[[MAXIMA:.*]] = scf.for {{.*}} to %c16 step %c8 iter_args(%{{.*}} = %[[LOW]])
// CHECK: %[[MASK:.*]] = vector.constant_mask [4] : vector<8xi1>
// CHECK: %[[TAIL:.*]] = vector.maskedload %[[X]]
// CHECK: %[[SAFE:.*]] = arith.select %[[MASK]], %[[TAIL]], %[[LOW]]
// CHECK: arith.maximumf %[[MAXIMA]], %[[SAFE]]
// CHECK: %[[MAX:.*]] = vector.extract {{.*}} : f32 from vector<1xf32>
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[ZERO]])
// CHECK: vector.broadcast %[[MAX]]
// CHECK: %[[E:.*]] = math.exp
// CHECK: vector.store %[[E]], %[[CARRY:.*]][%
// CHECK: %[[ETAIL:.*]] = math.exp
// CHECK: vector.maskedstore %{{.*}}[%c16], %[[MASK]], %[[ETAIL]]
// CHECK: arith.select %[[MASK]], %[[ETAIL]], %[[ZERO]]
// CHECK-NOT: math.exp
// CHECK: arith.divf
// CHECK: vector.store %{{.*}}, %[[Y]]
// CHECK: vector.maskedstore %[[Y]][%{{.*}}, %c16], %[[MASK]]
func.func private @softmax(%x: memref<?x20xf32>, %y: memref<?x20xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.rows ins %x outs %y {kinds = ["max", "sum"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], shapes = [[], []],
      schedule = #kernel.rows_schedule<item_rows = 4, vector = 8>} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  }, {
  ^bb0(%e: f32, %max: f32, %carry: f32):
    %d = arith.subf %e, %max : f32
    %p = math.exp %d : f32
    kernel.yield %p : f32
  } finish {
  ^bb0(%max: f32, %sum: f32):
    kernel.yield
  } map {
  ^bb0(%e: f32, %max: f32, %sum: f32, %carry: f32):
    %r = arith.divf %carry, %sum : f32
    kernel.yield %r : f32
  } : (memref<?x20xf32>, memref<?x20xf32>) -> ()
  return
}

// A result per row alone: `finish` makes it, there is no second walk over the row. Long rows have four sums.
// CHECK-LABEL: func.func private @mean
// CHECK-SAME: %[[X:[^:]*]]: memref<4x64xf32>, %[[Y:[^:]*]]: memref<4xf32>
// CHECK: scf.for {{.*}} to %c64 step %c32 iter_args({{.*}}) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK: scf.yield
// CHECK-NOT: vector.load
// CHECK: %[[R:.*]] = arith.divf %{{.*}} : f32
// CHECK: memref.store %[[R]], %[[Y]]
// CHECK-NOT: vector.load
func.func private @mean(%x: memref<4x64xf32>, %y: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.rows ins %x outs %y {kinds = ["sum"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []],
      schedule = #kernel.rows_schedule<item_rows = 1, vector = 8>} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    %n = arith.constant 64.0 : f32
    %m = arith.divf %s, %n : f32
    kernel.yield %m : f32
  } map {
  ^bb0(%e: f32, %s: f32, %carry: f32):
    kernel.yield
  } : (memref<4x64xf32>, memref<4xf32>) -> ()
  return
}

// The largest magnitude is that of the largest bits, with NaN above all.
// CHECK-LABEL: func.func private @largest
// CHECK: %[[LOW:.*]] = arith.constant dense<-8388608> : vector<8xi32>
// CHECK: scf.for {{.*}} to %c16 step %c8 iter_args(%{{.*}} = %[[LOW]])
// CHECK: %[[BITS:.*]] = arith.bitcast %{{.*}} : vector<8xf32> to vector<8xi32>
// CHECK: arith.maxsi %{{.*}}, %[[BITS]] : vector<8xi32>
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[LOW]] : vector<8xi1>, vector<8xi32>
// CHECK-NOT: arith.maximumf
// CHECK: arith.bitcast %{{.*}} : i32 to f32
func.func private @largest(%x: memref<?x20xf32>, %y: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.rows ins %x outs %y {kinds = ["max"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []],
      schedule = #kernel.rows_schedule<item_rows = 4, vector = 8>} stages {
  ^bb0(%e: f32):
    %m = math.absf %e : f32
    kernel.yield %m : f32
  } finish {
  ^bb0(%most: f32):
    kernel.yield %most : f32
  } map {
  ^bb0(%e: f32, %most: f32, %carry: f32):
    kernel.yield
  } : (memref<?x20xf32>, memref<?xf32>) -> ()
  return
}
