// Schedules of a GPU, and blocks as launches count them.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" | FileCheck %s
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" --hagane-outline-kernels | FileCheck %s --check-prefix=LAUNCH

// 16 bytes of the widest operand at once.
// CHECK-LABEL: func.func @map
// CHECK: schedule = #kernel.cuda_loop<threads = 256, per_thread = 1, vector = 4>
// 8 rows of 256 groups of 4.
// LAUNCH-LABEL: func.func @map
// LAUNCH: items = #xf.dim<8>
func.func @map(%x: memref<8x1024xf16>, %y: memref<8x1024xf32>) {
  kernel.map ins %x outs %y {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } : (memref<8x1024xf16>, memref<8x1024xf32>) -> ()
  return
}

// A warp's threads keep a row; what is longer is a block's.
// CHECK-LABEL: func.func @rows
// CHECK: schedule = #kernel.cuda_rows<threads = 256, rows = 8, vector = 4, keep = 12>
// CHECK: schedule = #kernel.cuda_rows<threads = 128, rows = 1, vector = 4, keep = 32>
// LAUNCH-LABEL: func.func @rows
// LAUNCH: items = #xf.dim<8>
// LAUNCH: items = #xf.dim<64>
func.func @rows(%x: memref<64x384xf32>, %y: memref<64xf32>, %z: memref<64x4096xf32>) {
  kernel.rows ins %x outs %y {kinds = ["sum"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } map {
  ^bb0(%e: f32, %s: f32, %c: f32):
    kernel.yield
  } : (memref<64x384xf32>, memref<64xf32>) -> ()
  kernel.rows ins %z outs %y {kinds = ["sum"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } map {
  ^bb0(%e: f32, %s: f32, %c: f32):
    kernel.yield
  } : (memref<64x4096xf32>, memref<64xf32>) -> ()
  return
}

// Neighbouring threads sum neighbouring columns.
// CHECK-LABEL: func.func @columns
// CHECK: schedule = #kernel.cuda_rows<threads = 256, rows = 256, vector = 1>
// LAUNCH-LABEL: func.func @columns
// LAUNCH: items = #xf.dim<2>
func.func @columns(%x: memref<64x384xf32>, %y: memref<384xf32>) {
  kernel.reduce ins %x outs %y {kind = "sum", reduced = array<i64: 0>, maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } : (memref<64x384xf32>, memref<384xf32>) -> ()
  return
}

// A thread computes an item.
// CHECK-LABEL: func.func @task
// CHECK: schedule = #kernel.cuda_loop<threads = 256, per_thread = 1, vector = 1>
// LAUNCH-LABEL: func.func @task
// LAUNCH: items = #xf.dim<floordiv(n + 255, 256)>
func.func @task(%x: memref<?xf32>) {
  kernel.task outs %x {item_count = #xf.dim<n>, shapes = [[#xf.dim<n>]]} body {
  ^bb0(%a: memref<?xf32>, %i: index):
    %v = memref.load %a[%i] : memref<?xf32>
    memref.store %v, %a[%i] : memref<?xf32>
    kernel.yield
  } : (memref<?xf32>) -> ()
  return
}
