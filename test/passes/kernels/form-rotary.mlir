// RUN: hagane-opt %s --hagane-form-kernels --canonicalize --cse --split-input-file | FileCheck %s

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Both halves in one kernel, read behind the transpose; the rest is copied.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d4)>
// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d2, d4)>
// CHECK-LABEL: func.func @halves
// CHECK-DAG: %[[LOW:.*]] = tensor.extract_slice %arg0[0, 0, 0, 0]
// CHECK-DAG: %[[HIGH:.*]] = tensor.extract_slice %arg0[0, 0, 0, 4]
// CHECK: kernel.map ins %[[LOW]], %[[HIGH]], %arg1, %arg2 outs %{{.*}} {maps = [#[[X]], #[[X]], #[[A]], #[[A]],
// CHECK: %[[WHICH:.*]] = kernel.index 3
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[WHICH]]
// CHECK: arith.select %[[FIRST]]
// CHECK: -> tensor<1x4x?x2x4xf32>
// CHECK: kernel.map
// CHECK: -> tensor<1x4x?x2xf32>
// CHECK-NOT: kernel.map
func.func @halves(%x: tensor<1x?x4x10xf32> {xf.dims = [#xf.dim<1>, #xf.dim<s>, #xf.dim<4>, #xf.dim<10>]}, %cos: tensor<?x4xf32> {xf.dims = [#xf.dim<s>, #xf.dim<4>]}, %sin: tensor<?x4xf32> {xf.dims = [#xf.dim<s>, #xf.dim<4>]}) -> tensor<1x4x?x10xf32> {
  %t = xf.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x?x4x10xf32>) -> tensor<1x4x?x10xf32>
  %y = xf.rotary %t, %cos, %sin {rotated = 8 : i64} : (tensor<1x4x?x10xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<1x4x?x10xf32>
  return %y : tensor<1x4x?x10xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Neighbours take a kernel for each of a pair.
// CHECK-LABEL: func.func @neighbours
// CHECK-COUNT-2: kernel.map
// CHECK-NOT: kernel.map
func.func @neighbours(%x: tensor<1x4x?x8xf32> {xf.dims = [#xf.dim<1>, #xf.dim<4>, #xf.dim<s>, #xf.dim<8>]}, %cos: tensor<?x4xf32> {xf.dims = [#xf.dim<s>, #xf.dim<4>]}) -> tensor<1x4x?x8xf32> {
  %y = xf.rotary %x, %cos, %cos {rotated = 8 : i64, interleaved} : (tensor<1x4x?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<1x4x?x8xf32>
  return %y : tensor<1x4x?x8xf32>
}

// -----

xf.symbol @p {min = 0 : i64, max = 512 : i64}
xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Keys are rotated in their place of the cache.
// CHECK-LABEL: func.func @cache
// CHECK: %[[PAST:.*]] = kernel.map ins %arg0
// CHECK: %[[ALL:.*]] = tensor.insert_slice %[[PAST]]
// CHECK: %[[PLACE:.*]] = tensor.extract_slice %[[ALL]]
// CHECK: %[[SPLIT:.*]] = tensor.expand_shape %[[PLACE]]
// CHECK: %[[NEW:.*]] = kernel.map {{.*}} outs %[[SPLIT]]
// CHECK: %[[KEYS:.*]] = tensor.collapse_shape %[[NEW]]
// CHECK: tensor.insert_slice %[[KEYS]] into %[[ALL]]
// CHECK-NOT: kernel.map
func.func @cache(%past: tensor<1x4x?x8xf32> {xf.dims = [#xf.dim<1>, #xf.dim<4>, #xf.dim<p>, #xf.dim<8>]}, %x: tensor<1x4x?x8xf32> {xf.dims = [#xf.dim<1>, #xf.dim<4>, #xf.dim<s>, #xf.dim<8>]}, %cos: tensor<?x4xf32> {xf.dims = [#xf.dim<s>, #xf.dim<4>]}) -> tensor<1x4x?x8xf32> {
  %k = xf.rotary %x, %cos, %cos {rotated = 8 : i64} : (tensor<1x4x?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<1x4x?x8xf32>
  %y = xf.cache_append %past, %k {axis = 2 : i64} : (tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>) -> tensor<1x4x?x8xf32>
  return %y : tensor<1x4x?x8xf32>
}
