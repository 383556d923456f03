// RUN: hagane-opt %s --hagane-observe-products=moments=1 | FileCheck %s
// RUN: hagane-opt %s --hagane-observe-products=moments=1 --hagane-phase-kernels | FileCheck %s --check-prefix=KERNEL

xf.symbol @b {min = 1 : i64, max = 8 : i64}
// KERNEL: kernel.reduce
// KERNEL: kernel.gemm
xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Products by constants are counted, others are not; what they give is returned no more.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<16xf32> {onnx.name = "product.0.lowest"}, tensor<16xf32> {onnx.name = "product.0.highest"}, tensor<16xf32> {onnx.name = "product.0.squares"},
// CHECK-SAME: tensor<8xf32> {onnx.name = "product.1.lowest"}, tensor<8xf32> {onnx.name = "product.1.highest"}, tensor<8xf32> {onnx.name = "product.1.squares"}, tensor<8x8xf32> {onnx.name = "product.1.moments"})
// CHECK: %[[LOW:.*]] = xf.reduce %arg0 {axes = array<i64: 0, 1>, kind = #xf.reduce_kind<min>} : (tensor<?x?x16xf32>) -> tensor<16xf32>
// CHECK: %[[HIGH:.*]] = xf.reduce %arg0 {{.*}}<max>
// CHECK: %[[SQUARES:.*]] = xf.reduce %arg0 {{.*}}<sum_square>
// CHECK: %[[Y:.*]] = xf.linear %arg0
// CHECK: %[[CAST:.*]] = xf.cast %{{.*}} {to = f32} : (tensor<?x?x8xf16>) -> tensor<?x?x8xf32>
// CHECK: %[[ROWS:.*]] = xf.reshape %[[CAST]] {shape = [#xf.dim<b * s>, #xf.dim<8>]}
// CHECK: %[[MOMENTS:.*]] = xf.matmul %[[ROWS]], %[[ROWS]] {transpose_a}
// CHECK: return %[[LOW]], %[[HIGH]], %[[SQUARES]], {{.*}}, %[[MOMENTS]]
func.func @main(%x: tensor<?x?x16xf32> {xf.dims = [#xf.dim<b>, #xf.dim<s>, #xf.dim<16>]}, %v: tensor<8x4xf16>) -> (tensor<?x?x4xf16> {onnx.name = "y"}, tensor<?x?x4xf16>) {
  %w = xf.constant {value = dense<0.5> : tensor<8x16xf32>} : () -> tensor<8x16xf32>
  %u = xf.constant {value = dense<0.5> : tensor<8x4xf16>} : () -> tensor<8x4xf16>
  %0 = xf.linear %x, %w {transpose_weight} : (tensor<?x?x16xf32>, tensor<8x16xf32>) -> tensor<?x?x8xf32>
  %1 = xf.cast %0 {to = f16} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf16>
  %2 = xf.linear %1, %u : (tensor<?x?x8xf16>, tensor<8x4xf16>) -> tensor<?x?x4xf16>
  %3 = xf.linear %1, %v : (tensor<?x?x8xf16>, tensor<8x4xf16>) -> tensor<?x?x4xf16>
  return %2, %3 : tensor<?x?x4xf16>, tensor<?x?x4xf16>
}
