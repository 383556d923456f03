// RUN: hagane-opt %s --hagane-choose-quantization=rules=int8:act=static,/few*=int4:act=static-minmax | FileCheck %s
// RUN: hagane-opt %s --hagane-choose-quantization=rules=int8:act=static,/few*=int4:act=static-minmax --hagane-phase-kernels | FileCheck %s --check-prefix=KERNEL

// Unsigned codes with a zero point for bytes; signed ones for codes in blocks.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[S:.*]] = xf.constant {value = dense<0.00784313772> : tensor<f32>}
// CHECK-DAG: %[[Z:.*]] = xf.constant {value = dense<64> : tensor<ui8>}
// CHECK-DAG: %[[C:.*]] = xf.quantize %arg0, %[[S]], %[[Z]] {axis = 0 : i64, block = 0 : i64, to = ui8}
// CHECK-DAG: %[[X:.*]] = xf.dequantize %[[C]], %[[S]], %[[Z]]
// CHECK-DAG: %[[T:.*]] = xf.constant {value = dense<2.000000e+00> : tensor<f32>}
// CHECK-DAG: %[[D:.*]] = xf.quantize %arg0, %[[T]] {axis = 0 : i64, block = 0 : i64, to = i8}
// CHECK-DAG: %[[Y:.*]] = xf.dequantize %[[D]], %[[T]]
// CHECK: xf.linear %[[X]], %{{.*}} {xf.ranges = {{.*}}, xf.scheme = "int8:act=static-mse"}
// CHECK: xf.linear %[[X]]
// CHECK: xf.linear %[[Y]], {{.*}} xf.scheme = "int4:act=static-minmax"}

// What quantizes the input is not repeated, nor are equal products, and all are of codes.
// KERNEL-LABEL: func.func @main
// KERNEL: kernel.gemm {{.*}}b_layout = "interleaved"
// KERNEL: kernel.gemm {{.*}}b_layout = "codes"
xf.symbol @m {min = 1 : i64, max = 512 : i64}
func.func @main(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<m>, #xf.dim<64>]}) -> (tensor<?x48xf32>, tensor<?x48xf32>, tensor<?x16xf32>) {
  %w0 = xf.constant {value = dense_resource<w0> : tensor<64x48xf32>} : () -> tensor<64x48xf32>
  %w2 = xf.constant {value = dense_resource<w2> : tensor<64x48xf32>} : () -> tensor<64x48xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<64x16xf32>} : () -> tensor<64x16xf32>
  %0 = xf.linear %x, %w0 {xf.ranges = {mse = array<f32: -0.5, 1.5>}} : (tensor<?x64xf32>, tensor<64x48xf32>) -> tensor<?x48xf32> loc("/up")
  %1 = xf.linear %x, %w2 {xf.ranges = {mse = array<f32: -0.5, 1.5>}} : (tensor<?x64xf32>, tensor<64x48xf32>) -> tensor<?x48xf32> loc("/gate")
  %2 = xf.linear %x, %w1 {xf.ranges = {mse = array<f32: -0.5, 1.5>, minmax = array<f32: -254.0, 2.0>}} : (tensor<?x64xf32>, tensor<64x16xf32>) -> tensor<?x16xf32> loc("/few")
  return %0, %1, %2 : tensor<?x48xf32>, tensor<?x48xf32>, tensor<?x16xf32>
}
