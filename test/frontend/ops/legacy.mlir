// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Add6(
// CHECK: %[[B:.*]] = xf.reshape %arg1 {shape = [#xf.dim<3>, #xf.dim<1>]} : (tensor<3xf32>) -> tensor<3x1xf32>
// CHECK: xf.add %arg0, %[[B]]
func.func @Add6(%a: tensor<2x3x4xf32>, %b: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "Add" since 6 (%a, %b) {broadcast = 1 : i64, axis = 1 : i64}
    : (tensor<2x3x4xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Sub6(
// CHECK: xf.sub %arg0, %arg1
func.func @Sub6(%a: tensor<3x4xf32>, %b: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Sub" since 6 (%a, %b) {broadcast = 1 : i64}
    : (tensor<3x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @others(
// CHECK: %[[M:.*]] = xf.mul %arg0, %arg1
// CHECK: %[[D:.*]] = xf.div %[[M]], %arg1
// CHECK: xf.pow %[[D]], %arg1
func.func @others(%a: tensor<4xf32>, %b: tensor<4xf32>) -> !onnx.unknown {
  %m = onnx.node "Mul" since 6 (%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  %d = onnx.node "Div" since 6 (%m, %b) : (!onnx.unknown, tensor<4xf32>) -> !onnx.unknown
  %p = onnx.node "Pow" since 1 (%d, %b) : (!onnx.unknown, tensor<4xf32>) -> !onnx.unknown
  return %p : !onnx.unknown
}

// A vector of slopes lies along the channels.
// CHECK-LABEL: func.func @PRelu6(
// CHECK: xf.reshape %arg1 {shape = [#xf.dim<3>, #xf.dim<1>]} : (tensor<3xf32>) -> tensor<3x1xf32>
func.func @PRelu6(%x: tensor<2x3x4xf32>, %slope: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "PRelu" since 6 (%x, %slope) : (tensor<2x3x4xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
