// RUN: hagane-opt %s --hagane-lower-kernels --split-input-file --verify-diagnostics

// expected-error @below {{expected a kernel function to end with arguments begin and end of type index and scratch of type memref<?xi8>, found '(memref<4xf32>, index, index) -> ()'}}
func.func private @few(%y: memref<4xf32>, %begin: index, %end: index) attributes {kernel.body} {
  kernel.map outs %y {maps = [affine_map<(i) -> (i)>], shapes = [[]], schedule = #kernel.loop_schedule<item_size = 4, vector = 4>} body {
    %c = arith.constant 1.0 : f32
    kernel.yield %c : f32
  } : (memref<4xf32>) -> ()
  return
}

// -----

// expected-error @below {{expected a kernel function to end with arguments begin and end of type index and scratch of type memref<?xi8>}}
func.func private @words(%y: memref<4xf32>, %begin: i64, %end: i64, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.map outs %y {maps = [affine_map<(i) -> (i)>], shapes = [[]], schedule = #kernel.loop_schedule<item_size = 4, vector = 4>} body {
    %c = arith.constant 1.0 : f32
    kernel.yield %c : f32
  } : (memref<4xf32>) -> ()
  return
}

// -----

func.func private @unscheduled(%y: memref<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{expected a kernel with a schedule of a processor}}
  kernel.map outs %y {maps = [affine_map<(i) -> (i)>], shapes = [[]]} body {
    %c = arith.constant 1.0 : f32
    kernel.yield %c : f32
  } : (memref<4xf32>) -> ()
  return
}

// -----

func.func private @tensors(%y: tensor<4xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{expected a kernel on memrefs}}
  %0 = kernel.map outs %y {maps = [affine_map<(i) -> (i)>], shapes = [[]], schedule = #kernel.loop_schedule<item_size = 4, vector = 4>} body {
    %c = arith.constant 1.0 : f32
    kernel.yield %c : f32
  } : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func private @silent(%t: memref<4xf32>, %i: memref<2xi64>, %y: memref<2xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{checks positions: expected its function to have the attribute kernel.reports}}
  kernel.gather %t, %i outs %y {axis = 0 : i64, shapes = [[], [], []], schedule = #kernel.loop_schedule<item_size = 2, vector = 1>} : (memref<4xf32>, memref<2xi64>, memref<2xf32>) -> ()
  return
}

// -----

// expected-error @below {{expected a kernel function that reports to have arguments report of type 'memref<3xi64>' and check of type index before the range}}
func.func private @unreported(%t: memref<4xf32>, %i: memref<2xi64>, %y: memref<2xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body, kernel.reports} {
  kernel.gather %t, %i outs %y {axis = 0 : i64, shapes = [[], [], []], schedule = #kernel.loop_schedule<item_size = 2, vector = 1>} : (memref<4xf32>, memref<2xi64>, memref<2xf32>) -> ()
  return
}
