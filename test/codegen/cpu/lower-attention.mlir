// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s

// Of the scores only one block of 32 keys by 16 queries exists, in the thread's scratch memory: none of the size of
// the sequence. Keys after the block's last query are not visited, those after each query are masked.
// CHECK-LABEL: func.func private @causal
// CHECK-SAME: %[[Q:[^:]*]]: memref<?x2x?x16xf32>, %[[K:[^:]*]]: memref<?x1x?x16xf32>, %[[V:[^:]*]]: memref<?x1x?x16xf32>, %[[Y:[^:]*]]: memref<?x?x2x16xf32>, %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index, %[[SCRATCH:[^:]*]]: memref<?xi8>
// CHECK-NOT: memref.alloc
// CHECK: %[[QUERIES:.*]] = memref.dim %[[Q]], %c2
// CHECK: %[[KEYS:.*]] = memref.dim %[[K]], %c2
// CHECK: memref.view %[[SCRATCH]]{{.*}} to memref<16x16xf32>
// CHECK: %[[SCORES:.*]] = memref.view %[[SCRATCH]]{{.*}} to memref<32x16xf32>
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: %[[SHIFT:.*]] = arith.subi %[[KEYS]], %[[QUERIES]]
// The queries are scaled as they are copied.
// CHECK: %[[X:.*]] = memref.load %[[Q]]
// CHECK: arith.mulf %[[X]], %[[SCALE:.*]] : f32
// Where the keys end for this block of queries.
// CHECK: %[[LAST:.*]] = arith.addi %{{.*}}, %[[SHIFT]]
// CHECK: %[[STOP:.*]] = arith.minsi %[[KEYS]], %[[LAST]]
// CHECK: %[[STOP0:.*]] = arith.maxsi %[[STOP]], %c0
// CHECK: scf.for %{{.*}} = %c0 to %[[STOP0]] step %c32 {
// Scores of two keys against 16 queries; head 0 and 1 share the keys of head 0.
// CHECK: memref.load %[[K]]
// CHECK: %[[SEEN:.*]] = arith.cmpi sle, %{{.*}} : vector<16xi32>
// CHECK: %[[MASKED:.*]] = arith.select %[[SEEN]], %{{.*}}, %{{.*}} : vector<16xi1>, vector<16xf32>
// CHECK: vector.store %[[MASKED]], %[[SCORES]]
// The streaming softmax: a new maximum rescales what was summed before.
// CHECK: arith.maximumf
// CHECK: math.exp
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

// Without a causal limit every key is visited and none is masked.
// CHECK-LABEL: func.func private @full
// CHECK-SAME: %[[Q:[^:]*]]: memref<1x1x?x16xf32>, %[[K:[^:]*]]: memref<1x1x?x16xf32>
// CHECK: %[[KEYS:.*]] = memref.dim %[[K]], %c2
// CHECK: scf.for %{{.*}} = %c0 to %[[KEYS]] step %c32 {
// CHECK-NOT: vector<16xi32>
// CHECK: return
func.func private @full(%q: memref<1x1x?x16xf32>, %k: memref<1x1x?x16xf32>, %v: memref<1x1x?x16xf32>, %y: memref<1x1x?x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.attention %q, %k, %v outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16>}
    : (memref<1x1x?x16xf32>, memref<1x1x?x16xf32>, memref<1x1x?x16xf32>, memref<1x1x?x16xf32>) -> ()
  return
}
