// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// Masks of ones and zeros become addends; keys and values join the past.
// CHECK-LABEL: func.func @Attention1(
// CHECK: xf.matmul
// CHECK: xf.cache_append
// CHECK: xf.cache_append
// CHECK: xf.attention {{.*}} bias {{.*}}causal = #xf.causal_kind<bottom_right>
func.func @Attention1(%a0: tensor<2x5x16xf32>, %a1: tensor<16x48xf32>, %a2: tensor<48xf32>, %a3: tensor<2x8xi32>, %a4: tensor<2x2x4x3x4xf32>) -> !onnx.unknown {
  %r0, %r1 = onnx.node "Attention" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4) {num_heads = 4, unidirectional = 1} : (tensor<2x5x16xf32>, tensor<16x48xf32>, tensor<48xf32>, tensor<2x8xi32>, tensor<2x2x4x3x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QAttention1(
// CHECK: xf.matmul {{.*}} -> tensor<2x5x48xi32>
// CHECK: xf.attention {{.*}} lengths
func.func @QAttention1(%a0: tensor<2x5x16xui8>, %a1: tensor<16x48xi8>, %a2: tensor<48xf32>, %a3: tensor<f32>, %a4: tensor<f32>, %a5: tensor<2xi32>, %a6: tensor<ui8>, %a7: tensor<i8>) -> !onnx.unknown {
  %r0 = onnx.node "QAttention" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7) {num_heads = 4} : (tensor<2x5x16xui8>, tensor<16x48xi8>, tensor<48xf32>, tensor<f32>, tensor<f32>, tensor<2xi32>, tensor<ui8>, tensor<i8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// Tokens go to their places among padding, which no sequence sees, and back.
// CHECK-LABEL: func.func @PackedAttention1(
// CHECK: xf.scatter_nd
// CHECK: xf.attention {{.*}} lengths
// CHECK: xf.gather {{.*}} -> tensor<7x16xf32>
func.func @PackedAttention1(%a0: tensor<7x16xf32>, %a1: tensor<16x48xf32>, %a2: tensor<48xf32>, %a3: tensor<3x4xi32>, %a4: tensor<4xi32>) -> !onnx.unknown {
  %r0 = onnx.node "PackedAttention" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4) {num_heads = 4} : (tensor<7x16xf32>, tensor<16x48xf32>, tensor<48xf32>, tensor<3x4xi32>, tensor<4xi32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @PackedMultiHeadAttention1(
// CHECK: xf.scatter_nd
// CHECK: xf.attention {{.*}} lengths
// CHECK: xf.gather {{.*}} -> tensor<7x16xf32>
func.func @PackedMultiHeadAttention1(%a0: tensor<7x4x3x4xf32>, %a4: tensor<3x4xi32>, %a5: tensor<4xi32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %r0 = onnx.node "PackedMultiHeadAttention" domain "com.microsoft" since 1 (%a0, %none, %none, %none, %a4, %a5) {num_heads = 4} : (tensor<7x4x3x4xf32>, none, none, none, tensor<3x4xi32>, tensor<4xi32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @RestorePadding1(
// CHECK: xf.scatter_nd
// CHECK: xf.reshape {{.*}} -> tensor<3x4x16xf32>
func.func @RestorePadding1(%a0: tensor<7x16xf32>, %a1: tensor<3x4xi32>) -> !onnx.unknown {
  %r0 = onnx.node "RestorePadding" domain "com.microsoft" since 1 (%a0, %a1)  : (tensor<7x16xf32>, tensor<3x4xi32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// A shared buffer is written from the past's length on.
// CHECK-LABEL: func.func @DecoderMaskedMultiHeadAttention1(
// CHECK: xf.cache_write {{.*}}keep_rest
// CHECK: xf.cache_write
// CHECK: xf.attention {{.*}} lengths
func.func @DecoderMaskedMultiHeadAttention1(%a0: tensor<2x1x16xf32>, %a1: tensor<2x1x16xf32>, %a2: tensor<2x1x16xf32>, %a5: tensor<2x4x6x4xf32>, %a6: tensor<2x4x6x4xf32>, %a7: tensor<1xi32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %r0, %r1, %r2 = onnx.node "DecoderMaskedMultiHeadAttention" domain "com.microsoft" since 1 (%a0, %a1, %a2, %none, %none, %a5, %a6, %a7) {num_heads = 4, past_present_share_buffer = 1} : (tensor<2x1x16xf32>, tensor<2x1x16xf32>, tensor<2x1x16xf32>, none, none, tensor<2x4x6x4xf32>, tensor<2x4x6x4xf32>, tensor<1xi32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %r0 : !onnx.unknown
}
