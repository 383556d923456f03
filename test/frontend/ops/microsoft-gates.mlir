// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @BranchwiseRMSNorm1(
// CHECK: xf.reshape
// CHECK: xf.broadcast
// CHECK: xf.rms_norm
// CHECK: xf.mul
// CHECK: xf.reshape {{.*}}tensor<?x15xf32>
func.func @BranchwiseRMSNorm1(%a0: tensor<?x15xf32>, %a1: tensor<3x5xf32>) -> !onnx.unknown {
  %r0 = onnx.node "BranchwiseRMSNorm" domain "com.microsoft" since 1 (%a0, %a1) {num_branches = 3 : i64} : (tensor<?x15xf32>, tensor<3x5xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @GatedAdd1(
// CHECK: xf.mul
// CHECK: xf.add {{.*}}tensor<?x5xf32>
func.func @GatedAdd1(%a0: tensor<?x5xf32>, %a1: tensor<?x5xf32>, %a2: tensor<?x1xf32>) -> !onnx.unknown {
  %r0 = onnx.node "GatedAdd" domain "com.microsoft" since 1 (%a0, %a1, %a2) : (tensor<?x5xf32>, tensor<?x5xf32>, tensor<?x1xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @GatedRMSNorm1(
// CHECK: xf.reshape
// CHECK: xf.rms_norm
// CHECK: xf.silu
// CHECK: xf.reshape
// CHECK: xf.mul {{.*}}tensor<?x12xf32>
func.func @GatedRMSNorm1(%a0: tensor<?x12xf32>, %a1: tensor<4xf32>, %a2: tensor<?x12xf32>) -> !onnx.unknown {
  %r0 = onnx.node "GatedRMSNorm" domain "com.microsoft" since 1 (%a0, %a1, %a2) : (tensor<?x12xf32>, tensor<4xf32>, tensor<?x12xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @HyperConnectionPreMix1(
// CHECK: xf.reshape
// CHECK: xf.mul
// CHECK: xf.reduce {{.*}}tensor<?x5xf32>
func.func @HyperConnectionPreMix1(%a0: tensor<?x3x5xf32>, %a1: tensor<?x3xf32>) -> !onnx.unknown {
  %r0 = onnx.node "HyperConnectionPreMix" domain "com.microsoft" since 1 (%a0, %a1) : (tensor<?x3x5xf32>, tensor<?x3xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @HyperConnectionPostMix1(
// CHECK: xf.reshape
// CHECK: xf.reshape
// CHECK: xf.matmul
// CHECK: xf.add
// CHECK: xf.reshape {{.*}}tensor<?x15xf32>
func.func @HyperConnectionPostMix1(%a0: tensor<?x15xf32>, %a1: tensor<?x5xf32>, %a2: tensor<?x3xf32>, %a3: tensor<?x3x3xf32>) -> !onnx.unknown {
  %r0 = onnx.node "HyperConnectionPostMix" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3) {num_branches = 3 : i64} : (tensor<?x15xf32>, tensor<?x5xf32>, tensor<?x3xf32>, tensor<?x3x3xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @LinearAttentionGate1(
// CHECK: xf.add
// CHECK: xf.softplus
// CHECK: xf.mul
// CHECK: xf.sigmoid {{.*}}tensor<?x2x3xf32>
func.func @LinearAttentionGate1(%a0: tensor<?x2x3xf32>, %a1: tensor<3xf32>, %a2: tensor<3xf32>, %a3: tensor<?x2x3xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r0, %r1 = onnx.node "LinearAttentionGate" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3) : (tensor<?x2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<?x2x3xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @RouterGateUpProj1(
// CHECK: xf.matmul
// CHECK: xf.slice
// CHECK: xf.sigmoid
// CHECK: xf.mul
// CHECK: xf.mul {{.*}}tensor<?x3xf32>
func.func @RouterGateUpProj1(%a0: tensor<?x5xf32>, %a1: tensor<5x10xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r0, %r1 = onnx.node "RouterGateUpProj" domain "com.microsoft" since 1 (%a0, %a1) {router_size = 4 : i64} : (tensor<?x5xf32>, tensor<5x10xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @ScaledSiLU1(
// CHECK: xf.mul
// CHECK: xf.sigmoid
// CHECK: xf.mul {{.*}}tensor<?x5xf32>
func.func @ScaledSiLU1(%a0: tensor<?x5xf32>) -> !onnx.unknown {
  %r0 = onnx.node "ScaledSiLU" domain "com.microsoft" since 1 (%a0) {alpha = 1.5 : f32} : (tensor<?x5xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @SwiGLU1(
// CHECK: xf.slice
// CHECK: xf.slice
// CHECK: xf.sigmoid
// CHECK: xf.mul
// CHECK: xf.mul {{.*}}tensor<?x3xf32>
func.func @SwiGLU1(%a0: tensor<?x6xf32>) -> !onnx.unknown {
  %r0 = onnx.node "SwiGLU" domain "com.microsoft" since 1 (%a0) {limit = 7.0 : f32} : (tensor<?x6xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
