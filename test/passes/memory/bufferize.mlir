// RUN: hagane-opt %s --split-input-file --hagane-prepare-outputs --hagane-bufferize --canonicalize --cse --hagane-copies-to-kernels | FileCheck %s

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// Weights stay tensors; a kernel writes straight into the caller's buffer; the
// parts of a concatenation are written in place.
// CHECK: kernel.global @w : tensor<8xf32>
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:[^:]*]]: memref<?x8xf32> {{.*}}, %[[OUT:[^:]*]]: memref<?x8xf32>
// CHECK: kernel.get_global @w : memref<8xf32>
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: %[[P:.*]] = memref.subview %[[OUT]]
// CHECK: kernel.map ins %[[X]], %{{.*}} outs %[[P]]
// CHECK-NOT: memref.copy
kernel.global @w : tensor<8xf32> {
  %c = xf.constant {value = dense<1.0> : tensor<8xf32>} : () -> tensor<8xf32>
  kernel.yield %c : tensor<8xf32>
}
func.func @main(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<n>, #xf.dim<8>]}) -> (tensor<?x8xf32> {xf.dims = [#xf.dim<n + 1>, #xf.dim<8>]}) {
  %w = kernel.get_global @w : tensor<8xf32>
  %n = xf.dim_value {dim = #xf.dim<n>} : index
  %m = xf.dim_value {dim = #xf.dim<n + 1>} : index
  %e = tensor.empty(%m) : tensor<?x8xf32>
  %p = tensor.extract_slice %e[0, 0] [%n, 8] [1, 1] : tensor<?x8xf32> to tensor<?x8xf32>
  %y = kernel.map ins %x, %w outs %p {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      shapes = [[#xf.dim<n>, #xf.dim<8>], [#xf.dim<8>], [#xf.dim<n>, #xf.dim<8>]]} body {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    kernel.yield %s : f32
  } : (tensor<?x8xf32>, tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %r = tensor.insert_slice %y into %e[0, 0] [%n, 8] [1, 1] : tensor<?x8xf32> into tensor<?x8xf32>
  %q = tensor.extract_slice %r[%n, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
  %z = kernel.map ins %w outs %q {maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      shapes = [[#xf.dim<8>], [#xf.dim<1>, #xf.dim<8>]]} body {
  ^bb0(%b: f32):
    kernel.yield %b : f32
  } : (tensor<8xf32>, tensor<1x8xf32>) -> tensor<1x8xf32>
  %t = tensor.insert_slice %z into %r[%n, 0] [1, 8] [1, 1] : tensor<1x8xf32> into tensor<?x8xf32>
  return %t : tensor<?x8xf32>
}

// -----

// Two results that begin as the same zeros: each is filled and written for
// itself.
// CHECK-LABEL: func.func @padded
// CHECK-SAME: (%[[X:[^:]*]]: memref<2xf32> {{.*}}, %[[Y:[^:]*]]: memref<2xf32> {{.*}}, %[[A:[^:]*]]: memref<4xf32> {{.*}}, %[[B:[^:]*]]: memref<4xf32>
// CHECK-NOT: memref.alloc
// CHECK: kernel.map ins %{{.*}} outs %[[B]]
// CHECK: kernel.map ins %{{.*}} outs %[[A]]
// CHECK: %[[P:.*]] = memref.subview %[[A]]
// CHECK: %[[Q:.*]] = memref.subview %[[B]]
// CHECK: kernel.map ins %[[X]] outs %[[P]]
// CHECK: kernel.map ins %[[Y]] outs %[[Q]]
// CHECK-NOT: outs
kernel.global @zero : tensor<f32> {
  %c = xf.constant {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  kernel.yield %c : tensor<f32>
}
func.func @padded(%x: tensor<2xf32> {xf.dims = [#xf.dim<2>]}, %y: tensor<2xf32> {xf.dims = [#xf.dim<2>]})
    -> (tensor<4xf32> {xf.dims = [#xf.dim<4>]}, tensor<4xf32> {xf.dims = [#xf.dim<4>]}) {
  %c = kernel.get_global @zero : tensor<f32>
  %e = tensor.empty() : tensor<4xf32>
  %zeros = kernel.map ins %c outs %e {maps = [affine_map<(i) -> ()>, affine_map<(i) -> (i)>], shapes = [[], [#xf.dim<4>]]} body {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  } : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %p = tensor.extract_slice %zeros[1] [2] [1] : tensor<4xf32> to tensor<2xf32>
  %v = kernel.map ins %x outs %p {maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], shapes = [[#xf.dim<2>], [#xf.dim<2>]]} body {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  } : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %s = tensor.insert_slice %v into %zeros[1] [2] [1] : tensor<2xf32> into tensor<4xf32>
  %w = kernel.map ins %y outs %p {maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], shapes = [[#xf.dim<2>], [#xf.dim<2>]]} body {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  } : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %t = tensor.insert_slice %w into %zeros[1] [2] [1] : tensor<2xf32> into tensor<4xf32>
  return %s, %t : tensor<4xf32>, tensor<4xf32>
}
