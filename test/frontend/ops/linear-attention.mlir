// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// Heads come apart as they lie; the decay is a factor, in f32.
// CHECK-LABEL: func.func @LinearAttention27(
// CHECK: xf.cast {{.*}} -> tensor<1x5x2x1xf32>
// CHECK: %[[G:.*]] = xf.exp
// CHECK: xf.linear_attention %{{.*}}, %{{.*}}, %{{.*}}, %[[G]] {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0>, scale = 5.000000e-01 : f64} : (tensor<1x5x4x4xf16>, tensor<1x5x2x4xf16>, tensor<1x5x2x3xf16>, tensor<1x5x2x1xf32>)
// CHECK: xf.reshape {{.*}} -> tensor<1x5x12xf16>
func.func @LinearAttention27(%q: tensor<1x5x16xf16>, %k: tensor<1x5x8xf16>, %v: tensor<1x5x6xf16>, %g: tensor<1x5x2xf16>) -> !onnx.unknown {
  %none = onnx.absent : none
  %y, %s = onnx.node "LinearAttention" since 27 (%q, %k, %v, %none, %g) {q_num_heads = 4, kv_num_heads = 2, update_rule = "gated"} : (tensor<1x5x16xf16>, tensor<1x5x8xf16>, tensor<1x5x6xf16>, none, tensor<1x5x2xf16>) -> (!onnx.unknown, !onnx.unknown)
  return %y : !onnx.unknown
}
