// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @SVMRegressor1(
// CHECK: xf.cast
// CHECK: xf.reshape
// CHECK: xf.transpose
// CHECK: xf.matmul
// CHECK: xf.add {{.*}}tensor<?x1xf32>
func.func @SVMRegressor1(%a0: tensor<?x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "SVMRegressor" domain "ai.onnx.ml" since 1 (%a0) {kernel_type = "RBF", kernel_params = array<f32: 0.5, 0.0, 3.0>, n_supports = 2 : i64, coefficients = array<f32: 1.0, 2.0>, support_vectors = array<f32: 1.0, 2.0, 3.0, 4.0>, rho = array<f32: 0.5>} : (tensor<?x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @SVMClassifier1(
// CHECK: xf.cast
// CHECK: xf.transpose
// CHECK: xf.gather
// CHECK: xf.neg
// CHECK: xf.concat {{.*}}tensor<?x2xf32>
func.func @SVMClassifier1(%a0: tensor<?x2xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r0, %r1 = onnx.node "SVMClassifier" domain "ai.onnx.ml" since 1 (%a0) {classlabels_ints = array<i64: 0, 1>, vectors_per_class = array<i64: 1, 1>, kernel_type = "LINEAR", coefficients = array<f32: 1.0, -1.0>, support_vectors = array<f32: 1.0, 2.0, 3.0, 4.0>, rho = array<f32: 0.5>} : (tensor<?x2xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}
