// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @ArrayFeatureExtractor1(
// CHECK: xf.gather {{.*}}axis = 1
func.func @ArrayFeatureExtractor1(%a0: tensor<3x5xf32>, %a1: tensor<2xi64>) -> !onnx.unknown {
  %r0 = onnx.node "ArrayFeatureExtractor" domain "ai.onnx.ml" since 1 (%a0, %a1)  : (tensor<3x5xf32>, tensor<2xi64>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @Binarizer1(
// CHECK: xf.cmp {{.*}}<gt>
// CHECK: xf.cast
func.func @Binarizer1(%a0: tensor<3x5xf32>) -> !onnx.unknown {
  %r0 = onnx.node "Binarizer" domain "ai.onnx.ml" since 1 (%a0) {threshold = 1.0 : f32} : (tensor<3x5xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @FeatureVectorizer1(
// CHECK: xf.concat {{.*}} -> tensor<3x3xf32>
func.func @FeatureVectorizer1(%a0: tensor<3x2xf32>, %a1: tensor<3xi64>) -> !onnx.unknown {
  %r0 = onnx.node "FeatureVectorizer" domain "ai.onnx.ml" since 1 (%a0, %a1)  : (tensor<3x2xf32>, tensor<3xi64>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @Imputer1(
// CHECK: xf.cmp {{.*}}<eq>
// CHECK: xf.select
func.func @Imputer1(%a0: tensor<3x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "Imputer" domain "ai.onnx.ml" since 1 (%a0) {imputed_value_floats = array<f32: 1.0, 2.0>, replaced_value_float = 0.0 : f32} : (tensor<3x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @LinearRegressor1(
// CHECK: xf.{{linear|matmul}}
// CHECK: xf.add
func.func @LinearRegressor1(%a0: tensor<3x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "LinearRegressor" domain "ai.onnx.ml" since 1 (%a0) {coefficients = array<f32: 1.0, 2.0>, intercepts = array<f32: 1.0>} : (tensor<3x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @Normalizer1(
// CHECK: xf.reduce {{.*}}l2
// CHECK: xf.div
func.func @Normalizer1(%a0: tensor<3x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "Normalizer" domain "ai.onnx.ml" since 1 (%a0) {norm = "L2"} : (tensor<3x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @OneHotEncoder1(
// CHECK: xf.cmp {{.*}} -> tensor<3x2xi1>
// CHECK: xf.cast
func.func @OneHotEncoder1(%a0: tensor<3xi64>) -> !onnx.unknown {
  %r0 = onnx.node "OneHotEncoder" domain "ai.onnx.ml" since 1 (%a0) {cats_int64s = array<i64: 4, 7>} : (tensor<3xi64>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @Scaler1(
// CHECK: xf.sub
// CHECK: xf.mul
func.func @Scaler1(%a0: tensor<3x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "Scaler" domain "ai.onnx.ml" since 1 (%a0) {offset = array<f32: 1.0, 2.0>, scale = array<f32: 2.0>} : (tensor<3x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
