// RUN: hagane-opt %s -hagane-lower-host -split-input-file -verify-diagnostics

// expected-error @below {{expected a function @main with a body}}
module {
}

// -----

// expected-error @below {{argument 0 of main must be a dense memref, found 'tensor<4xf32>'}}
func.func @main(%x: tensor<4xf32>) {
  return
}

// -----

// expected-error @below {{argument 0 of main has open sizes and no xf.dims}}
func.func @main(%x: memref<?xf32>) {
  return
}

// -----

// expected-error @below {{argument 0 of main has 2 xf.dims, expected its rank, 1}}
func.func @main(%x: memref<?xf32> {xf.dims = [#xf.dim<n>, #xf.dim<2>]}) {
  return
}

// -----

// expected-error @below {{the symbolic dimension 'n' is not declared by an xf.symbol}}
func.func @main(%x: memref<?xf32> {xf.dims = [#xf.dim<n>]}) {
  return
}

// -----

func.func @main() {
  // expected-error @below {{a buffer of main has no place in the arena yet}}
  %a = memref.alloc() : memref<4xf32>
  return
}

// -----

kernel.global @w : tensor<2xf32> {
  %c = xf.constant {value = dense<1.0> : tensor<2xf32>} : () -> tensor<2xf32>
  kernel.yield %c : tensor<2xf32>
}
func.func @main() {
  // expected-error @below {{the constant 'w' has no place in the weight segment yet}}
  %w = kernel.get_global @w : memref<2xf32>
  return
}

// -----

func.func @main(%x: memref<4xf32>) {
  // expected-error @below {{launches 'elsewhere', which is not a function with a body}}
  kernel.launch @elsewhere(%x) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
    kind = "map", schedule = "", nodes = []} : memref<4xf32>
  return
}
func.func private @elsewhere(memref<4xf32>, index, index, memref<?xi8>)

// -----

// expected-error @below {{expected bytes, first_use and last_use of each of kernel.buffers, found {bytes = #xf.dim<64>, first_use = 0 : i64}}}
func.func @main(%arena: memref<?xi8> {kernel.arena})
    attributes {kernel.arena_bytes = #xf.dim<64>, kernel.buffers = [{bytes = #xf.dim<64>, first_use = 0 : i64}]} {
  return
}

// -----

// expected-error @below {{expected kernel.arena_orders beside kernel.buffers}}
func.func @main(%arena: memref<?xi8> {kernel.arena})
    attributes {kernel.buffers = [{bytes = #xf.dim<64>, first_use = 0 : i64, last_use = 0 : i64}]} {
  return
}

// -----

// expected-error @below {{expected each of kernel.arena_orders to have each buffer's number once, found array<i32: 1>}}
func.func @main(%arena: memref<?xi8> {kernel.arena})
    attributes {kernel.buffers = [{bytes = #xf.dim<64>, first_use = 0 : i64, last_use = 0 : i64}],
                kernel.arena_orders = [array<i32: 0>, array<i32: 1>]} {
  return
}

// -----

xf.computed_size @late {min = 0 : i64, max = 64 : i64}
// expected-error @below {{expected the inputs to tell the sizes of buffers in the arena, found late * 64}}
func.func @main(%arena: memref<?xi8> {kernel.arena})
    attributes {kernel.buffers = [{bytes = #xf.dim<64 * late>, first_use = 0 : i64, last_use = 0 : i64}],
                kernel.arena_orders = [array<i32: 0>]} {
  return
}

// -----

func.func @main(%arena: memref<?xi8> {kernel.arena})
    attributes {kernel.buffers = [{bytes = #xf.dim<64>, first_use = 0 : i64, last_use = 0 : i64}],
                kernel.arena_orders = [array<i32: 0>]} {
  // expected-error @below {{is of buffer 1 of main's kernel.buffers, which are 1}}
  %o = kernel.buffer_offset {buffer = 1 : i64} : index
  return
}

// -----

// expected-error @below {{expected kernel.shares of an output to number an input, found 7 : i64 of argument 1}}
func.func @main(%x: memref<4xf32> {onnx.name = "x", xf.dims = [#xf.dim<4>]},
    %y: memref<4xf32> {kernel.output = 0 : i64, kernel.shares = 7 : i64, onnx.name = "y", xf.dims = [#xf.dim<4>]}) {
  return
}

// -----

// expected-error @below {{expected kernel.shares of an output to number an input, found -1 : i64 of argument 1}}
func.func @main(%x: memref<4xf32> {onnx.name = "x", xf.dims = [#xf.dim<4>]},
    %y: memref<4xf32> {kernel.output = 0 : i64, kernel.shares = -1 : i64, onnx.name = "y", xf.dims = [#xf.dim<4>]}) {
  return
}
