// RUN: hagane-opt %s --hagane-form-kernels --canonicalize --cse --hagane-fuse-kernels --cse --split-input-file | FileCheck %s

xf.symbol @b {min = 1 : i64, max = 64 : i64}
xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Activation and residual join the epilogue through the reshape between them.
// CHECK-LABEL: func.func @epilogue
// CHECK: %[[R:.*]] = tensor.collapse_shape
// CHECK: kernel.gemm %{{.*}}, %{{.*}} extras %[[R]] outs
// CHECK: arith.maximumf
// CHECK: arith.addf
// CHECK-NOT: kernel.map
func.func @epilogue(%x: tensor<?x?x8xf32> {xf.dims = [#xf.dim<b>, #xf.dim<s>, #xf.dim<8>]}) -> tensor<?x?x8xf32> {
  %w = xf.constant {value = dense_resource<w> : tensor<8x8xf32>} : () -> tensor<8x8xf32>
  %y = xf.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %r = xf.relu %y : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %z = xf.add %r, %x : (tensor<?x?x8xf32>, tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %z : tensor<?x?x8xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// A chain is one map, read through a transpose; coordinates follow it.
// CHECK-DAG: #[[T:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func.func @chain
// CHECK: kernel.map ins %arg0 outs %{{.*}} {maps = [#[[T]], #{{.*}}]
// CHECK: kernel.index 1
// CHECK: kernel.index 0
// CHECK: math.exp
// CHECK-NOT: kernel.map
func.func @chain(%x: tensor<?x?xf32> {xf.dims = [#xf.dim<s>, #xf.dim<s>]}) -> tensor<?x?xf32> {
  %l = xf.trilu %x : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %e = xf.exp %l : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %t = xf.transpose %e {permutation = array<i64: 1, 0>} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %t : tensor<?x?xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Declined: a result with two uses is computed once, and a costly function is
// not evaluated again for every stage of a row kernel.
// CHECK-LABEL: func.func @declines
// CHECK: kernel.map
// CHECK: math.exp
// CHECK: kernel.rows
func.func @declines(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<s>, #xf.dim<8>]}) -> tensor<?x8xf32> {
  %e = xf.exp %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %n = xf.rms_norm %e {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %n : tensor<?x8xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// A cheap producer joins each stage of the row kernel.
// CHECK-LABEL: func.func @prologue
// CHECK-NOT: kernel.map
// CHECK: kernel.rows ins %arg0, %arg1
// CHECK: arith.addf
func.func @prologue(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<s>, #xf.dim<8>]}, %y: tensor<?x8xf32> {xf.dims = [#xf.dim<s>, #xf.dim<8>]}) -> tensor<?x8xf32> {
  %a = xf.add %x, %y : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %n = xf.rms_norm %a {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %n : tensor<?x8xf32>
}

// -----

// What follows a convolution becomes its epilogue, past the axes of space that were one.
// CHECK-LABEL: func.func @conv_epilogue
// CHECK: kernel.conv {{.*}} extras %{{.*}} outs
// CHECK: ^bb0(%[[ACC:.*]]: f32, %[[R:.*]]: f32)
// CHECK: arith.addf %[[ACC]], %[[R]]
// CHECK-NOT: kernel.map
// CHECK: return
func.func @conv_epilogue(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x36xf32>, %r: tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32> {
  %c = tensor.empty() : tensor<2x8x64xf32>
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64, extra_maps = [],
      shapes = [[#xf.dim<2>, #xf.dim<4>, #xf.dim<1>, #xf.dim<8>, #xf.dim<8>], [#xf.dim<8>, #xf.dim<36>], [#xf.dim<2>, #xf.dim<8>, #xf.dim<64>]]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x36xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  %1 = tensor.expand_shape %0 [[0], [1], [2, 3]] output_shape [2, 8, 8, 8] : tensor<2x8x64xf32> into tensor<2x8x8x8xf32>
  %o = tensor.empty() : tensor<2x8x8x8xf32>
  %2 = kernel.map ins %1, %r outs %o {maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>],
      shapes = [[#xf.dim<2>, #xf.dim<8>, #xf.dim<8>, #xf.dim<8>], [#xf.dim<2>, #xf.dim<8>, #xf.dim<8>, #xf.dim<8>], [#xf.dim<2>, #xf.dim<8>, #xf.dim<8>, #xf.dim<8>]]} body {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    kernel.yield %s : f32
  } : (tensor<2x8x8x8xf32>, tensor<2x8x8x8xf32>, tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  return %2 : tensor<2x8x8x8xf32>
}

// -----

// A repeated number has no axis to tell how many of it are summed.
// CHECK-LABEL: func.func @repeated_number
// CHECK: %[[M:.*]] = kernel.map
// CHECK: kernel.reduce ins %[[M]] outs
func.func @repeated_number(%x: tensor<f32>, %n: index) -> tensor<?xf32> {
  %o = tensor.empty(%n) : tensor<?x32xf32>
  %r = tensor.empty(%n) : tensor<?xf32>
  %0 = kernel.map ins %x outs %o {maps = [affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>], shapes = [[], [#xf.dim<n>, #xf.dim<32>]]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } : (tensor<f32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %1 = kernel.reduce ins %0 outs %r {kind = "sum", reduced = array<i64: 1>,
      maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[#xf.dim<n>, #xf.dim<32>], [#xf.dim<n>]]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } : (tensor<?x32xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %1 : tensor<?xf32>
}
