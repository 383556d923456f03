// RUN: hagane-opt %s -convert-onnx-to-xf -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @CausalConvWithState27(
// CHECK: %[[ALL:.*]] = xf.concat %arg3, %arg0 {axis = 2 : i64} : (tensor<2x4x2xf32>, tensor<2x4x6xf32>) -> tensor<2x4x8xf32>
// CHECK-COUNT-3: xf.slice %[[ALL]] {{.*}} -> tensor<2x4x6xf32>
// CHECK: xf.silu
// CHECK: xf.slice %[[ALL]] {{.*}} -> tensor<2x4x2xf32>
func.func @CausalConvWithState27(%x: tensor<2x4x6xf32>, %w: tensor<4x1x3xf32>, %b: tensor<4xf32>, %past: tensor<2x4x2xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:2 = onnx.node "CausalConvWithState" since 27 (%x, %w, %b, %past) {activation = "silu"}
    : (tensor<2x4x6xf32>, tensor<4x1x3xf32>, tensor<4xf32>, tensor<2x4x2xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}
