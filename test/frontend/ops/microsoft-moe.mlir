// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// Each expert on its own tokens, added where they came from.
// CHECK-LABEL: func.func @MoE1(
// CHECK: xf.topk
// CHECK: xf.nonzero
// CHECK: xf.gather
// CHECK: xf.linear
// CHECK: xf.silu
// CHECK: xf.linear
// CHECK: xf.scatter_nd {{.*}}<add>
// CHECK: xf.nonzero
// CHECK: xf.scatter_nd {{.*}}<add>
func.func @MoE1(%a0: tensor<7x8xf32>, %a1: tensor<7x2xf32>, %a2: tensor<2x6x8xf32>, %a4: tensor<2x8x6xf32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %r0 = onnx.node "MoE" domain "com.microsoft" since 1 (%a0, %a1, %a2, %none, %a4) {k = 1, activation_type = "silu"} : (tensor<7x8xf32>, tensor<7x2xf32>, tensor<2x6x8xf32>, none, tensor<2x8x6xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// Codes become numbers expert by expert.
// CHECK-LABEL: func.func @QMoE1(
// CHECK: xf.constant {{.*}}tensor<4x8xui4>
// CHECK: xf.dequantize {{.*}} -> tensor<4x8xf32>
// CHECK: xf.linear
func.func @QMoE1(%x: tensor<7x8xf32>, %p: tensor<7x2xf32>) -> !onnx.unknown {
  %w = onnx.initializer "w" dense<17> : tensor<2x4x4xui8>
  %s = onnx.initializer "s" dense<0.5> : tensor<2x4xf32>
  %v = onnx.initializer "v" dense<17> : tensor<2x8x2xui8>
  %t = onnx.initializer "t" dense<0.5> : tensor<2x8xf32>
  %none = onnx.absent : none
  %y = onnx.node "QMoE" domain "com.microsoft" since 1 (%x, %p, %w, %s, %none, %v, %t) {k = 1} : (tensor<7x8xf32>, tensor<7x2xf32>, tensor<2x4x4xui8>, tensor<2x4xf32>, none, tensor<2x8x2xui8>, tensor<2x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
