// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @GroupQueryAttention1(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x3x32xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x4x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %arg1 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<2>, #xf.dim<8>]} : (tensor<1x3x16xf32>) -> tensor<1x3x2x8xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.transpose %[[V2]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x2x8xf32>) -> tensor<1x2x3x8xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.reshape %arg2 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<2>, #xf.dim<8>]} : (tensor<1x3x16xf32>) -> tensor<1x3x2x8xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.transpose %[[V4]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x2x8xf32>) -> tensor<1x2x3x8xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.cast %arg5 {to = i64} : (tensor<1xi32>) -> tensor<1xi64>
// CHECK-NEXT: %[[V7:.*]] = xf.cast %arg6 {to = i64} : (tensor<i32>) -> tensor<i64>
// CHECK-NEXT: %[[V8:.*]] = xf.reshape %[[V7]] {shape = [#xf.dim<1>]} : (tensor<i64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V9:.*]] = xf.shape_of %[[V1]] : (tensor<1x4x3x8xf32>) -> tensor<4xi64>
// CHECK-NEXT: %[[V10:.*]] = xf.slice %[[V9]] {axes = array<i64: 0>, ends = [#xf.dim<3>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<2>], steps = array<i64: 1>} : (tensor<4xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V11:.*]] = xf.cmp %[[V10]], %[[V8]] {kind = #xf.cmp_kind<eq>} : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi1>
// CHECK-NEXT: %[[V12:.*]] = xf.constant  {value = dense<1> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V13:.*]] = xf.add %[[V6]], %[[V12]] : (tensor<1xi64>, tensor<i64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V14:.*]] = xf.select %[[V11]], %[[V10]], %[[V13]] : (tensor<1xi1>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V15:.*]] = xf.sub %[[V14]], %[[V10]] : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V16:.*]] = xf.range  {bounds = [#xf.dim<0>, #xf.dim<3>, #xf.dim<1>], operandSegmentSizes = array<i32: 0, 0, 0>, to = i64} : () -> tensor<3xi64>
// CHECK-NEXT: %[[V17:.*]] = xf.reshape %[[V15]] {shape = [#xf.dim<1>, #xf.dim<1>]} : (tensor<1xi64>) -> tensor<1x1xi64>
// CHECK-NEXT: %[[V18:.*]] = xf.add %[[V17]], %[[V16]] : (tensor<1x1xi64>, tensor<3xi64>) -> tensor<1x3xi64>
// CHECK-NEXT: %[[V19:.*]] = xf.gather %arg7, %[[V18]] {axis = 0 : i64} : (tensor<9x4xf32>, tensor<1x3xi64>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V20:.*]] = xf.gather %arg8, %[[V18]] {axis = 0 : i64} : (tensor<9x4xf32>, tensor<1x3xi64>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V21:.*]] = xf.reshape %[[V19]] {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x3x4xf32>) -> tensor<1x1x3x4xf32>
// CHECK-NEXT: %[[V22:.*]] = xf.reshape %[[V20]] {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x3x4xf32>) -> tensor<1x1x3x4xf32>
// CHECK-NEXT: %[[V23:.*]] = xf.rotary %[[V1]], %[[V21]], %[[V22]] {rotated = 8 : i64} : (tensor<1x4x3x8xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V24:.*]] = xf.reshape %[[V19]] {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x3x4xf32>) -> tensor<1x1x3x4xf32>
// CHECK-NEXT: %[[V25:.*]] = xf.reshape %[[V20]] {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x3x4xf32>) -> tensor<1x1x3x4xf32>
// CHECK-NEXT: %[[V26:.*]] = xf.rotary %[[V3]], %[[V24]], %[[V25]] {rotated = 8 : i64} : (tensor<1x2x3x8xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>) -> tensor<1x2x3x8xf32>
// CHECK-NEXT: %[[V27:.*]] = xf.cast %arg6 {to = i64} : (tensor<i32>) -> tensor<i64>
// CHECK-NEXT: %[[V28:.*]] = xf.reshape %[[V27]] {shape = [#xf.dim<1>]} : (tensor<i64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V29:.*]] = xf.shape_of %arg3 : (tensor<1x2x5x8xf32>) -> tensor<4xi64>
// CHECK-NEXT: %[[V30:.*]] = xf.slice %[[V29]] {axes = array<i64: 0>, ends = [#xf.dim<3>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<2>], steps = array<i64: 1>} : (tensor<4xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V31:.*]] = xf.max %[[V30]], %[[V28]] : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V32:.*]] = xf.cache_write %[[V26]], %[[V15]], %arg3, %[[V31]] {axis = 2 : i64, operandSegmentSizes = array<i32: 1, 1, 1, 1>} : (tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1x2x5x8xf32>, tensor<1xi64>) -> tensor<1x2x?x8xf32>
// CHECK-NEXT: %[[V33:.*]] = xf.cache_write %[[V5]], %[[V15]], %arg4, %[[V31]] {axis = 2 : i64, operandSegmentSizes = array<i32: 1, 1, 1, 1>} : (tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1x2x5x8xf32>, tensor<1xi64>) -> tensor<1x2x?x8xf32>
// CHECK-NEXT: %[[V34:.*]] = xf.attention %[[V23]], %[[V32]], %[[V33]] lengths %[[V14]] {causal = #xf.causal_kind<bottom_right>, scale = 0.35355339059327373 : f64, window_left = 3 : i64} : (tensor<1x4x3x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1xi64>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V35:.*]] = xf.transpose %[[V34]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x3x8xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V36:.*]] = xf.reshape %[[V35]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<32>]} : (tensor<1x3x4x8xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: return %[[V36]], %[[V32]], %[[V33]] : tensor<1x3x32xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>
func.func @GroupQueryAttention1(%i0: tensor<1x3x32xf32>, %i1: tensor<1x3x16xf32>, %i2: tensor<1x3x16xf32>, %i3: tensor<1x2x5x8xf32>, %i4: tensor<1x2x5x8xf32>, %i5: tensor<1xi32>, %i6: tensor<i32>, %i7: tensor<9x4xf32>, %i8: tensor<9x4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "GroupQueryAttention" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3, %i4, %i5, %i6, %i7, %i8) {num_heads = 4 : i64, kv_num_heads = 2 : i64, do_rotary = 1 : i64, local_window_size = 4 : i64}
    : (tensor<1x3x32xf32>, tensor<1x3x16xf32>, tensor<1x3x16xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>, tensor<1xi32>, tensor<i32>, tensor<9x4xf32>, tensor<9x4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @GroupQueryAttention1_packed(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<8>, #xf.dim<8>]} : (tensor<1x3x64xf32>) -> tensor<1x3x8x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x8x8xf32>) -> tensor<1x8x3x8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.slice %[[V1]] {axes = array<i64: 1>, ends = [#xf.dim<4>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<1x8x3x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.slice %[[V1]] {axes = array<i64: 1>, ends = [#xf.dim<6>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<4>], steps = array<i64: 1>} : (tensor<1x8x3x8xf32>) -> tensor<1x2x3x8xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.slice %[[V1]] {axes = array<i64: 1>, ends = [#xf.dim<8>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<6>], steps = array<i64: 1>} : (tensor<1x8x3x8xf32>) -> tensor<1x2x3x8xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = xf.broadcast %[[V5]] {shape = [#xf.dim<4>]} : (tensor<f32>) -> tensor<4xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.attention %[[V2]], %[[V3]], %[[V4]] sinks %[[V6]] {causal = #xf.causal_kind<bottom_right>, scale = 0.35355339059327373 : f64} : (tensor<1x4x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<4xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.transpose %[[V7]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x3x8xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V9:.*]] = xf.reshape %[[V8]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<32>]} : (tensor<1x3x4x8xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: return %[[V9]], %[[V3]], %[[V4]] : tensor<1x3x32xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>
func.func @GroupQueryAttention1_packed(%i0: tensor<1x3x64xf32>, %i5: tensor<1xi32>, %i6: tensor<i32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %i1 = onnx.absent : none
  %i2 = onnx.absent : none
  %i3 = onnx.absent : none
  %i4 = onnx.absent : none
  %y:3 = onnx.node "GroupQueryAttention" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3, %i4, %i5, %i6) {num_heads = 4 : i64, kv_num_heads = 2 : i64, smooth_softmax = 1 : i64}
    : (tensor<1x3x64xf32>, none, none, none, none, tensor<1xi32>, tensor<i32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @MultiHeadAttention1(
// CHECK-NEXT: %[[V0:.*]] = xf.slice %arg3 {axes = array<i64: 0>, ends = [#xf.dim<32>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<96xf32>) -> tensor<32xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.add %arg0, %[[V0]] : (tensor<1x3x32xf32>, tensor<32xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x3x32xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.transpose %[[V2]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x4x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.slice %arg3 {axes = array<i64: 0>, ends = [#xf.dim<64>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<32>], steps = array<i64: 1>} : (tensor<96xf32>) -> tensor<32xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.add %arg1, %[[V4]] : (tensor<1x3x32xf32>, tensor<32xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.reshape %[[V5]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x3x32xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.transpose %[[V6]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x4x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.slice %arg3 {axes = array<i64: 0>, ends = [#xf.dim<96>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<64>], steps = array<i64: 1>} : (tensor<96xf32>) -> tensor<32xf32>
// CHECK-NEXT: %[[V9:.*]] = xf.add %arg2, %[[V8]] : (tensor<1x3x32xf32>, tensor<32xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: %[[V10:.*]] = xf.reshape %[[V9]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x3x32xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V11:.*]] = xf.transpose %[[V10]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x4x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V12:.*]] = xf.reshape %arg4 {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<1>, #xf.dim<3>]} : (tensor<1x3xi32>) -> tensor<1x1x1x3xi32>
// CHECK-NEXT: %[[V13:.*]] = xf.constant  {value = dense<0> : tensor<i32>} : () -> tensor<i32>
// CHECK-NEXT: %[[V14:.*]] = xf.cmp %[[V12]], %[[V13]] {kind = #xf.cmp_kind<ne>} : (tensor<1x1x1x3xi32>, tensor<i32>) -> tensor<1x1x1x3xi1>
// CHECK-NEXT: %[[V15:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V16:.*]] = xf.constant  {value = dense<-1.000000e+04> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V17:.*]] = xf.select %[[V14]], %[[V15]], %[[V16]] : (tensor<1x1x1x3xi1>, tensor<f32>, tensor<f32>) -> tensor<1x1x1x3xf32>
// CHECK-NEXT: %[[V18:.*]] = xf.attention %[[V3]], %[[V7]], %[[V11]] bias %[[V17]] {causal = #xf.causal_kind<none>, scale = 0.35355339059327373 : f64} : (tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>, tensor<1x1x1x3xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V19:.*]] = xf.transpose %[[V18]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x3x8xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V20:.*]] = xf.reshape %[[V19]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<32>]} : (tensor<1x3x4x8xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: return %[[V20]] : tensor<1x3x32xf32>
func.func @MultiHeadAttention1(%i0: tensor<1x3x32xf32>, %i1: tensor<1x3x32xf32>, %i2: tensor<1x3x32xf32>, %i3: tensor<96xf32>, %i4: tensor<1x3xi32>) -> !onnx.unknown {
  %y = onnx.node "MultiHeadAttention" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3, %i4) {num_heads = 4 : i64}
    : (tensor<1x3x32xf32>, tensor<1x3x32xf32>, tensor<1x3x32xf32>, tensor<96xf32>, tensor<1x3xi32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @RotaryEmbedding1(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x3x32xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x4x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.gather %arg2, %arg1 {axis = 0 : i64} : (tensor<9x4xf32>, tensor<1x3xi64>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.gather %arg3, %arg1 {axis = 0 : i64} : (tensor<9x4xf32>, tensor<1x3xi64>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.reshape %[[V2]] {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x3x4xf32>) -> tensor<1x1x3x4xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.reshape %[[V3]] {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x3x4xf32>) -> tensor<1x1x3x4xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.rotary %[[V1]], %[[V4]], %[[V5]] {rotated = 8 : i64} : (tensor<1x4x3x8xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.transpose %[[V6]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x3x8xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.reshape %[[V7]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<32>]} : (tensor<1x3x4x8xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: return %[[V8]] : tensor<1x3x32xf32>
func.func @RotaryEmbedding1(%i0: tensor<1x3x32xf32>, %i1: tensor<1x3xi64>, %i2: tensor<9x4xf32>, %i3: tensor<9x4xf32>) -> !onnx.unknown {
  %y = onnx.node "RotaryEmbedding" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3)
    : (tensor<1x3x32xf32>, tensor<1x3xi64>, tensor<9x4xf32>, tensor<9x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @RotaryEmbedding1_offset(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x3x32xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x3x4x8xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.range  {bounds = [#xf.dim<0>, #xf.dim<3>, #xf.dim<1>], operandSegmentSizes = array<i32: 0, 0, 0>, to = i64} : () -> tensor<3xi64>
// CHECK-NEXT: %[[V3:.*]] = xf.add %[[V2]], %arg1 : (tensor<3xi64>, tensor<1xi64>) -> tensor<3xi64>
// CHECK-NEXT: %[[V4:.*]] = xf.gather %arg2, %[[V3]] {axis = 0 : i64} : (tensor<9x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.gather %arg3, %[[V3]] {axis = 0 : i64} : (tensor<9x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.reshape %[[V4]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.reshape %[[V5]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.rotary %[[V1]], %[[V6]], %[[V7]] {rotated = 8 : i64} : (tensor<1x4x3x8xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>) -> tensor<1x4x3x8xf32>
// CHECK-NEXT: %[[V9:.*]] = xf.transpose %[[V8]] {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x3x8xf32>) -> tensor<1x3x4x8xf32>
// CHECK-NEXT: %[[V10:.*]] = xf.reshape %[[V9]] {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<32>]} : (tensor<1x3x4x8xf32>) -> tensor<1x3x32xf32>
// CHECK-NEXT: return %[[V10]] : tensor<1x3x32xf32>
func.func @RotaryEmbedding1_offset(%i0: tensor<1x3x32xf32>, %i1: tensor<1xi64>, %i2: tensor<9x4xf32>, %i3: tensor<9x4xf32>) -> !onnx.unknown {
  %y = onnx.node "RotaryEmbedding" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3) {num_heads = 4 : i64}
    : (tensor<1x3x32xf32>, tensor<1xi64>, tensor<9x4xf32>, tensor<9x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MRotaryEmbedding1(
// CHECK: xf.gather
// CHECK: xf.slice
// CHECK: xf.reshape
// CHECK: xf.reshape
// CHECK: xf.rotary {{.*}}tensor<?x2x?x12xf32>
func.func @MRotaryEmbedding1(%a0: tensor<?x2x?x12xf32>, %a1: tensor<3x?x?xi64>, %a2: tensor<9x6xf32>, %a3: tensor<9x6xf32>) -> !onnx.unknown {
  %r0 = onnx.node "MRotaryEmbedding" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3) {mrope_section = array<i64: 3, 1, 2>} : (tensor<?x2x?x12xf32>, tensor<3x?x?xi64>, tensor<9x6xf32>, tensor<9x6xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @GemmaRotaryEmbedding1(
// CHECK: xf.cos
// CHECK: xf.reshape
// CHECK: xf.mul
// CHECK: xf.mul
// CHECK: xf.add {{.*}}tensor<?x2x?x4xf32>
func.func @GemmaRotaryEmbedding1(%a0: tensor<?x?x4xf32>, %a1: tensor<?x2x?x4xf32>, %a2: tensor<?x2x?x4xf32>, %a3: tensor<?x2x?x4xf32>, %a4: tensor<?x2x?x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r0, %r1 = onnx.node "GemmaRotaryEmbedding" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4) : (tensor<?x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}

// Packed queries, keys and values.
// CHECK-LABEL: func.func @MultiHeadAttention1_packed(
// CHECK: xf.slice
// CHECK: xf.reshape
// CHECK: xf.attention
// CHECK: xf.transpose
// CHECK: xf.reshape {{.*}}tensor<?x?x8xf32>
func.func @MultiHeadAttention1_packed(%a0: tensor<?x?x2x3x4xf32>) -> !onnx.unknown {
  %r0 = onnx.node "MultiHeadAttention" domain "com.microsoft" since 1 (%a0) {num_heads = 2 : i64} : (tensor<?x?x2x3x4xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
