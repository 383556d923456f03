// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Attention23(
// CHECK-NEXT: %[[V0:.*]] = xf.attention %arg0, %arg1, %arg2 {causal = #xf.causal_kind<none>, scale = 0.35355339059327373 : f64} : (tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x3x8xf32>
func.func @Attention23(%i0: tensor<1x4x3x8xf32>, %i1: tensor<1x4x3x8xf32>, %i2: tensor<1x4x3x8xf32>) -> !onnx.unknown {
  %y = onnx.node "Attention" since 23 (%i0, %i1, %i2)
    : (tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Attention23_cache(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x3x32xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x4x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %arg1 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<2>, #xf.dim<8>]} : (tensor<1x3x16xf32>) -> tensor<1x3x2x8xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.transpose %[[V2]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x2x8xf32>) -> tensor<1x2x3x8xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.reshape %arg2 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<2>, #xf.dim<8>]} : (tensor<1x3x16xf32>) -> tensor<1x3x2x8xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.transpose %[[V4]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x2x8xf32>) -> tensor<1x2x3x8xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.cache_append %arg4, %[[V3]] {axis = 2 : i64} : (tensor<1x2x5x8xf32>, tensor<1x2x3x8xf32>) -> tensor<1x2x8x8xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.cache_append %arg5, %[[V5]] {axis = 2 : i64} : (tensor<1x2x5x8xf32>, tensor<1x2x3x8xf32>) -> tensor<1x2x8x8xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.attention %[[V1]], %[[V6]], %[[V7]] bias %arg3 {causal = #xf.causal_kind<bottom_right>, scale = 5.000000e-01 : f64, softcap = 1.000000e+01 : f64} : (tensor<1x4x3x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<3x8xi1>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V9:.*]] = xf.transpose %[[V8]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x3x8xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V10:.*]] = xf.reshape %[[V9]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<32>]} : (tensor<1x3x4x8xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: return %[[V10]], %[[V6]], %[[V7]] : tensor<1x3x32xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>
func.func @Attention23_cache(%i0: tensor<1x3x32xf32>, %i1: tensor<1x3x16xf32>, %i2: tensor<1x3x16xf32>, %i3: tensor<3x8xi1>, %i4: tensor<1x2x5x8xf32>, %i5: tensor<1x2x5x8xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "Attention" since 23 (%i0, %i1, %i2, %i3, %i4, %i5) {q_num_heads = 4 : i64, kv_num_heads = 2 : i64, is_causal = 1 : i64, scale = 0.5 : f32, softcap = 10.0 : f32}
    : (tensor<1x3x32xf32>, tensor<1x3x16xf32>, tensor<1x3x16xf32>, tensor<3x8xi1>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @Attention24_lengths(
// CHECK-NEXT: %[[V0:.*]] = xf.attention %arg0, %arg1, %arg2 lengths %arg3 {causal = #xf.causal_kind<bottom_right>, scale = 0.35355339059327373 : f64} : (tensor<1x4x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1xi64>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x3x8xf32>
func.func @Attention24_lengths(%i0: tensor<1x4x3x8xf32>, %i1: tensor<1x2x3x8xf32>, %i2: tensor<1x2x3x8xf32>, %i6: tensor<1xi64>) -> !onnx.unknown {
  %i3 = onnx.absent : none
  %i4 = onnx.absent : none
  %i5 = onnx.absent : none
  %y = onnx.node "Attention" since 24 (%i0, %i1, %i2, %i3, %i4, %i5, %i6) {is_causal = 1 : i64}
    : (tensor<1x4x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, none, none, none, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Attention23_short_mask(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<0xFF800000> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.pad %arg3, %[[V0]] {kind = #xf.pad_kind<constant>, operandSegmentSizes = array<i32: 1, 0, 1>, pads = [#xf.dim<0>, #xf.dim<0>, #xf.dim<0>, #xf.dim<1>]} : (tensor<3x2xf32>, tensor<f32>) -> tensor<3x3xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.attention %arg0, %arg1, %arg2 bias %[[V1]] {causal = #xf.causal_kind<none>, scale = 0.35355339059327373 : f64} : (tensor<1x4x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<3x3xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: return %[[V2]] : tensor<1x4x3x8xf32>
func.func @Attention23_short_mask(%i0: tensor<1x4x3x8xf32>, %i1: tensor<1x2x3x8xf32>, %i2: tensor<1x2x3x8xf32>, %i3: tensor<3x2xf32>) -> !onnx.unknown {
  %y = onnx.node "Attention" since 23 (%i0, %i1, %i2, %i3)
    : (tensor<1x4x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<3x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @RotaryEmbedding23(
// CHECK-NEXT: %[[V0:.*]] = xf.gather %arg1, %arg3 {axis = 0 : i64} : (tensor<9x4xf32>, tensor<1x3xi64>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.gather %arg2, %arg3 {axis = 0 : i64} : (tensor<9x4xf32>, tensor<1x3xi64>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V0]] {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x3x4xf32>) -> tensor<1x1x3x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x3x4xf32>) -> tensor<1x1x3x4xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.rotary %arg0, %[[V2]], %[[V3]] {rotated = 8 : i64} : (tensor<1x4x3x8xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: return %[[V4]] : tensor<1x4x3x8xf32>
func.func @RotaryEmbedding23(%i0: tensor<1x4x3x8xf32>, %i1: tensor<9x4xf32>, %i2: tensor<9x4xf32>, %i3: tensor<1x3xi64>) -> !onnx.unknown {
  %y = onnx.node "RotaryEmbedding" since 23 (%i0, %i1, %i2, %i3)
    : (tensor<1x4x3x8xf32>, tensor<9x4xf32>, tensor<9x4xf32>, tensor<1x3xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @RotaryEmbedding23_partial(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x3x32xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x4x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %arg1 {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<2>]} : (tensor<1x3x2xf32>) -> tensor<1x1x3x2xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reshape %arg2 {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<2>]} : (tensor<1x3x2xf32>) -> tensor<1x1x3x2xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.rotary %[[V1]], %[[V2]], %[[V3]] {interleaved, rotated = 4 : i64} : (tensor<1x4x3x8xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.transpose %[[V4]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x3x8xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.reshape %[[V5]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<32>]} : (tensor<1x3x4x8xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: return %[[V6]] : tensor<1x3x32xf32>
func.func @RotaryEmbedding23_partial(%i0: tensor<1x3x32xf32>, %i1: tensor<1x3x2xf32>, %i2: tensor<1x3x2xf32>) -> !onnx.unknown {
  %y = onnx.node "RotaryEmbedding" since 23 (%i0, %i1, %i2) {num_heads = 4 : i64, rotary_embedding_dim = 4 : i64, interleaved = 1 : i64}
    : (tensor<1x3x32xf32>, tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// The scores after the cap, as a result of their own.
// CHECK-LABEL: func.func @Attention23_scores(
// CHECK: xf.matmul
// CHECK: xf.tanh
// CHECK: xf.attention
func.func @Attention23_scores(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x5x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:4 = onnx.node "Attention" since 23 (%q, %k, %k) {softcap = 2.0 : f32, qk_matmul_output_mode = 1 : i64}
    : (tensor<1x2x3x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#3 : !onnx.unknown, !onnx.unknown
}

// A window without a causal mask is written out as a mask.
// CHECK-LABEL: func.func @Attention25_window(
// CHECK: %[[MASK:.*]] = xf.and
// CHECK: xf.attention %arg0, %arg1, %arg1 bias %[[MASK]] {causal = #xf.causal_kind<none>
func.func @Attention25_window(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x5x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Attention" since 25 (%q, %k, %k) {left_window_size = 1 : i64, right_window_size = 2 : i64}
    : (tensor<1x2x3x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @FlexAttention1(
// CHECK: %[[SCORES:.*]] = xf.mul
// CHECK: %[[CHANGED:.*]] = xf.tanh %[[SCORES]]
// CHECK: %[[WEIGHTS:.*]] = xf.softmax %[[CHANGED]]
// CHECK: xf.matmul %[[WEIGHTS]], %arg1
func.func @FlexAttention1(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x5x4xf32>) -> !onnx.unknown {
  %y = onnx.node "FlexAttention" domain "ai.onnx.preview" since 1 (%q, %k, %k) graphs ["score_mod"] {
  ^bb0(%s: tensor<1x2x3x5xf32>):
    %t = onnx.node "Tanh" since 13 (%s) : (tensor<1x2x3x5xf32>) -> !onnx.unknown
    onnx.yield %t : !onnx.unknown
  } : (tensor<1x2x3x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
