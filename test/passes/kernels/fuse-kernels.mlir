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
