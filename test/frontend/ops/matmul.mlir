// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @MatMul13_weight(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<5.000000e-01> : tensor<4x8xf32>} : () -> tensor<4x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.linear %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x8xf32>
func.func @MatMul13_weight(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<0.5> : tensor<4x8xf32>
  %y = onnx.node "MatMul" since 13 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMul13(
// CHECK-NEXT: %[[V0:.*]] = xf.matmul %arg0, %arg1 : (tensor<3x2x4xf32>, tensor<3x4x8xf32>) -> tensor<3x2x8xf32>
// CHECK-NEXT: return %[[V0]] : tensor<3x2x8xf32>
func.func @MatMul13(%i0: tensor<3x2x4xf32>, %i1: tensor<3x4x8xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMul" since 13 (%i0, %i1)
    : (tensor<3x2x4xf32>, tensor<3x4x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMul13_row(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<4>]} : (tensor<4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.matmul %[[V0]], %arg1 : (tensor<1x4xf32>, tensor<3x4x8xf32>) -> tensor<3x1x8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<3>, #xf.dim<8>]} : (tensor<3x1x8xf32>) -> tensor<3x8xf32>
// CHECK-NEXT: return %[[V2]] : tensor<3x8xf32>
func.func @MatMul13_row(%i0: tensor<4xf32>, %i1: tensor<3x4x8xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMul" since 13 (%i0, %i1)
    : (tensor<4xf32>, tensor<3x4x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMul13_column(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg1 {shape = [#xf.dim<4>, #xf.dim<1>]} : (tensor<4xf32>) -> tensor<4x1xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.matmul %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<4x1xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<2>]} : (tensor<2x1xf32>) -> tensor<2xf32>
// CHECK-NEXT: return %[[V2]] : tensor<2xf32>
func.func @MatMul13_column(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMul" since 13 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMul13_dot(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<4>]} : (tensor<4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %arg1 {shape = [#xf.dim<4>, #xf.dim<1>]} : (tensor<4xf32>) -> tensor<4x1xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.matmul %[[V0]], %[[V1]] : (tensor<1x4xf32>, tensor<4x1xf32>) -> tensor<1x1xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reshape %[[V2]] {shape = []} : (tensor<1x1xf32>) -> tensor<f32>
// CHECK-NEXT: return %[[V3]] : tensor<f32>
func.func @MatMul13_dot(%i0: tensor<4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "MatMul" since 13 (%i0, %i1)
    : (tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Gemm13_linear(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<5.000000e-01> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<5.000000e-01> : tensor<8xf32>} : () -> tensor<8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.linear %arg0, %[[V0]], %[[V1]] {transpose_weight} : (tensor<2x4xf32>, tensor<8x4xf32>, tensor<8xf32>) -> tensor<2x8xf32>
// CHECK-NEXT: return %[[V2]] : tensor<2x8xf32>
func.func @Gemm13_linear(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<0.5> : tensor<8x4xf32>
  %i2 = onnx.initializer "c2" dense<0.5> : tensor<8xf32>
  %y = onnx.node "Gemm" since 13 (%i0, %i1, %i2) {transB = 1 : i64}
    : (tensor<2x4xf32>, tensor<8x4xf32>, tensor<8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Gemm13(
// CHECK-NEXT: %[[V0:.*]] = xf.matmul %arg0, %arg1 {transpose_a} : (tensor<4x2xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {value = dense<5.000000e-01> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = xf.mul %[[V0]], %[[V1]] : (tensor<2x8xf32>, tensor<f32>) -> tensor<2x8xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {value = dense<2.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = xf.mul %arg2, %[[V3]] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.add %[[V2]], %[[V4]] : (tensor<2x8xf32>, tensor<2x1xf32>) -> tensor<2x8xf32>
// CHECK-NEXT: return %[[V5]] : tensor<2x8xf32>
func.func @Gemm13(%i0: tensor<4x2xf32>, %i1: tensor<4x8xf32>, %i2: tensor<2x1xf32>) -> !onnx.unknown {
  %y = onnx.node "Gemm" since 13 (%i0, %i1, %i2) {transA = 1 : i64, alpha = 0.5 : f32, beta = 2.0 : f32}
    : (tensor<4x2xf32>, tensor<4x8xf32>, tensor<2x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Gemm13_no_bias(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<5.000000e-01> : tensor<4x8xf32>} : () -> tensor<4x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %arg0 {permutation = array<i64: 1, 0>} : (tensor<4x2xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.linear %[[V1]], %[[V0]] : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
// CHECK-NEXT: return %[[V2]] : tensor<2x8xf32>
func.func @Gemm13_no_bias(%i0: tensor<4x2xf32>, %i2: tensor<8xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<0.5> : tensor<4x8xf32>
  %y = onnx.node "Gemm" since 13 (%i0, %i1, %i2) {transA = 1 : i64, beta = 0.0 : f32}
    : (tensor<4x2xf32>, tensor<4x8xf32>, tensor<8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @FusedMatMul1(
// CHECK-NEXT: %[[V0:.*]] = xf.matmul %arg0, %arg1 {transpose_a, transpose_b} : (tensor<3x4x2xf32>, tensor<3x8x4xf32>) -> tensor<3x2x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {value = dense<2.500000e-01> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = xf.mul %[[V0]], %[[V1]] : (tensor<3x2x8xf32>, tensor<f32>) -> tensor<3x2x8xf32>
// CHECK-NEXT: return %[[V2]] : tensor<3x2x8xf32>
func.func @FusedMatMul1(%i0: tensor<3x4x2xf32>, %i1: tensor<3x8x4xf32>) -> !onnx.unknown {
  %y = onnx.node "FusedMatMul" domain "com.microsoft" since 1 (%i0, %i1) {transA = 1 : i64, transB = 1 : i64, alpha = 0.25 : f32}
    : (tensor<3x4x2xf32>, tensor<3x8x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Einsum12_scores(
// CHECK-NEXT: %[[V0:.*]] = xf.transpose %arg1 {permutation = array<i64: 0, 1, 3, 2>} : (tensor<2x3x7x4xf32>) -> tensor<2x3x4x7xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.matmul %arg0, %[[V0]] : (tensor<2x3x5x4xf32>, tensor<2x3x4x7xf32>) -> tensor<2x3x5x7xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x3x5x7xf32>
func.func @Einsum12_scores(%i0: tensor<2x3x5x4xf32>, %i1: tensor<2x3x7x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Einsum" since 12 (%i0, %i1) {equation = "bhqd,bhkd->bhqk"}
    : (tensor<2x3x5x4xf32>, tensor<2x3x7x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Einsum12_heads(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<6>, #xf.dim<4>]} : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %arg1 {shape = [#xf.dim<4>, #xf.dim<30>]} : (tensor<4x5x6xf32>) -> tensor<4x30xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.matmul %[[V0]], %[[V1]] : (tensor<6x4xf32>, tensor<4x30xf32>) -> tensor<6x30xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reshape %[[V2]] {shape = [#xf.dim<2>, #xf.dim<3>, #xf.dim<5>, #xf.dim<6>]} : (tensor<6x30xf32>) -> tensor<2x3x5x6xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x3x5x6xf32>
func.func @Einsum12_heads(%i0: tensor<2x3x4xf32>, %i1: tensor<4x5x6xf32>) -> !onnx.unknown {
  %y = onnx.node "Einsum" since 12 (%i0, %i1) {equation = "bsi,ihd->bshd"}
    : (tensor<2x3x4xf32>, tensor<4x5x6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Einsum12_transpose(
// CHECK-NEXT: %[[V0:.*]] = xf.transpose %arg0 {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
// CHECK-NEXT: return %[[V0]] : tensor<3x2xf32>
func.func @Einsum12_transpose(%i0: tensor<2x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Einsum" since 12 (%i0) {equation = "ij->ji"}
    : (tensor<2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Einsum12_sum(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 0, 1>, kind = #xf.reduce_kind<sum>} : (tensor<2x3xf32>) -> tensor<f32>
// CHECK-NEXT: return %[[V0]] : tensor<f32>
func.func @Einsum12_sum(%i0: tensor<2x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Einsum" since 12 (%i0) {equation = "ij->"}
    : (tensor<2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
