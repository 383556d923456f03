// RUN: hagane-opt %s --hagane-prepare-outputs --hagane-bufferize --canonicalize --cse --hagane-copies-to-kernels | FileCheck %s

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
