// What all lowerings share; the kernels' own files are lower-KERNEL.mlir.
// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s
// RUN: hagane-opt %s --hagane-lower-kernels='vector-bits=128' --canonicalize --cse | FileCheck %s --check-prefix=NARROW

// Outside of kernel functions nothing changes.
// CHECK-LABEL: func.func @main
// CHECK: kernel.launch @task
func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
  kernel.launch @task(%x, %y) {items = #xf.dim<4>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<32>, kind = "task", schedule = "", nodes = ["Copy"]} : memref<4xf32>, memref<4xf32>
  return
}

// A task's body runs once per work item.
// CHECK-LABEL: func.func private @task
// CHECK-SAME: %[[X:[^:]*]]: memref<4xf32>, %[[Y:[^:]*]]: memref<4xf32>, %[[BEGIN:[^:]*]]: index, %[[END:[^:]*]]: index
// CHECK: scf.for %[[I:.*]] = %[[BEGIN]] to %[[END]] step %{{.*}} {
// CHECK-NEXT: %[[V:.*]] = memref.load %[[X]][%[[I]]]
// CHECK-NEXT: memref.store %[[V]], %[[Y]][%[[I]]]
// CHECK-NOT: kernel.task
func.func private @task(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.task ins %x outs %y {item_count = #xf.dim<4>, shapes = [[], []]} body {
  ^bb0(%in: memref<?xf32>, %out: memref<?xf32>, %item: index):
    %v = memref.load %in[%item] : memref<?xf32>
    memref.store %v, %out[%item] : memref<?xf32>
    kernel.yield
  } : (memref<4xf32>, memref<4xf32>) -> ()
  return
}

// The option vector-bits is the width of the product's vectors.
// CHECK-LABEL: func.func private @product
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>)
// NARROW-LABEL: func.func private @product
// NARROW: scf.for {{.*}} iter_args({{.*}}) -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>)
func.func private @product(%a: memref<1x8xf32>, %b: memref<8x16xf32>, %y: memref<1x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %b outs %y {b_layout = "rows", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 1, item_n = 16, block_k = 0, micro_m = 1, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x8xf32>, memref<8x16xf32>, memref<1x16xf32>) -> ()
  return
}

// Positions of a task are checked by the report too; counted from the start, negative ones are out of range.
// CHECK-LABEL: func.func private @positions
// CHECK-SAME: %[[REPORT:[^:]*]]: memref<3xi64>
// CHECK: %[[OUTSIDE:.*]] = arith.cmpi uge, %{{.*}}, %{{.*}} : index
// CHECK-NEXT: scf.if %[[OUTSIDE]]
// CHECK: llvm.cmpxchg
// CHECK-NOT: kernel.position
func.func private @positions(%x: memref<4xf32>, %y: memref<4xf32>, %report: memref<3xi64>, %check: index, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body, kernel.reports} {
  kernel.task ins %x outs %y {item_count = #xf.dim<4>, shapes = [[], []]} body {
  ^bb0(%a: memref<4xf32>, %b: memref<4xf32>, %i: index):
    %c3 = arith.constant 3 : index
    %p = kernel.position %i of %c3 {from_start}
    %v = memref.load %a[%p] : memref<4xf32>
    memref.store %v, %b[%i] : memref<4xf32>
    kernel.yield
  } : (memref<4xf32>, memref<4xf32>) -> ()
  return
}
