// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @LabelEncoder1(
// CHECK: xf.cast
// CHECK: xf.reshape
// CHECK: xf.reduce
// CHECK: xf.gather
// CHECK: xf.select {{.*}}tensor<?xf32>
func.func @LabelEncoder1(%a0: tensor<?xi64>) -> !onnx.unknown {
  %r0 = onnx.node "LabelEncoder" domain "ai.onnx.ml" since 1 (%a0) {keys_int64s = array<i64: 1, 2>, values_floats = array<f32: 0.5, 1.5>} : (tensor<?xi64>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @LinearClassifier1(
// CHECK: xf.cast
// CHECK: xf.transpose
// CHECK: xf.arg_reduce
// CHECK: xf.gather
// CHECK: xf.softmax {{.*}}tensor<?x3xf32>
func.func @LinearClassifier1(%a0: tensor<?x2xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r0, %r1 = onnx.node "LinearClassifier" domain "ai.onnx.ml" since 1 (%a0) {classlabels_ints = array<i64: 4, 2, 7>, coefficients = array<f32: 1.0, 2.0, 3.0, 4.0, 5.0, 6.0>, intercepts = array<f32: 0.0, 1.0, 2.0>, post_transform = "SOFTMAX"} : (tensor<?x2xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}

// One score for two classes.
// CHECK-LABEL: func.func @LinearClassifier1_2(
// CHECK: xf.cast
// CHECK: xf.transpose
// CHECK: xf.neg
// CHECK: xf.concat
// CHECK: xf.sigmoid {{.*}}tensor<?x2xf32>
func.func @LinearClassifier1_2(%a0: tensor<?x2xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r0, %r1 = onnx.node "LinearClassifier" domain "ai.onnx.ml" since 1 (%a0) {classlabels_ints = array<i64: 4, 2>, coefficients = array<f32: 1.0, 2.0>, intercepts = array<f32: 0.5>, post_transform = "LOGISTIC"} : (tensor<?x2xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}
