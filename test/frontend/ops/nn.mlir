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

// Pads that depend on a symbolic size become a border.
// CHECK-LABEL: func.func @Conv11_same_symbolic(
// CHECK: %[[PADDED:.*]] = xf.pad %arg0, %{{.*}}pads = [#xf.dim<0>, #xf.dim<0>, #xf.dim<1>, #xf.dim<floordiv(input_0_d3 + 1, 2) * 2 - input_0_d3>, #xf.dim<0>, #xf.dim<0>, #xf.dim<1>, #xf.dim<1>]} : (tensor<1x2x8x?xf32>, tensor<f32>) -> tensor<1x2x10x?xf32>
// CHECK: xf.conv %[[PADDED]], {{.*}}pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 2>} : (tensor<1x2x10x?xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x8x?xf32>
func.func @Conv11_same_symbolic(%i0: tensor<1x2x8x?xf32>, %i1: tensor<3x2x3x3xf32>) -> !onnx.unknown {
  %y = onnx.node "Conv" since 11 (%i0, %i1) {auto_pad = "SAME_UPPER", strides = array<i64: 1, 2>}
    : (tensor<1x2x8x?xf32>, tensor<3x2x3x3xf32>) -> !onnx.unknown
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

// CHECK-LABEL: func.func @MaxPool12_indices(
// CHECK: xf.pool %arg0
// CHECK: xf.pool_indices %arg0 {column_major, {{.*}}} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xi64>
func.func @MaxPool12_indices(%i0: tensor<1x4x8x8xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y, %i = onnx.node "MaxPool" since 12 (%i0) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, storage_order = 1 : i64}
    : (tensor<1x4x8x8xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y, %i : !onnx.unknown, !onnx.unknown
}

// The zero point comes off first, so that padding is zero.
// CHECK-LABEL: func.func @ConvInteger10(
// CHECK: %[[X:.*]] = xf.sub {{.*}} -> tensor<1x4x8x8xi32>
// CHECK: xf.conv %[[X]], {{.*}} -> tensor<1x6x6x6xi32>
func.func @ConvInteger10(%i0: tensor<1x4x8x8xui8>, %i1: tensor<6x4x3x3xui8>, %i2: tensor<ui8>) -> !onnx.unknown {
  %y = onnx.node "ConvInteger" since 10 (%i0, %i1, %i2)
    : (tensor<1x4x8x8xui8>, tensor<6x4x3x3xui8>, tensor<ui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearConv10(
// CHECK: %[[SUM:.*]] = xf.conv {{.*}} -> tensor<1x6x6x6xi32>
// CHECK: xf.cast %[[SUM]]
// CHECK: xf.mul {{.*}} -> tensor<1x6x6x6xf32>
// CHECK: xf.quantize {{.*}} -> tensor<1x6x6x6xui8>
func.func @QLinearConv10(%x: tensor<1x4x8x8xui8>, %s: tensor<f32>, %z: tensor<ui8>, %w: tensor<6x4x3x3xui8>, %ws: tensor<6xf32>, %wz: tensor<6xui8>) -> !onnx.unknown {
  %y = onnx.node "QLinearConv" since 10 (%x, %s, %z, %w, %ws, %wz, %s, %z)
    : (tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>, tensor<6x4x3x3xui8>, tensor<6xf32>, tensor<6xui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// The past goes before x; the last elements of both are the next past.
// CHECK-LABEL: func.func @CausalConvWithState27(
// CHECK: %[[ALL:.*]] = xf.concat {{.*}} -> tensor<1x4x11xf32>
// CHECK: %[[Y:.*]] = xf.conv %[[ALL]], {{.*}}groups = 4 : i64{{.*}} -> tensor<1x4x8xf32>
// CHECK: xf.silu %[[Y]]
// CHECK: xf.slice %[[ALL]] {{.*}} -> tensor<1x4x3xf32>
func.func @CausalConvWithState27(%x: tensor<1x4x8xf32>, %w: tensor<4x1x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y, %p = onnx.node "CausalConvWithState" since 27 (%x, %w) {activation = "silu"}
    : (tensor<1x4x8xf32>, tensor<4x1x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y, %p : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @GlobalLpPool2(
// CHECK: xf.reduce %arg0 {axes = array<i64: 2, 3>{{.*}}kind = #xf.reduce_kind<l1>
func.func @GlobalLpPool2(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "GlobalLpPool" since 2 (%i0) {p = 1 : i64} : (tensor<1x4x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @LRN13(
// CHECK: xf.reshape {{.*}} -> tensor<1x1x4x8x8xf32>
// CHECK: xf.pool {{.*}}count_pad{{.*}}pads = array<i64: 1, 0, 0, 2, 0, 0>{{.*}}window = array<i64: 4, 1, 1>
// CHECK: xf.pow
// CHECK: xf.div
func.func @LRN13(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "LRN" since 13 (%i0) {size = 4 : i64} : (tensor<1x4x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
