// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// Samples of each offset group, then a product of matrices.
// CHECK-LABEL: func.func @DeformConv19(
// CHECK-COUNT-2: xf.grid_sample {{.*}}outside = "zeros"
// CHECK: xf.concat
// CHECK: xf.matmul {{.*}} -> tensor<1x1x3x16xf32>
// CHECK: xf.reshape {{.*}} -> tensor<1x3x4x4xf32>
func.func @DeformConv19(%x: tensor<1x2x5x5xf32>, %w: tensor<3x2x2x2xf32>, %o: tensor<1x16x4x4xf32>) -> !onnx.unknown {
  %y = onnx.node "DeformConv" since 19 (%x, %w, %o) {offset_group = 2} : (tensor<1x2x5x5xf32>, tensor<3x2x2x2xf32>, tensor<1x16x4x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
