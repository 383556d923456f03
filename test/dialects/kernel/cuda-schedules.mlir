// Schedules of GPUs print as they are parsed, and stand where those of processors do.
// RUN: hagane-opt %s | hagane-opt | FileCheck %s

// CHECK-LABEL: func.func @map
func.func @map(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: schedule = #kernel.cuda_loop<threads = 256, per_thread = 2, vector = 4>
  %y = kernel.map ins %x outs %x {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], shapes = [[], []],
      schedule = #kernel.cuda_loop<threads = 256, per_thread = 2, vector = 4>} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: schedule = #kernel.cuda_rows<threads = 256, rows = 8, vector = 4, keep = 16>
  %y = kernel.rows ins %x outs %x {kinds = ["max"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], shapes = [[], []],
      schedule = #kernel.cuda_rows<threads = 256, rows = 8, vector = 4, keep = 16>} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32):
    kernel.yield
  } map {
  ^bb0(%e: f32, %m: f32, %c: f32):
    %d = arith.subf %e, %m : f32
    kernel.yield %d : f32
  } : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// A task has a schedule on GPUs only.
// CHECK-LABEL: func.func @task
func.func @task(%x: memref<?xf32>) {
  // CHECK: item_count = #xf.dim<n>, schedule = #kernel.cuda_loop<threads = 128, per_thread = 1, vector = 1>
  kernel.task outs %x {item_count = #xf.dim<n>, shapes = [[]], schedule = #kernel.cuda_loop<threads = 128, per_thread = 1, vector = 1>} body {
  ^bb0(%a: memref<?xf32>, %i: index):
    %v = memref.load %a[%i] : memref<?xf32>
    memref.store %v, %a[%i] : memref<?xf32>
    kernel.yield
  } : (memref<?xf32>) -> ()
  return
}
