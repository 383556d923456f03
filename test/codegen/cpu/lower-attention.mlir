// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s

// Of the scores only one block of 32 keys by 16 queries exists, in the thread's scratch memory: none of the size of
// the sequence. Keys after the block's last query are not visited, those after each query are masked.
// CHECK-LABEL: func.func private @causal
// CHECK-SAME: %[[Q:[^:]*]]: memref<?x2x?x16xf32>, %[[K:[^:]*]]: memref<?x1x?x16xf32>, %[[V:[^:]*]]: memref<?x1x?x16xf32>, %[[Y:[^:]*]]: memref<?x?x2x16xf32>, %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index, %[[SCRATCH:[^:]*]]: memref<?xi8>
// CHECK-NOT: memref.alloc
// CHECK-DAG: %[[QUERIES:.*]] = memref.dim %[[Q]], %c2
// CHECK-DAG: %[[KEYS:.*]] = memref.dim %[[K]], %c2
// CHECK: memref.view %[[SCRATCH]]{{.*}} to memref<1x16x16xf32>
// CHECK: %[[SCORES:.*]] = memref.view %[[SCRATCH]]{{.*}} to memref<48x16xf32>
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: %[[SHIFT:.*]] = arith.subi %[[KEYS]], %[[QUERIES]]
// The queries are scaled and transposed as they are copied: no element goes alone.
// CHECK: %[[X:.*]] = vector.load %[[Q]]
// CHECK: arith.mulf %[[X]], %[[SCALE:.*]] : vector<16xf32>
// CHECK-COUNT-64: vector.shuffle
// Where the keys end for this block of queries.
// CHECK: %[[LAST:.*]] = arith.addi %{{.*}}, %[[SHIFT]]
// CHECK: %[[STOP:.*]] = arith.minsi %[[KEYS]], %[[LAST]]
// CHECK: %[[STOP0:.*]] = arith.maxsi %[[STOP]], %c0
// CHECK: scf.for %{{.*}} = %c0 to %[[STOP0]] step %c32 {
// Scores of two keys against 16 queries; head 0 and 1 share the keys of head 0. Only tiles that reach beyond the first
// query's limit are masked.
// CHECK: memref.load %[[K]]
// CHECK: %[[PARTLY:.*]] = arith.cmpi sgt
// CHECK: %[[TILE:.*]]:2 = scf.if %[[PARTLY]]
// CHECK: %[[SEEN:.*]] = arith.cmpi sle, %{{.*}} : vector<16xi32>
// CHECK: arith.select %[[SEEN]], %{{.*}}, %{{.*}} : vector<16xi1>, vector<16xf32>
// CHECK: arith.cmpf ogt, %[[TILE]]#0
// CHECK: vector.store %[[TILE]]#0, %[[SCORES]]
// The streaming softmax: a new maximum rescales what was summed before.
// CHECK: arith.shli
// CHECK: vector.load %[[V]]
// CHECK: arith.divf
// CHECK: %[[Y]][
// CHECK-NOT: memref.alloc
// CHECK: return
func.func private @causal(%q: memref<?x2x?x16xf32>, %k: memref<?x1x?x16xf32>, %v: memref<?x1x?x16xf32>, %y: memref<?x?x2x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.attention %q, %k, %v outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bshd"], scale = 0.25 : f64, causal = #xf.causal_kind<bottom_right>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16>}
    : (memref<?x2x?x16xf32>, memref<?x1x?x16xf32>, memref<?x1x?x16xf32>, memref<?x?x2x16xf32>) -> ()
  return
}

// Without a causal limit every key is visited and none is masked. Keys and values that are packed are copied once for
// all queries of the item.
// CHECK-LABEL: func.func private @full
// CHECK-SAME: %[[Q:[^:]*]]: memref<1x1x?x16xf32>, %[[K:[^:]*]]: memref<1x1x?x16xf32>
// CHECK: %[[KEYS:.*]] = memref.dim %[[K]], %c2
// CHECK: %[[PACKED:.*]] = memref.view %{{.*}} to memref<32x16xf32>
// CHECK: scf.for %{{.*}} = %c0 to %[[KEYS]] step %c32 {
// CHECK: %[[ROW:.*]] = vector.load %[[K]]
// CHECK: vector.store %[[ROW]], %[[PACKED]]
// CHECK-NOT: vector<16xi32>
// CHECK: memref.load %[[PACKED]]
// CHECK: return
func.func private @full(%q: memref<1x1x?x16xf32>, %k: memref<1x1x?x16xf32>, %v: memref<1x1x?x16xf32>, %y: memref<1x1x?x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.attention %q, %k, %v outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16, pack = true>}
    : (memref<1x1x?x16xf32>, memref<1x1x?x16xf32>, memref<1x1x?x16xf32>, memref<1x1x?x16xf32>) -> ()
  return
}

// Few queries or many: the run decides. For few, keys are read along their features, for the queries of both heads.
// CHECK-LABEL: func.func private @few
// CHECK-SAME: %[[Q:[^:]*]]: memref<?x2x?x16xf32>, %[[K:[^:]*]]: memref<?x1x?x16xf32>
// CHECK-DAG: %[[QUERIES:.*]] = memref.dim %[[Q]], %c2
// CHECK-DAG: %[[FEW:.*]] = arith.cmpi sle, %[[QUERIES]], %c3
// CHECK: scf.if %[[FEW]]
// CHECK: memref.view %{{.*}} to memref<6x16xf32>
// CHECK: memref.view %{{.*}} to memref<6x32xf32>
// CHECK: %[[ROWS:.*]] = arith.muli %[[QUERIES]], %c2
// Tiles of 4 rows by 4 keys, 16 sums over lanes.
// CHECK: arith.divui %[[ROWS]], %c4
// CHECK-COUNT-4: vector.load %[[K]]
// CHECK-COUNT-30: vector.shuffle
// CHECK: %[[MANY:.*]] = arith.cmpi sgt, %[[QUERIES]], %c3
// CHECK: scf.if %[[MANY]]
func.func private @few(%q: memref<?x2x?x16xf32>, %k: memref<?x1x?x16xf32>, %y: memref<?x2x?x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.attention %q, %k, %k outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16, few_q = 3>}
    : (memref<?x2x?x16xf32>, memref<?x1x?x16xf32>, memref<?x1x?x16xf32>, memref<?x2x?x16xf32>) -> ()
  return
}

// In parts, an item is a third of the keys, whose result is left undivided.
// CHECK-LABEL: func.func private @parts
// CHECK-SAME: %{{[^:]*}}: memref<2x4x1x16xf32>, %[[K:[^:]*]]: memref<2x2x?x16xf32>, %[[Y:[^:]*]]: memref<6x4x1x16xf32>, %[[MOST:[^:]*]]: memref<6x4x1xf32>, %[[SUM:[^:]*]]: memref<6x4x1xf32>
// CHECK: %[[KEYS:.*]] = memref.dim %[[K]], %c2
// CHECK: %[[UP:.*]] = arith.addi %[[KEYS]], %c2
// CHECK: arith.divui %[[UP]], %c3
// CHECK-NOT: arith.divf
// CHECK: vector.store %{{.*}}, %[[Y]]
// CHECK: memref.store %{{.*}}, %[[MOST]]
// CHECK: memref.store %{{.*}}, %[[SUM]]
// CHECK: return
func.func private @parts(%q: memref<2x4x1x16xf32>, %k: memref<2x2x?x16xf32>, %y: memref<6x4x1x16xf32>, %m: memref<6x4x1xf32>, %s: memref<6x4x1xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.attention %q, %k, %k outs %y, %m, %s {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16, few_q = 1, parts = 3>}
    : (memref<2x4x1x16xf32>, memref<2x2x?x16xf32>, memref<2x2x?x16xf32>, memref<6x4x1x16xf32>, memref<6x4x1xf32>, memref<6x4x1xf32>) -> ()
  return
}

// Pages of a state lie apart: where a row of a key is read, its line, and that of its scale, in the next block's page is
// asked for. Behind the last block comes the first one of the next head.
// CHECK-LABEL: func.func private @paged
// CHECK-SAME: memref<4x3xi32>
// CHECK: %[[PAST:.*]] = arith.cmpi sge
// CHECK: arith.select %[[PAST]]
// CHECK: memref.prefetch %arg1[%[[PAGE:.*]], %[[HEAD:.*]], %{{.*}}, %c0], read, locality<3>, data
// CHECK: memref.prefetch %arg1[%[[PAGE]], %[[HEAD]], %{{.*}}, %c64], read, locality<3>, data
// CHECK: memref.prefetch %arg2[%[[PAGE]], %[[HEAD]]
func.func private @paged(%q: memref<4x2x1x64xf32>, %k: memref<?x2x64x68xi8>, %v: memref<?x2x64x68xi8>, %ends: memref<4xi64>, %pages: memref<4x3xi32>, %y: memref<4x2x1x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.attention %q, %k, %v lengths %ends pages %pages outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64,
      causal = #xf.causal_kind<bottom_right>, shapes = [[], [], [], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 32, block_k = 64, micro_m = 8, micro_n = 32, pack = true, few_q = 4>}
    : (memref<4x2x1x64xf32>, memref<?x2x64x68xi8>, memref<?x2x64x68xi8>, memref<4xi64>, memref<4x3xi32>, memref<4x2x1x64xf32>) -> ()
  return
}
