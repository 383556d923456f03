// What no source can be made of.
// RUN: hagane-opt %s --split-input-file --verify-diagnostics --hagane-emit-cuda
// RUN: echo "module {}" | not hagane-opt --hagane-emit-cuda="sm=75" 2>&1 | FileCheck %s

// CHECK: no GPU is called 75, expected one of 80, 86, 89, 90a, 100

// expected-error @+1 {{expected a function with one kernel}}
func.func @none(%begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @unscheduled(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @+1 {{expected a kernel with a schedule of a GPU}}
  kernel.map ins %x outs %y {maps = [#id, #id], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } : (memref<8xf32>, memref<8xf32>) -> ()
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @unknown(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.map ins %x outs %y {maps = [#id, #id], schedule = #kernel.cuda_loop<threads = 32, per_thread = 1, vector = 1>, shapes = [[], []]} body {
  ^bb0(%e: f32):
    // expected-error @+1 {{has no form in CUDA C++ inside of a kernel}}
    %c = math.cbrt %e : f32
    kernel.yield %c : f32
  } : (memref<8xf32>, memref<8xf32>) -> ()
  return
}

// -----

func.func @count(%y: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @+1 {{needs the number m + n, but no operand has an axis of size m}}
  kernel.task outs %y {item_count = #xf.dim<n + m>, schedule = #kernel.cuda_loop<threads = 32, per_thread = 1, vector = 1>, shapes = [[#xf.dim<n>]]} body {
  ^bb0(%a: memref<?xf32>, %i: index):
    kernel.yield
  } : (memref<?xf32>) -> ()
  return
}
