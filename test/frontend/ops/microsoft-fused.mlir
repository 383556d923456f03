// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @FusedGemm1(
// CHECK: xf.matmul
// CHECK: xf.add
// CHECK: xf.select
func.func @FusedGemm1(%a0: tensor<3x5xf32>, %a1: tensor<5x4xf32>, %a2: tensor<4xf32>) -> !onnx.unknown {
  %r0 = onnx.node "FusedGemm" domain "com.microsoft" since 1 (%a0, %a1, %a2) {activation = "LeakyRelu", activation_alpha = 0.2 : f32} : (tensor<3x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @FusedConv1(
// CHECK: xf.conv
// CHECK: xf.add
// CHECK: xf.relu
func.func @FusedConv1(%a0: tensor<1x4x7x6xf32>, %a1: tensor<6x4x3x3xf32>, %a2: tensor<6xf32>, %a3: tensor<1x6x5x4xf32>) -> !onnx.unknown {
  %r0 = onnx.node "FusedConv" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3) {activation = "Relu"} : (tensor<1x4x7x6xf32>, tensor<6x4x3x3xf32>, tensor<6xf32>, tensor<1x6x5x4xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @NhwcConv1(
// CHECK: xf.transpose
// CHECK: xf.conv
// CHECK: xf.transpose {{.*}} -> tensor<1x5x4x6xf32>
func.func @NhwcConv1(%a0: tensor<1x7x6x4xf32>, %a1: tensor<6x4x3x3xf32>) -> !onnx.unknown {
  %r0 = onnx.node "NhwcConv" domain "com.microsoft" since 1 (%a0, %a1)  : (tensor<1x7x6x4xf32>, tensor<6x4x3x3xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @GroupNorm1(
// CHECK: xf.group_norm {{.*}}groups = 4
// CHECK: xf.silu
// CHECK: xf.transpose
func.func @GroupNorm1(%a0: tensor<1x5x3x8xf32>, %a1: tensor<8xf32>, %a2: tensor<8xf32>) -> !onnx.unknown {
  %r0 = onnx.node "GroupNorm" domain "com.microsoft" since 1 (%a0, %a1, %a2) {groups = 4, activation = 1} : (tensor<1x5x3x8xf32>, tensor<8xf32>, tensor<8xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @SkipGroupNorm1(
// CHECK: xf.add
// CHECK: xf.group_norm
// CHECK: xf.transpose
func.func @SkipGroupNorm1(%a0: tensor<1x5x3x8xf32>, %a1: tensor<8xf32>, %a2: tensor<8xf32>, %a3: tensor<1x8xf32>) -> !onnx.unknown {
  %r0, %r1 = onnx.node "SkipGroupNorm" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3) {groups = 4, activation = 0} : (tensor<1x5x3x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<1x8xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @BiasAdd1(
// CHECK: xf.add
// CHECK: xf.add
func.func @BiasAdd1(%a0: tensor<1x5x8xf32>, %a1: tensor<8xf32>, %a2: tensor<1x5x8xf32>) -> !onnx.unknown {
  %r0 = onnx.node "BiasAdd" domain "com.microsoft" since 1 (%a0, %a1, %a2)  : (tensor<1x5x8xf32>, tensor<8xf32>, tensor<1x5x8xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @BiasSplitGelu1(
// CHECK: xf.add
// CHECK: xf.gelu
// CHECK: xf.mul {{.*}} -> tensor<1x5x4xf32>
func.func @BiasSplitGelu1(%a0: tensor<1x5x8xf32>, %a1: tensor<8xf32>) -> !onnx.unknown {
  %r0 = onnx.node "BiasSplitGelu" domain "com.microsoft" since 1 (%a0, %a1)  : (tensor<1x5x8xf32>, tensor<8xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @BiasSoftmax1(
// CHECK: xf.add
// CHECK: xf.softmax
func.func @BiasSoftmax1(%a0: tensor<1x5x8xf32>, %a1: tensor<8xf32>) -> !onnx.unknown {
  %r0 = onnx.node "BiasSoftmax" domain "com.microsoft" since 1 (%a0, %a1) {axis = 2} : (tensor<1x5x8xf32>, tensor<8xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @CDist1(
// CHECK: xf.sub {{.*}} -> tensor<5x3x7xf32>
// CHECK: xf.reduce {{.*}}l2
func.func @CDist1(%a0: tensor<5x7xf32>, %a1: tensor<3x7xf32>) -> !onnx.unknown {
  %r0 = onnx.node "CDist" domain "com.microsoft" since 1 (%a0, %a1) {metric = "euclidean"} : (tensor<5x7xf32>, tensor<3x7xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @ComplexMul1(
// CHECK: xf.sub
// CHECK: xf.add
// CHECK: xf.concat
func.func @ComplexMul1(%a0: tensor<5x2xf32>, %a1: tensor<5x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "ComplexMul" domain "com.microsoft" since 1 (%a0, %a1)  : (tensor<5x2xf32>, tensor<5x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @ComplexMulConj1(
// CHECK: xf.add
// CHECK: xf.sub
// CHECK: xf.concat
func.func @ComplexMulConj1(%a0: tensor<5x2xf32>, %a1: tensor<5x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "ComplexMulConj" domain "com.microsoft" since 1 (%a0, %a1)  : (tensor<5x2xf32>, tensor<5x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @TransposeMatMul1(
// CHECK: xf.matmul {{.*}}transpose_a
func.func @TransposeMatMul1(%a0: tensor<5x2xf32>, %a1: tensor<5x3xf32>) -> !onnx.unknown {
  %r0 = onnx.node "TransposeMatMul" domain "com.microsoft" since 1 (%a0, %a1) {transA = 1} : (tensor<5x2xf32>, tensor<5x3xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @RelativePositionBias1(
// CHECK: xf.log
// CHECK: xf.select
// CHECK: xf.gather %arg0
func.func @RelativePositionBias1(%a0: tensor<16x3xf32>, %a1: tensor<i64>, %a2: tensor<i64>) -> !onnx.unknown {
  %r0 = onnx.node "RelativePositionBias" domain "com.microsoft" since 1 (%a0, %a1, %a2) {is_bidirectional = 1, max_distance = 20} : (tensor<16x3xf32>, tensor<i64>, tensor<i64>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @GatedRelativePositionBias1(
// CHECK: xf.reduce
// CHECK: xf.sigmoid
// CHECK: xf.reduce
// CHECK: xf.sigmoid
// CHECK: xf.mul {{.*}} -> tensor<2x4x5x5xf32>
func.func @GatedRelativePositionBias1(%a0: tensor<2x5x16xf32>, %a1: tensor<16xf32>, %a2: tensor<1x4x5x5xf32>, %a3: tensor<4x8xf32>, %a4: tensor<8xf32>, %a5: tensor<1x4x1x1xf32>) -> !onnx.unknown {
  %r0 = onnx.node "GatedRelativePositionBias" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5) {num_heads = 4} : (tensor<2x5x16xf32>, tensor<16xf32>, tensor<1x4x5x5xf32>, tensor<4x8xf32>, tensor<8xf32>, tensor<1x4x1x1xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @FusedMatMulActivation1(
// CHECK: xf.matmul
// CHECK: xf.relu {{.*}}tensor<3x4xf32>
func.func @FusedMatMulActivation1(%a0: tensor<3x5xf32>, %a1: tensor<5x4xf32>) -> !onnx.unknown {
  %r0 = onnx.node "FusedMatMulActivation" domain "com.microsoft" since 1 (%a0, %a1) {activation = "Relu", transBatchA = 1 : i64} : (tensor<3x5xf32>, tensor<5x4xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @GemmFastGelu1(
// CHECK: xf.matmul
// CHECK: xf.add
// CHECK: xf.gelu {{.*}}tensor<3x4xf32>
func.func @GemmFastGelu1(%a0: tensor<3x5xf32>, %a1: tensor<5x4xf32>, %a2: tensor<4xf32>) -> !onnx.unknown {
  %r0 = onnx.node "GemmFastGelu" domain "com.microsoft" since 1 (%a0, %a1, %a2) : (tensor<3x5xf32>, tensor<5x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @NhwcFusedConv1(
// CHECK: xf.transpose
// CHECK: xf.conv
// CHECK: xf.transpose
// CHECK: xf.add
// CHECK: xf.relu {{.*}}tensor<1x5x4x6xf32>
func.func @NhwcFusedConv1(%a0: tensor<1x7x6x4xf32>, %a1: tensor<6x4x3x3xf32>, %a2: tensor<6xf32>, %a3: tensor<1x5x4x6xf32>) -> !onnx.unknown {
  %r0 = onnx.node "NhwcFusedConv" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3) {activation = "Relu"} : (tensor<1x7x6x4xf32>, tensor<6x4x3x3xf32>, tensor<6xf32>, tensor<1x5x4x6xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
