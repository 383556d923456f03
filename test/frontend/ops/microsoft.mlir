// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @BiasGelu1(
// CHECK-NEXT: %[[V0:.*]] = xf.add %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.gelu %[[V0]] : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x4xf32>
func.func @BiasGelu1(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "BiasGelu" domain "com.microsoft" since 1 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @FastGelu1(
// CHECK-NEXT: %[[V0:.*]] = xf.add %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.gelu %[[V0]] {tanh} : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x4xf32>
func.func @FastGelu1(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "FastGelu" domain "com.microsoft" since 1 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Gelu1(
// CHECK-NEXT: %[[V0:.*]] = xf.gelu %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Gelu1(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Gelu" domain "com.microsoft" since 1 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @QuickGelu1(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<1.702000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.mul %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.sigmoid %[[V1]] : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.mul %arg0, %[[V2]] : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x4xf32>
func.func @QuickGelu1(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "QuickGelu" domain "com.microsoft" since 1 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @SkipLayerNormalization1(
// CHECK-NEXT: %[[V0:.*]] = xf.add %arg0, %arg1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.add %[[V0]], %arg4 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.layer_norm %[[V1]], %arg2, %arg3 {axis = 1 : i64, epsilon = 0.0010000000474974513 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reduce %[[V1]] {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.sub %[[V1]], %[[V3]] : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.mul %[[V4]], %[[V4]] : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.reduce %[[V5]] {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.constant  {value = dense<1.000000e-03> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = xf.add %[[V6]], %[[V7]] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V9:.*]] = xf.rsqrt %[[V8]] : (tensor<2x1xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]], %[[V9]], %[[V1]] : tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x4xf32>
func.func @SkipLayerNormalization1(%i0: tensor<2x4xf32>, %i1: tensor<2x4xf32>, %i2: tensor<4xf32>, %i3: tensor<4xf32>, %i4: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:4 = onnx.node "SkipLayerNormalization" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3, %i4) {epsilon = 1.0e-3 : f32}
    : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2, %y#3 : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @SkipSimplifiedLayerNormalization1(
// CHECK-NEXT: %[[V0:.*]] = xf.add %arg0, %arg1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.rms_norm %[[V0]], %arg2 {axis = 1 : i64, epsilon = 0.0010000000474974513 : f64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]], %[[V0]] : tensor<2x4xf32>, tensor<2x4xf32>
func.func @SkipSimplifiedLayerNormalization1(%i0: tensor<2x4xf32>, %i1: tensor<2x4xf32>, %i2: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:4 = onnx.node "SkipSimplifiedLayerNormalization" domain "com.microsoft" since 1 (%i0, %i1, %i2) {epsilon = 1.0e-3 : f32}
    : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> (!onnx.unknown, none, none, !onnx.unknown)
  return %y#0, %y#3 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @EmbedLayerNormalization1(
// CHECK-NEXT: %[[V0:.*]] = xf.gather %arg2, %arg0 {axis = 0 : i64} : (tensor<9x4xf32>, tensor<1x3xi32>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.slice %arg3 {axes = array<i64: 0>, ends = [#xf.dim<3>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<5x4xf32>) -> tensor<3x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.add %[[V0]], %[[V1]] : (tensor<1x3x4xf32>, tensor<3x4xf32>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.gather %arg4, %arg1 {axis = 0 : i64} : (tensor<2x4xf32>, tensor<1x3xi32>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.add %[[V2]], %[[V3]] : (tensor<1x3x4xf32>, tensor<1x3x4xf32>) -> tensor<1x3x4xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.layer_norm %[[V4]], %arg5, %arg6 {axis = 2 : i64, epsilon = 9.999999960041972E-13 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x3x4xf32>
// CHECK-NEXT: return %[[V5]] : tensor<1x3x4xf32>
func.func @EmbedLayerNormalization1(%i0: tensor<1x3xi32>, %i1: tensor<1x3xi32>, %i2: tensor<9x4xf32>, %i3: tensor<5x4xf32>, %i4: tensor<2x4xf32>, %i5: tensor<4xf32>, %i6: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "EmbedLayerNormalization" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3, %i4, %i5, %i6)
    : (tensor<1x3xi32>, tensor<1x3xi32>, tensor<9x4xf32>, tensor<5x4xf32>, tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMulNBits1(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<33> : tensor<4x2x8xui8>} : () -> tensor<4x2x8xui8>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<5.000000e-01> : tensor<8xf32>} : () -> tensor<8xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {name = "c3", value = dense<135> : tensor<4xui8>} : () -> tensor<4xui8>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {name = "c1", value = dense<"0x0102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102"> : tensor<4x32xui4>} : () -> tensor<4x32xui4>
// CHECK-NEXT: %[[V4:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<4>, #xf.dim<2>]} : (tensor<8xf32>) -> tensor<4x2xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.constant  {name = "c3", value = dense<{{\[\[}}7, 8], [7, 8], [7, 8], [7, 8]]> : tensor<4x2xui4>} : () -> tensor<4x2xui4>
// CHECK-NEXT: %[[V6:.*]] = xf.dequantize %[[V3]], %[[V4]], %[[V5]] {axis = 1 : i64, block = 16 : i64} : (tensor<4x32xui4>, tensor<4x2xf32>, tensor<4x2xui4>) -> tensor<4x32xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.linear %arg0, %[[V6]] {transpose_weight} : (tensor<2x32xf32>, tensor<4x32xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V7]] : tensor<2x4xf32>
func.func @MatMulNBits1(%i0: tensor<2x32xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<33> : tensor<4x2x8xui8>
  %i2 = onnx.initializer "c2" dense<0.5> : tensor<8xf32>
  %i3 = onnx.initializer "c3" dense<135> : tensor<4xui8>
  %y = onnx.node "MatMulNBits" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3) {N = 4 : i64, K = 32 : i64, bits = 4 : i64, block_size = 16 : i64}
    : (tensor<2x32xf32>, tensor<4x2x8xui8>, tensor<8xf32>, tensor<4xui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMulNBits1_ragged(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<33> : tensor<4x3x8xui8>} : () -> tensor<4x3x8xui8>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<5.000000e-01> : tensor<12xf32>} : () -> tensor<12xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {name = "c1", value = dense<"0x010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102"> : tensor<4x48xui4>} : () -> tensor<4x48xui4>
// CHECK-NEXT: %[[V3:.*]] = xf.slice %[[V2]] {axes = array<i64: 1>, ends = [#xf.dim<40>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<4x48xui4>) -> tensor<4x40xui4>
// CHECK-NEXT: %[[V4:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<4>, #xf.dim<3>]} : (tensor<12xf32>) -> tensor<4x3xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.constant  {value = dense<8> : tensor<4x3xui4>} : () -> tensor<4x3xui4>
// CHECK-NEXT: %[[V6:.*]] = xf.dequantize %[[V3]], %[[V4]], %[[V5]] {axis = 1 : i64, block = 16 : i64} : (tensor<4x40xui4>, tensor<4x3xf32>, tensor<4x3xui4>) -> tensor<4x40xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.linear %arg0, %[[V6]] {transpose_weight} : (tensor<2x40xf32>, tensor<4x40xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V7]] : tensor<2x4xf32>
func.func @MatMulNBits1_ragged(%i0: tensor<2x40xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<33> : tensor<4x3x8xui8>
  %i2 = onnx.initializer "c2" dense<0.5> : tensor<12xf32>
  %y = onnx.node "MatMulNBits" domain "com.microsoft" since 1 (%i0, %i1, %i2) {N = 4 : i64, K = 40 : i64, bits = 4 : i64, block_size = 16 : i64}
    : (tensor<2x40xf32>, tensor<4x3x8xui8>, tensor<12xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GatherBlockQuantized1(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c0", value = dense<33> : tensor<6x16xui8>} : () -> tensor<6x16xui8>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<5.000000e-01> : tensor<6x2xf32>} : () -> tensor<6x2xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {name = "c0", value = dense<"0x010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102010201020102"> : tensor<6x32xui4>} : () -> tensor<6x32xui4>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {value = dense<8> : tensor<6x2xui4>} : () -> tensor<6x2xui4>
// CHECK-NEXT: %[[V4:.*]] = xf.dequantize %[[V2]], %[[V1]], %[[V3]] {axis = 1 : i64, block = 16 : i64} : (tensor<6x32xui4>, tensor<6x2xf32>, tensor<6x2xui4>) -> tensor<6x32xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.gather %[[V4]], %arg0 {axis = 0 : i64} : (tensor<6x32xf32>, tensor<3xi64>) -> tensor<3x32xf32>
// CHECK-NEXT: return %[[V5]] : tensor<3x32xf32>
func.func @GatherBlockQuantized1(%i1: tensor<3xi64>) -> !onnx.unknown {
  %i0 = onnx.initializer "c0" dense<33> : tensor<6x16xui8>
  %i2 = onnx.initializer "c2" dense<0.5> : tensor<6x2xf32>
  %y = onnx.node "GatherBlockQuantized" domain "com.microsoft" since 1 (%i0, %i1, %i2) {bits = 4 : i64, block_size = 16 : i64}
    : (tensor<6x16xui8>, tensor<3xi64>, tensor<6x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// The lengths that attention takes in place of a mask.
// CHECK-LABEL: func.func @EmbedLayerNormalization1_mask(
// CHECK: %[[KEPT:.*]] = xf.cmp %arg6, %{{.*}} {kind = #xf.cmp_kind<eq>}
// CHECK: %[[ONES:.*]] = xf.cast %[[KEPT]] {to = i32}
// CHECK: %[[COUNT:.*]] = xf.reduce %[[ONES]] {axes = array<i64: 1>, {{.*}}kind = #xf.reduce_kind<sum>} : (tensor<2x3xi32>) -> tensor<2xi32>
// CHECK: return %{{.*}}, %[[COUNT]]
func.func @EmbedLayerNormalization1_mask(%i0: tensor<2x3xi32>, %i1: tensor<2x3xi32>, %i2: tensor<9x4xf32>, %i3: tensor<5x4xf32>, %i4: tensor<2x4xf32>, %i5: tensor<4xf32>, %mask: tensor<2x3xi32>) -> (!onnx.unknown, !onnx.unknown) {
  %y, %index = onnx.node "EmbedLayerNormalization" domain "com.microsoft" since 1 (%i0, %i1, %i2, %i3, %i4, %i5, %i5, %mask)
    : (tensor<2x3xi32>, tensor<2x3xi32>, tensor<9x4xf32>, tensor<5x4xf32>, tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x3xi32>) -> (!onnx.unknown, !onnx.unknown)
  return %y, %index : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @QEmbedLayerNormalization1(
// CHECK: xf.gather
// CHECK: xf.dequantize
// CHECK: xf.dequantize
// CHECK: xf.dequantize
// CHECK: xf.layer_norm {{.*}}tensor<?x?x12xf32>
func.func @QEmbedLayerNormalization1(%a0: tensor<?x?xi32>, %a2: tensor<9x12xui8>, %a3: tensor<16x12xui8>, %a5: tensor<12xui8>, %a6: tensor<12xui8>, %a8: tensor<f32>, %a9: tensor<f32>, %a11: tensor<f32>, %a12: tensor<f32>, %a13: tensor<ui8>, %a14: tensor<ui8>, %a16: tensor<ui8>, %a17: tensor<ui8>) -> !onnx.unknown {
  %a1 = onnx.absent : none
  %a4 = onnx.absent : none
  %a7 = onnx.absent : none
  %a10 = onnx.absent : none
  %a15 = onnx.absent : none
  %r0 = onnx.node "QEmbedLayerNormalization" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7, %a8, %a9, %a10, %a11, %a12, %a13, %a14, %a15, %a16, %a17) {epsilon = 1.0e-5 : f32} : (tensor<?x?xi32>, none, tensor<9x12xui8>, tensor<16x12xui8>, none, tensor<12xui8>, tensor<12xui8>, none, tensor<f32>, tensor<f32>, none, tensor<f32>, tensor<f32>, tensor<ui8>, tensor<ui8>, none, tensor<ui8>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
