// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Conv11(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<5.000000e-01> : tensor<6x2x3x3xf32>} : () -> tensor<6x2x3x3xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<5.000000e-01> : tensor<6xf32>} : () -> tensor<6xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.conv %arg0, %[[V0]], %[[V1]] {dilations = array<i64: 1, 1>, groups = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<1x6x4x4xf32>
// CHECK-NEXT: return %[[V2]] : tensor<1x6x4x4xf32>
func.func @Conv11(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<0.5> : tensor<6x2x3x3xf32>
  %i2 = onnx.initializer "c2" dense<0.5> : tensor<6xf32>
  %y = onnx.node "Conv" since 11 (%i0, %i1, %i2) {group = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
    : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Conv11_same(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<5.000000e-01> : tensor<6x4x3x3xf32>} : () -> tensor<6x4x3x3xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.conv %arg0, %[[V0]] {dilations = array<i64: 1, 1>, groups = 1 : i64, pads = array<i64: 1, 1, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x6x4x4xf32>
func.func @Conv11_same(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<0.5> : tensor<6x4x3x3xf32>
  %y = onnx.node "Conv" since 11 (%i0, %i1) {auto_pad = "SAME_LOWER", strides = array<i64: 2, 2>}
    : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MaxPool12(
// CHECK-NEXT: %[[V0:.*]] = xf.pool %arg0 {dilations = array<i64: 1, 1>, kind = #xf.pool_kind<max>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>, window = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x4x4xf32>
func.func @MaxPool12(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxPool" since 12 (%i0) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>}
    : (tensor<1x4x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @AveragePool19(
// CHECK-NEXT: %[[V0:.*]] = xf.pool %arg0 {ceil_mode, count_pad, dilations = array<i64: 1, 1>, kind = #xf.pool_kind<average>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>, window = array<i64: 3, 3>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x8x8xf32>
func.func @AveragePool19(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "AveragePool" since 19 (%i0) {kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, count_include_pad = 1 : i64, ceil_mode = 1 : i64}
    : (tensor<1x4x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @LpPool18(
// CHECK-NEXT: %[[V0:.*]] = xf.pool %arg0 {dilations = array<i64: 1, 1>, kind = #xf.pool_kind<lp>, p = 1 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>, window = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x7x7xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x7x7xf32>
func.func @LpPool18(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "LpPool" since 18 (%i0) {kernel_shape = array<i64: 2, 2>, p = 1 : i64}
    : (tensor<1x4x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GlobalAveragePool1(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 2, 3>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x1xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x1x1xf32>
func.func @GlobalAveragePool1(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "GlobalAveragePool" since 1 (%i0)
    : (tensor<1x4x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GlobalMaxPool1(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 2, 3>, keep_dims, kind = #xf.reduce_kind<max>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x1xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x4x1x1xf32>
func.func @GlobalMaxPool1(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "GlobalMaxPool" since 1 (%i0)
    : (tensor<1x4x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Resize13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c2", value = dense<[1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00]> : tensor<4xf32>} : () -> tensor<4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.resize %arg0 {coordinates = "half_pixel", kind = #xf.resize_kind<linear>, nearest_mode = "round_prefer_floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<16>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x4x16x16xf32>
func.func @Resize13(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %i1 = onnx.absent : none
  %i2 = onnx.initializer "c2" dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  %y = onnx.node "Resize" since 13 (%i0, %i1, %i2) {mode = "linear"}
    : (tensor<1x4x8x8xf32>, none, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Resize18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c3", value = dense<[16, 12]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.resize %arg0 {antialias, coordinates = "half_pixel", kind = #xf.resize_kind<cubic>, nearest_mode = "round_prefer_floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 1.500000e+00>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<12>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x12xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x4x16x12xf32>
func.func @Resize18(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %i1 = onnx.absent : none
  %i2 = onnx.absent : none
  %i3 = onnx.initializer "c3" dense<[16, 12]> : tensor<2xi64>
  %y = onnx.node "Resize" since 18 (%i0, %i1, %i2, %i3) {axes = array<i64: 2, 3>, mode = "cubic", antialias = 1 : i64}
    : (tensor<1x4x8x8xf32>, none, none, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Resize10(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00]> : tensor<4xf32>} : () -> tensor<4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.resize %arg0 {coordinates = "asymmetric", kind = #xf.resize_kind<nearest>, nearest_mode = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<16>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x4x16x16xf32>
func.func @Resize10(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  %y = onnx.node "Resize" since 10 (%i0, %i1)
    : (tensor<1x4x8x8xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Upsample9(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00]> : tensor<4xf32>} : () -> tensor<4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.resize %arg0 {coordinates = "asymmetric", kind = #xf.resize_kind<nearest>, nearest_mode = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<16>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x4x16x16xf32>
func.func @Upsample9(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  %y = onnx.node "Upsample" since 9 (%i0, %i1)
    : (tensor<1x4x8x8xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
