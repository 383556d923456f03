// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @NegativeLogLikelihoodLoss22(
// CHECK: %[[PICKED:.*]] = xf.gather_elements %arg0, %{{.*}} {axis = 1 : i64}
// CHECK: xf.neg
// CHECK: xf.reduce %{{.*}} {axes = array<i64: 0, 1>, kind = #xf.reduce_kind<mean>}
func.func @NegativeLogLikelihoodLoss22(%x: tensor<3x5x2xf32>, %labels: tensor<3x2xi64>) -> !onnx.unknown {
  %y = onnx.node "NegativeLogLikelihoodLoss" since 22 (%x, %labels)
    : (tensor<3x5x2xf32>, tensor<3x2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// An ignored label counts neither in the sum nor in the weights.
// CHECK-LABEL: func.func @weighted(
// CHECK: %[[IGNORED:.*]] = xf.cmp %arg1, %{{.*}} {kind = #xf.cmp_kind<eq>}
// CHECK: %[[LABELS:.*]] = xf.select %[[IGNORED]], %{{.*}}, %arg1
// CHECK: %[[WEIGHTS:.*]] = xf.gather %arg2, %[[LABELS]] {axis = 0 : i64}
// CHECK: %[[FACTORS:.*]] = xf.select %[[IGNORED]], %{{.*}}, %[[WEIGHTS]]
// CHECK: %[[SUM:.*]] = xf.reduce %{{.*}} {axes = array<i64: 0>, kind = #xf.reduce_kind<sum>}
// CHECK: %[[ALL:.*]] = xf.reduce %[[FACTORS]] {axes = array<i64: 0>, kind = #xf.reduce_kind<sum>}
// CHECK: xf.div %[[SUM]], %[[ALL]]
func.func @weighted(%x: tensor<3x5xf32>, %labels: tensor<3xi64>, %w: tensor<5xf32>) -> !onnx.unknown {
  %y = onnx.node "NegativeLogLikelihoodLoss" since 13 (%x, %labels, %w) {ignore_index = 7 : i64}
    : (tensor<3x5xf32>, tensor<3xi64>, tensor<5xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @SoftmaxCrossEntropyLoss13(
// CHECK: %[[LOGS:.*]] = xf.softmax %arg0 {axis = 1 : i64, log}
// CHECK: xf.gather_elements %[[LOGS]]
// CHECK: %[[LOSS:.*]] = xf.neg
// CHECK-NOT: xf.reduce
func.func @SoftmaxCrossEntropyLoss13(%x: tensor<3x5xf32>, %labels: tensor<3xi64>) -> (!onnx.unknown, !onnx.unknown) {
  %y:2 = onnx.node "SoftmaxCrossEntropyLoss" since 13 (%x, %labels) {reduction = "none"}
    : (tensor<3x5xf32>, tensor<3xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}
