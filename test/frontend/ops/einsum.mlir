// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// The diagonal is every fifth element of a flat matrix.
// CHECK-LABEL: func.func @Einsum12_diagonal(
// CHECK: %[[F:.*]] = xf.reshape {{.*}} -> tensor<2x3x16xf32>
// CHECK: xf.gather %[[F]], {{.*}}axis = 2 : i64{{.*}} -> tensor<2x3x4xf32>
func.func @Einsum12_diagonal(%x: tensor<2x3x4x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Einsum" since 12 (%x) {equation = "...ii->...i"} : (tensor<2x3x4x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Einsum12_ellipsis(
// CHECK: xf.matmul %arg0, %arg1 : {{.*}} -> tensor<2x3x4x6xf32>
func.func @Einsum12_ellipsis(%x: tensor<2x3x4x5xf32>, %y: tensor<2x3x5x6xf32>) -> !onnx.unknown {
  %z = onnx.node "Einsum" since 12 (%x, %y) {equation = "...ij,...jk->...ik"} : (tensor<2x3x4x5xf32>, tensor<2x3x5x6xf32>) -> !onnx.unknown
  return %z : !onnx.unknown
}
