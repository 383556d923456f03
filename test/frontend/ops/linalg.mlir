// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Det11(
// CHECK: xf.determinant
func.func @Det11(%x: tensor<2x3x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Det" since 11 (%x) : (tensor<2x3x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Inverse1(
// CHECK: xf.inverse
func.func @Inverse1(%x: tensor<2x3x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Inverse" domain "com.microsoft" since 1 (%x) : (tensor<2x3x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
