// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Transpose13(
// CHECK-NEXT: %[[V0:.*]] = xf.transpose %arg0 {permutation = array<i64: 2, 1, 0>} : (tensor<2x3x4xf32>) -> tensor<4x3x2xf32>
// CHECK-NEXT: return %[[V0]] : tensor<4x3x2xf32>
func.func @Transpose13(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Transpose" since 13 (%i0)
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Transpose13_perm(
// CHECK-NEXT: %[[V0:.*]] = xf.transpose %arg0 {permutation = array<i64: 0, 2, 1>} : (tensor<2x3x4xf32>) -> tensor<2x4x3xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4x3xf32>
func.func @Transpose13_perm(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Transpose" since 13 (%i0) {perm = array<i64: 0, 2, 1>}
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Concat13(
// CHECK-NEXT: %[[V0:.*]] = xf.concat %arg0, %arg1, %arg2 {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x12xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x12xf32>
func.func @Concat13(%i0: tensor<2x4xf32>, %i1: tensor<2x4xf32>, %i2: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Concat" since 13 (%i0, %i1, %i2) {axis = -1 : i64}
    : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Slice13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<9223372036854775807> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {name = "c3", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {name = "c4", value = dense<2> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V4:.*]] = xf.slice %arg0 {axes = array<i64: 2>, ends = [#xf.dim<9223372036854775807>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<1>], steps = array<i64: 2>} : (tensor<2x3x4xf32>) -> tensor<2x3x2xf32>
// CHECK-NEXT: return %[[V4]] : tensor<2x3x2xf32>
func.func @Slice13(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[1]> : tensor<1xi64>
  %i2 = onnx.initializer "c2" dense<[9223372036854775807]> : tensor<1xi64>
  %i3 = onnx.initializer "c3" dense<[-1]> : tensor<1xi64>
  %i4 = onnx.initializer "c4" dense<[2]> : tensor<1xi64>
  %y = onnx.node "Slice" since 13 (%i0, %i1, %i2, %i3, %i4)
    : (tensor<2x3x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Slice13_dynamic(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c2", value = dense<3> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.slice %arg0, %arg1 {axes = array<i64: 0>, ends = [#xf.dim<3>], operandSegmentSizes = array<i32: 1, 1, 0>, steps = array<i64: 1>} : (tensor<2x3x4xf32>, tensor<1xi64>) -> tensor<?x3x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<?x3x4xf32>
func.func @Slice13_dynamic(%i0: tensor<2x3x4xf32>, %i1: tensor<1xi64>) -> !onnx.unknown {
  %i2 = onnx.initializer "c2" dense<[3]> : tensor<1xi64>
  %y = onnx.node "Slice" since 13 (%i0, %i1, %i2)
    : (tensor<2x3x4xf32>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// An end of 10^9 or more stands for the size.
// CHECK-LABEL: func.func @Slice13_open(
// CHECK: xf.slice %arg0 {axes = array<i64: 0>, ends = [#xf.dim<9223372036854775807>], {{.*}} : (tensor<?x4xf32>) -> tensor<?x4xf32>
func.func @Slice13_open(%i0: tensor<?x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[0]> : tensor<1xi64>
  %i2 = onnx.initializer "c2" dense<[1000000000]> : tensor<1xi64>
  %y = onnx.node "Slice" since 13 (%i0, %i1, %i2)
    : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Slice1(
// CHECK-NEXT: %[[V0:.*]] = xf.slice %arg0 {axes = array<i64: 0, 2>, ends = [#xf.dim<1>, #xf.dim<-1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>, #xf.dim<1>], steps = array<i64: 1, 1>} : (tensor<2x3x4xf32>) -> tensor<1x3x2xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x3x2xf32>
func.func @Slice1(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Slice" since 1 (%i0) {starts = array<i64: 0, 1>, ends = array<i64: 1, -1>, axes = array<i64: 0, 2>}
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Split13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[1, 3]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.slice %arg0 {axes = array<i64: 1>, ends = [#xf.dim<1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.slice %arg0 {axes = array<i64: 1>, ends = [#xf.dim<4>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<1>], steps = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V1]], %[[V2]] : tensor<2x1xf32>, tensor<2x3xf32>
func.func @Split13(%i0: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %i1 = onnx.initializer "c1" dense<[1, 3]> : tensor<2xi64>
  %y:2 = onnx.node "Split" since 13 (%i0, %i1) {axis = 1 : i64}
    : (tensor<2x4xf32>, tensor<2xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @Split18_uneven(
// CHECK-NEXT: %[[V0:.*]] = xf.slice %arg0 {axes = array<i64: 0>, ends = [#xf.dim<2>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<7xf32>) -> tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.slice %arg0 {axes = array<i64: 0>, ends = [#xf.dim<4>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<2>], steps = array<i64: 1>} : (tensor<7xf32>) -> tensor<2xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.slice %arg0 {axes = array<i64: 0>, ends = [#xf.dim<6>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<4>], steps = array<i64: 1>} : (tensor<7xf32>) -> tensor<2xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.slice %arg0 {axes = array<i64: 0>, ends = [#xf.dim<8>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<6>], steps = array<i64: 1>} : (tensor<7xf32>) -> tensor<1xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]], %[[V2]], %[[V3]] : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<1xf32>
func.func @Split18_uneven(%i0: tensor<7xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:4 = onnx.node "Split" since 18 (%i0) {num_outputs = 4 : i64}
    : (tensor<7xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2, %y#3 : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @Split11(
// CHECK-NEXT: %[[V0:.*]] = xf.slice %arg0 {axes = array<i64: 1>, ends = [#xf.dim<2>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2x2xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.slice %arg0 {axes = array<i64: 1>, ends = [#xf.dim<4>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<2>], steps = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2x2xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]] : tensor<2x2xf32>, tensor<2x2xf32>
func.func @Split11(%i0: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:2 = onnx.node "Split" since 11 (%i0) {axis = 1 : i64, split = array<i64: 2, 2>}
    : (tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @Split13_dynamic(
// CHECK-NEXT: %[[V0:.*]] = xf.cumsum %arg1 {axis = 0 : i64} : (tensor<2xi64>) -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.sub %[[V0]], %arg1 : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
// CHECK-NEXT: %[[V2:.*]] = xf.slice %[[V1]] {axes = array<i64: 0>, ends = [#xf.dim<1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<2xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V3:.*]] = xf.slice %[[V0]] {axes = array<i64: 0>, ends = [#xf.dim<1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<2xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V4:.*]] = xf.slice %arg0, %[[V2]], %[[V3]] {axes = array<i64: 1>, operandSegmentSizes = array<i32: 1, 1, 1>, steps = array<i64: 1>} : (tensor<2x4xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x?xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.slice %[[V1]] {axes = array<i64: 0>, ends = [#xf.dim<2>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<1>], steps = array<i64: 1>} : (tensor<2xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V6:.*]] = xf.slice %[[V0]] {axes = array<i64: 0>, ends = [#xf.dim<2>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<1>], steps = array<i64: 1>} : (tensor<2xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V7:.*]] = xf.slice %arg0, %[[V5]], %[[V6]] {axes = array<i64: 1>, operandSegmentSizes = array<i32: 1, 1, 1>, steps = array<i64: 1>} : (tensor<2x4xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x?xf32>
// CHECK-NEXT: return %[[V4]], %[[V7]] : tensor<2x?xf32>, tensor<2x?xf32>
func.func @Split13_dynamic(%i0: tensor<2x4xf32>, %i1: tensor<2xi64>) -> (!onnx.unknown, !onnx.unknown) {
  %y:2 = onnx.node "Split" since 13 (%i0, %i1) {axis = 1 : i64}
    : (tensor<2x4xf32>, tensor<2xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @Pad13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[0, 1, 0, 1]> : tensor<4xi64>} : () -> tensor<4xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = xf.pad %arg0, %[[V1]] {kind = #xf.pad_kind<constant>, operandSegmentSizes = array<i32: 1, 0, 1>, pads = [#xf.dim<0>, #xf.dim<1>, #xf.dim<0>, #xf.dim<1>]} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x6xf32>
// CHECK-NEXT: return %[[V2]] : tensor<2x6xf32>
func.func @Pad13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[0, 1, 0, 1]> : tensor<4xi64>
  %i2 = onnx.initializer "c2" dense<1.0> : tensor<f32>
  %y = onnx.node "Pad" since 13 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, tensor<4xi64>, tensor<f32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Pad18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[1, 2]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c3", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<0> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V3:.*]] = xf.pad %arg0 {kind = #xf.pad_kind<reflect>, operandSegmentSizes = array<i32: 1, 0, 0>, pads = [#xf.dim<0>, #xf.dim<1>, #xf.dim<0>, #xf.dim<2>]} : (tensor<2x4xf32>) -> tensor<2x7xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x7xf32>
func.func @Pad18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[1, 2]> : tensor<2xi64>
  %i2 = onnx.absent : none
  %i3 = onnx.initializer "c3" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "Pad" since 18 (%i0, %i1, %i2, %i3) {mode = "reflect"}
    : (tensor<2x4xf32>, tensor<2xi64>, none, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Pad2(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<2.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.pad %arg0, %[[V0]] {kind = #xf.pad_kind<edge>, operandSegmentSizes = array<i32: 1, 0, 1>, pads = [#xf.dim<0>, #xf.dim<1>, #xf.dim<0>, #xf.dim<1>]} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x6xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x6xf32>
func.func @Pad2(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Pad" since 2 (%i0) {pads = array<i64: 0, 1, 0, 1>, mode = "edge", value = 2.0 : f32}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Tile13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[2, 3]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<1>, #xf.dim<4>]} : (tensor<2x4xf32>) -> tensor<1x2x1x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.shape_of %arg0 : (tensor<2x4xf32>) -> tensor<2xi64>
// CHECK-NEXT: %[[V3:.*]] = xf.slice %[[V0]] {axes = array<i64: 0>, ends = [#xf.dim<1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<2xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V4:.*]] = xf.slice %[[V2]] {axes = array<i64: 0>, ends = [#xf.dim<1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<2xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V5:.*]] = xf.slice %[[V0]] {axes = array<i64: 0>, ends = [#xf.dim<2>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<1>], steps = array<i64: 1>} : (tensor<2xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V6:.*]] = xf.slice %[[V2]] {axes = array<i64: 0>, ends = [#xf.dim<2>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<1>], steps = array<i64: 1>} : (tensor<2xi64>) -> tensor<1xi64>
// CHECK-NEXT: %[[V7:.*]] = xf.concat %[[V3]], %[[V4]], %[[V5]], %[[V6]] {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
// CHECK-NEXT: %[[V8:.*]] = xf.mul %[[V2]], %[[V0]] : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
// CHECK-NEXT: %[[V9:.*]] = xf.broadcast %[[V1]] {shape = [#xf.dim<2>, #xf.dim<2>, #xf.dim<3>, #xf.dim<4>]} : (tensor<1x2x1x4xf32>) -> tensor<2x2x3x4xf32>
// CHECK-NEXT: %[[V10:.*]] = xf.reshape %[[V9]] {shape = [#xf.dim<4>, #xf.dim<12>]} : (tensor<2x2x3x4xf32>) -> tensor<4x12xf32>
// CHECK-NEXT: return %[[V10]] : tensor<4x12xf32>
func.func @Tile13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[2, 3]> : tensor<2xi64>
  %y = onnx.node "Tile" since 13 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// One axis is cut, the other padded.
// CHECK-LABEL: func.func @CenterCropPad18(
// CHECK: %[[CUT:.*]] = xf.slice %arg0 {{.*}} -> tensor<4x7xf32>
// CHECK: xf.pad %[[CUT]], %{{.*}} pads = [#xf.dim<0>, #xf.dim<1>, #xf.dim<0>, #xf.dim<2>]{{.*}} -> tensor<4x10xf32>
func.func @CenterCropPad18(%x: tensor<9x7xf32>) -> !onnx.unknown {
  %shape = onnx.initializer "shape" dense<[4, 10]> : tensor<2xi64>
  %y = onnx.node "CenterCropPad" since 18 (%x, %shape) : (tensor<9x7xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}
