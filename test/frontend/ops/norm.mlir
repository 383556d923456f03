// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @LayerNormalization17(
// CHECK-NEXT: %[[V0:.*]] = xf.layer_norm %arg0, %arg1, %arg2 {axis = 1 : i64, epsilon = 9.9999997473787516E-6 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @LayerNormalization17(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>, %i2: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "LayerNormalization" since 17 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @LayerNormalization17_statistics(
// CHECK-NEXT: %[[V0:.*]] = xf.layer_norm %arg0, %arg1, %arg2 {axis = 1 : i64, epsilon = 0.0010000000474974513 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.sub %arg0, %[[V1]] : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.mul %[[V2]], %[[V2]] : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.reduce %[[V3]] {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.constant  {value = dense<1.000000e-03> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = xf.add %[[V4]], %[[V5]] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.rsqrt %[[V6]] : (tensor<2x1xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]], %[[V7]] : tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x1xf32>
func.func @LayerNormalization17_statistics(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>, %i2: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "LayerNormalization" since 17 (%i0, %i1, %i2) {epsilon = 1.0e-3 : f32}
    : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @RMSNormalization23(
// CHECK-NEXT: %[[V0:.*]] = xf.rms_norm %arg0, %arg1 {axis = 1 : i64, epsilon = 9.9999997473787516E-6 : f64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @RMSNormalization23(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "RMSNormalization" since 23 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @RMSNormalization23_mixed(
// CHECK-NEXT: %[[V0:.*]] = xf.rms_norm %arg0 {axis = 1 : i64, epsilon = 9.9999997473787516E-6 : f64} : (tensor<2x4xf16>) -> tensor<2x4xf16>
// CHECK-NEXT: %[[V1:.*]] = xf.cast %[[V0]] {to = f32} : (tensor<2x4xf16>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.mul %[[V1]], %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V2]] : tensor<2x4xf32>
func.func @RMSNormalization23_mixed(%i0: tensor<2x4xf16>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "RMSNormalization" since 23 (%i0, %i1)
    : (tensor<2x4xf16>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @SimplifiedLayerNormalization1(
// CHECK-NEXT: %[[V0:.*]] = xf.rms_norm %arg0, %arg1 {axis = 1 : i64, epsilon = 9.9999997473787516E-6 : f64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @SimplifiedLayerNormalization1(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "SimplifiedLayerNormalization" since 1 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BatchNormalization15(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<9.99999974E-6> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.add %arg4, %[[V0]] : (tensor<3xf32>, tensor<f32>) -> tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.sqrt %[[V1]] : (tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.div %arg1, %[[V2]] : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.reshape %arg3 {shape = [#xf.dim<3>, #xf.dim<1>]} : (tensor<3xf32>) -> tensor<3x1xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.sub %arg0, %[[V4]] : (tensor<1x3x5xf32>, tensor<3x1xf32>) -> tensor<1x3x5xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.reshape %[[V3]] {shape = [#xf.dim<3>, #xf.dim<1>]} : (tensor<3xf32>) -> tensor<3x1xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.mul %[[V5]], %[[V6]] : (tensor<1x3x5xf32>, tensor<3x1xf32>) -> tensor<1x3x5xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.reshape %arg2 {shape = [#xf.dim<3>, #xf.dim<1>]} : (tensor<3xf32>) -> tensor<3x1xf32>
// CHECK-NEXT: %[[V9:.*]] = xf.add %[[V7]], %[[V8]] : (tensor<1x3x5xf32>, tensor<3x1xf32>) -> tensor<1x3x5xf32>
// CHECK-NEXT: return %[[V9]] : tensor<1x3x5xf32>
func.func @BatchNormalization15(%i0: tensor<1x3x5xf32>, %i1: tensor<3xf32>, %i2: tensor<3xf32>, %i3: tensor<3xf32>, %i4: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "BatchNormalization" since 15 (%i0, %i1, %i2, %i3, %i4)
    : (tensor<1x3x5xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GroupNormalization18(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg1 {shape = [#xf.dim<2>, #xf.dim<1>]} : (tensor<2xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.broadcast %[[V0]] {shape = [#xf.dim<2>, #xf.dim<2>]} : (tensor<2x1xf32>) -> tensor<2x2xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<4>]} : (tensor<2x2xf32>) -> tensor<4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reshape %arg2 {shape = [#xf.dim<2>, #xf.dim<1>]} : (tensor<2xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.broadcast %[[V3]] {shape = [#xf.dim<2>, #xf.dim<2>]} : (tensor<2x1xf32>) -> tensor<2x2xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.reshape %[[V4]] {shape = [#xf.dim<4>]} : (tensor<2x2xf32>) -> tensor<4xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.group_norm %arg0, %[[V2]], %[[V5]] {epsilon = 9.9999997473787516E-6 : f64, groups = 2 : i64} : (tensor<1x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x5xf32>
// CHECK-NEXT: return %[[V6]] : tensor<1x4x5xf32>
func.func @GroupNormalization18(%i0: tensor<1x4x5xf32>, %i1: tensor<2xf32>, %i2: tensor<2xf32>) -> !onnx.unknown {
  %y = onnx.node "GroupNormalization" since 18 (%i0, %i1, %i2) {num_groups = 2 : i64}
    : (tensor<1x4x5xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GroupNormalization21(
// CHECK-NEXT: %[[V0:.*]] = xf.group_norm %arg0, %arg1, %arg2 {epsilon = 9.9999997473787516E-6 : f64, groups = 2 : i64} : (tensor<1x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x5xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x5xf32>
func.func @GroupNormalization21(%i0: tensor<1x4x5xf32>, %i1: tensor<4xf32>, %i2: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "GroupNormalization" since 21 (%i0, %i1, %i2) {num_groups = 2 : i64}
    : (tensor<1x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @InstanceNormalization6(
// CHECK-NEXT: %[[V0:.*]] = xf.group_norm %arg0, %arg1, %arg2 {epsilon = 9.9999997473787516E-6 : f64, groups = 4 : i64} : (tensor<1x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x5xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x5xf32>
func.func @InstanceNormalization6(%i0: tensor<1x4x5xf32>, %i1: tensor<4xf32>, %i2: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "InstanceNormalization" since 6 (%i0, %i1, %i2)
    : (tensor<1x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @LpNormalization1(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<l2>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = xf.cmp %[[V0]], %[[V1]] {kind = #xf.cmp_kind<eq>} : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xi1>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {value = dense<1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = xf.select %[[V2]], %[[V3]], %[[V0]] : (tensor<2x1xi1>, tensor<f32>, tensor<2x1xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.div %arg0, %[[V4]] : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V5]] : tensor<2x4xf32>
func.func @LpNormalization1(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "LpNormalization" since 1 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MeanVarianceNormalization13(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 0, 2, 3>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<1x4x5x6xf32>) -> tensor<1x4x1x1xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.sub %arg0, %[[V0]] : (tensor<1x4x5x6xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x5x6xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.mul %[[V1]], %[[V1]] : (tensor<1x4x5x6xf32>, tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reduce %[[V2]] {axes = array<i64: 0, 2, 3>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<1x4x5x6xf32>) -> tensor<1x4x1x1xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.sqrt %[[V3]] : (tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.constant  {value = dense<9.99999971E-10> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = xf.add %[[V4]], %[[V5]] : (tensor<1x4x1x1xf32>, tensor<f32>) -> tensor<1x4x1x1xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.div %[[V1]], %[[V6]] : (tensor<1x4x5x6xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x5x6xf32>
// CHECK-NEXT: return %[[V7]] : tensor<1x4x5x6xf32>
func.func @MeanVarianceNormalization13(%i0: tensor<1x4x5x6xf32>) -> !onnx.unknown {
  %y = onnx.node "MeanVarianceNormalization" since 13 (%i0)
    : (tensor<1x4x5x6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// A convolution by constants takes the factors into its weight.
// CHECK-LABEL: func.func @BatchNormalization15_conv(
// CHECK: %[[W:.*]] = xf.mul {{.*}} : (tensor<3x2x1xf32>, tensor<3x1x1xf32>) -> tensor<3x2x1xf32>
// CHECK: %[[B:.*]] = xf.add {{.*}} -> tensor<3xf32>
// CHECK: %[[Y:.*]] = xf.conv %arg0, %[[W]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @BatchNormalization15_conv(%x: tensor<1x2x8xf32>) -> !onnx.unknown {
  %w = onnx.initializer "w" dense<0.5> : tensor<3x2x1xf32>
  %v = onnx.initializer "v" dense<0.5> : tensor<3xf32>
  %c = onnx.node "Conv" since 11 (%x, %w) : (tensor<1x2x8xf32>, tensor<3x2x1xf32>) -> !onnx.unknown
  %y = onnx.node "BatchNormalization" since 15 (%c, %v, %v, %v, %v)
    : (!onnx.unknown, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
