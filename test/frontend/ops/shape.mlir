// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Shape13(
// CHECK-NEXT: %[[V0:.*]] = xf.shape_of %arg0 : (tensor<2x3x4xf32>) -> tensor<3xi64>
// CHECK-NEXT: return %[[V0]] : tensor<3xi64>
func.func @Shape13(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Shape" since 13 (%i0)
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Shape15_part(
// CHECK-NEXT: %[[V0:.*]] = xf.shape_of %arg0 : (tensor<2x3x4xf32>) -> tensor<3xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.slice %[[V0]] {axes = array<i64: 0>, ends = [#xf.dim<2>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<1>], steps = array<i64: 1>} : (tensor<3xi64>) -> tensor<1xi64>
// CHECK-NEXT: return %[[V1]] : tensor<1xi64>
func.func @Shape15_part(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Shape" since 15 (%i0) {start = 1 : i64, end = -1 : i64}
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Size13(
// CHECK-NEXT: %[[V0:.*]] = xf.shape_of %arg0 : (tensor<2x3x4xf32>) -> tensor<3xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %[[V0]] {axes = array<i64: 0>, kind = #xf.reduce_kind<prod>} : (tensor<3xi64>) -> tensor<i64>
// CHECK-NEXT: return %[[V1]] : tensor<i64>
func.func @Size13(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Size" since 13 (%i0)
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Reshape14(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[0, -1]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %arg0 {copy_zero, shape = [#xf.dim<0>, #xf.dim<-1>]} : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x12xf32>
func.func @Reshape14(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[0, -1]> : tensor<2xi64>
  %y = onnx.node "Reshape" since 14 (%i0, %i1)
    : (tensor<2x3x4xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Reshape14_allowzero(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[6, 4]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %arg0 {shape = [#xf.dim<6>, #xf.dim<4>]} : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<6x4xf32>
func.func @Reshape14_allowzero(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[6, 4]> : tensor<2xi64>
  %y = onnx.node "Reshape" since 14 (%i0, %i1) {allowzero = 1 : i64}
    : (tensor<2x3x4xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Reshape14_dynamic(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0, %arg1 {copy_zero} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
// CHECK-NEXT: return %[[V0]] : tensor<?x?xf32>
func.func @Reshape14_dynamic(%i0: tensor<2x3x4xf32>, %i1: tensor<2xi64>) -> !onnx.unknown {
  %y = onnx.node "Reshape" since 14 (%i0, %i1)
    : (tensor<2x3x4xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Reshape1(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {copy_zero, shape = [#xf.dim<4>, #xf.dim<6>]} : (tensor<2x3x4xf32>) -> tensor<4x6xf32>
// CHECK-NEXT: return %[[V0]] : tensor<4x6xf32>
func.func @Reshape1(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Reshape" since 1 (%i0) {shape = array<i64: 4, 6>}
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Flatten13(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<2>, #xf.dim<12>]} : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x12xf32>
func.func @Flatten13(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Flatten" since 13 (%i0)
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Flatten13_front(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<24>]} : (tensor<2x3x4xf32>) -> tensor<1x24xf32>
// CHECK-NEXT: return %[[V0]] : tensor<1x24xf32>
func.func @Flatten13_front(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Flatten" since 13 (%i0) {axis = 0 : i64}
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Squeeze13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<2>]} : (tensor<1x2x1xf32>) -> tensor<1x2xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x2xf32>
func.func @Squeeze13(%i0: tensor<1x2x1xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "Squeeze" since 13 (%i0, %i1)
    : (tensor<1x2x1xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Squeeze11_all(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<2>]} : (tensor<1x2x1xf32>) -> tensor<2xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2xf32>
func.func @Squeeze11_all(%i0: tensor<1x2x1xf32>) -> !onnx.unknown {
  %y = onnx.node "Squeeze" since 11 (%i0)
    : (tensor<1x2x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Squeeze11_attribute(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<2>, #xf.dim<1>]} : (tensor<1x2x1xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x1xf32>
func.func @Squeeze11_attribute(%i0: tensor<1x2x1xf32>) -> !onnx.unknown {
  %y = onnx.node "Squeeze" since 11 (%i0) {axes = array<i64: 0>}
    : (tensor<1x2x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// Axes of unknown size stay, and the run sees to it that they are not 1.
// CHECK-LABEL: func.func @Squeeze11_unknown(
// CHECK: xf.require_equal {expected = #xf.dim<1>, found = #xf.dim<min({{.*}}whether axis 0
// CHECK: xf.reshape %arg0 {{.*}} (tensor<?x1x4xf32>) -> tensor<?x4xf32>
func.func @Squeeze11_unknown(%i0: tensor<?x1x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Squeeze" since 11 (%i0)
    : (tensor<?x1x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Squeeze11_stated(
// CHECK-NOT: xf.require_equal
// CHECK: xf.reshape %arg0 {{.*}} (tensor<?x1x4xf32>) -> tensor<4xf32>
func.func @Squeeze11_stated(%i0: tensor<?x1x4xf32>) -> tensor<?xf32> {
  %y = onnx.node "Squeeze" since 11 (%i0)
    : (tensor<?x1x4xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// What has at most one element gives it up.
// CHECK-LABEL: func.func @Squeeze13_first(
// CHECK: %[[FIRST:.*]] = xf.slice %arg0
// CHECK: %[[AT:.*]] = xf.constant {{.*}}dense<0> : tensor<i64>
// CHECK: xf.gather %[[FIRST]], %[[AT]] {axis = 1 : i64} : (tensor<2x?x4xf32>, tensor<i64>) -> tensor<2x4xf32>
func.func @Squeeze13_first(%i0: tensor<2x?x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[0]> : tensor<1xi64>
  %i2 = onnx.initializer "c2" dense<[1]> : tensor<1xi64>
  %x = onnx.node "Slice" since 13 (%i0, %i1, %i2, %i2)
    : (tensor<2x?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.unknown
  %y = onnx.node "Squeeze" since 13 (%x, %i2)
    : (!onnx.unknown, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Unsqueeze13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[0, -1]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<4>, #xf.dim<1>]} : (tensor<2x4xf32>) -> tensor<1x2x4x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x2x4x1xf32>
func.func @Unsqueeze13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[0, -1]> : tensor<2xi64>
  %y = onnx.node "Unsqueeze" since 13 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Unsqueeze11(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<2>, #xf.dim<1>, #xf.dim<4>]} : (tensor<2x4xf32>) -> tensor<2x1x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x1x4xf32>
func.func @Unsqueeze11(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Unsqueeze" since 11 (%i0) {axes = array<i64: 1>}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Expand13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[3, 2, 1]> : tensor<3xi64>} : () -> tensor<3xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.broadcast %arg0 {shape = [#xf.dim<3>, #xf.dim<2>, #xf.dim<1>]} : (tensor<1x4xf32>) -> tensor<3x2x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<3x2x4xf32>
func.func @Expand13(%i0: tensor<1x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[3, 2, 1]> : tensor<3xi64>
  %y = onnx.node "Expand" since 13 (%i0, %i1)
    : (tensor<1x4xf32>, tensor<3xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ConstantOfShape9(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c0", value = dense<[2, 3]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = xf.broadcast %[[V1]] {shape = [#xf.dim<2>, #xf.dim<3>]} : (tensor<f32>) -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V2]] : tensor<2x3xf32>
func.func @ConstantOfShape9() -> !onnx.unknown {
  %i0 = onnx.initializer "c0" dense<[2, 3]> : tensor<2xi64>
  %y = onnx.node "ConstantOfShape" since 9 (%i0)
    : (tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ConstantOfShape9_dynamic(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<7> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = xf.broadcast %[[V0]], %arg0 : (tensor<i64>, tensor<2xi64>) -> tensor<?x?xi64>
// CHECK-NEXT: return %[[V1]] : tensor<?x?xi64>
func.func @ConstantOfShape9_dynamic(%i0: tensor<2xi64>) -> !onnx.unknown {
  %y = onnx.node "ConstantOfShape" since 9 (%i0) {value = dense<7> : tensor<1xi64>}
    : (tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Range11(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c0", value = dense<0> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c1", value = dense<6> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {name = "c2", value = dense<2> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = xf.range  {bounds = [#xf.dim<0>, #xf.dim<6>, #xf.dim<2>], operandSegmentSizes = array<i32: 0, 0, 0>, to = i64} : () -> tensor<3xi64>
// CHECK-NEXT: return %[[V3]] : tensor<3xi64>
func.func @Range11() -> !onnx.unknown {
  %i0 = onnx.initializer "c0" dense<0> : tensor<i64>
  %i1 = onnx.initializer "c1" dense<6> : tensor<i64>
  %i2 = onnx.initializer "c2" dense<2> : tensor<i64>
  %y = onnx.node "Range" since 11 (%i0, %i1, %i2)
    : (tensor<i64>, tensor<i64>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Range11_dynamic(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c0", value = dense<0> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<1> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V2:.*]] = xf.range %[[V0]], %arg0, %[[V1]] {operandSegmentSizes = array<i32: 1, 1, 1>, to = i64} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
// CHECK-NEXT: return %[[V2]] : tensor<?xi64>
func.func @Range11_dynamic(%i1: tensor<i64>) -> !onnx.unknown {
  %i0 = onnx.initializer "c0" dense<0> : tensor<i64>
  %i2 = onnx.initializer "c2" dense<1> : tensor<i64>
  %y = onnx.node "Range" since 11 (%i0, %i1, %i2)
    : (tensor<i64>, tensor<i64>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @EyeLike22(
// CHECK-NEXT: %[[V0:.*]] = xf.range  {bounds = [#xf.dim<0>, #xf.dim<2>, #xf.dim<1>], operandSegmentSizes = array<i32: 0, 0, 0>, to = i64} : () -> tensor<2xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %[[V0]] {shape = [#xf.dim<2>, #xf.dim<1>]} : (tensor<2xi64>) -> tensor<2x1xi64>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<1> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = xf.add %[[V1]], %[[V2]] : (tensor<2x1xi64>, tensor<i64>) -> tensor<2x1xi64>
// CHECK-NEXT: %[[V4:.*]] = xf.range  {bounds = [#xf.dim<0>, #xf.dim<4>, #xf.dim<1>], operandSegmentSizes = array<i32: 0, 0, 0>, to = i64} : () -> tensor<4xi64>
// CHECK-NEXT: %[[V5:.*]] = xf.cmp %[[V4]], %[[V3]] {kind = #xf.cmp_kind<eq>} : (tensor<4xi64>, tensor<2x1xi64>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V6:.*]] = xf.cast %[[V5]] {to = f64} : (tensor<2x4xi1>) -> tensor<2x4xf64>
// CHECK-NEXT: return %[[V6]] : tensor<2x4xf64>
func.func @EyeLike22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "EyeLike" since 22 (%i0) {k = 1 : i64, dtype = 11 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Trilu14_vector(
// CHECK: %[[K:.*]] = xf.reshape %{{.*}} {shape = []} : (tensor<1xi64>) -> tensor<i64>
// CHECK: xf.trilu %arg0, %[[K]] {upper}
func.func @Trilu14_vector(%i0: tensor<4x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[1]> : tensor<1xi64>
  %y = onnx.node "Trilu" since 14 (%i0, %i1)
    : (tensor<4x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Trilu14(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<1> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = xf.trilu %arg0, %[[V0]] : (tensor<4x4xf32>, tensor<i64>) -> tensor<4x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<4x4xf32>
func.func @Trilu14(%i0: tensor<4x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<1> : tensor<i64>
  %y = onnx.node "Trilu" since 14 (%i0, %i1) {upper = 0 : i64}
    : (tensor<4x4xf32>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @DepthToSpace13(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<2>, #xf.dim<2>, #xf.dim<2>, #xf.dim<3>]} : (tensor<1x8x2x3xf32>) -> tensor<1x2x2x2x2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 3, 4, 1, 5, 2>} : (tensor<1x2x2x2x2x3xf32>) -> tensor<1x2x2x2x3x2xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<4>, #xf.dim<6>]} : (tensor<1x2x2x2x3x2xf32>) -> tensor<1x2x4x6xf32>
// CHECK-NEXT: return %[[V2]] : tensor<1x2x4x6xf32>
func.func @DepthToSpace13(%i0: tensor<1x8x2x3xf32>) -> !onnx.unknown {
  %y = onnx.node "DepthToSpace" since 13 (%i0) {blocksize = 2 : i64}
    : (tensor<1x8x2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @DepthToSpace13_crd(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<2>, #xf.dim<2>, #xf.dim<2>, #xf.dim<3>]} : (tensor<1x8x2x3xf32>) -> tensor<1x2x2x2x2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 1, 4, 2, 5, 3>} : (tensor<1x2x2x2x2x3xf32>) -> tensor<1x2x2x2x3x2xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<4>, #xf.dim<6>]} : (tensor<1x2x2x2x3x2xf32>) -> tensor<1x2x4x6xf32>
// CHECK-NEXT: return %[[V2]] : tensor<1x2x4x6xf32>
func.func @DepthToSpace13_crd(%i0: tensor<1x8x2x3xf32>) -> !onnx.unknown {
  %y = onnx.node "DepthToSpace" since 13 (%i0) {blocksize = 2 : i64, mode = "CRD"}
    : (tensor<1x8x2x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @SpaceToDepth13(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<2>, #xf.dim<2>, #xf.dim<3>, #xf.dim<2>]} : (tensor<1x2x4x6xf32>) -> tensor<1x2x2x2x3x2xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 3, 5, 1, 2, 4>} : (tensor<1x2x2x2x3x2xf32>) -> tensor<1x2x2x2x2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<1>, #xf.dim<8>, #xf.dim<2>, #xf.dim<3>]} : (tensor<1x2x2x2x2x3xf32>) -> tensor<1x8x2x3xf32>
// CHECK-NEXT: return %[[V2]] : tensor<1x8x2x3xf32>
func.func @SpaceToDepth13(%i0: tensor<1x2x4x6xf32>) -> !onnx.unknown {
  %y = onnx.node "SpaceToDepth" since 13 (%i0) {blocksize = 2 : i64}
    : (tensor<1x2x4x6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @SpaceToDepth28_crd(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg0 {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<2>, #xf.dim<2>, #xf.dim<3>, #xf.dim<2>]} : (tensor<1x2x4x6xf32>) -> tensor<1x2x2x2x3x2xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %[[V0]] {permutation = array<i64: 0, 1, 3, 5, 2, 4>} : (tensor<1x2x2x2x3x2xf32>) -> tensor<1x2x2x2x2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.reshape %[[V1]] {shape = [#xf.dim<1>, #xf.dim<8>, #xf.dim<2>, #xf.dim<3>]} : (tensor<1x2x2x2x2x3xf32>) -> tensor<1x8x2x3xf32>
// CHECK-NEXT: return %[[V2]] : tensor<1x8x2x3xf32>
func.func @SpaceToDepth28_crd(%i0: tensor<1x2x4x6xf32>) -> !onnx.unknown {
  %y = onnx.node "SpaceToDepth" since 28 (%i0) {blocksize = 2 : i64, mode = "CRD"}
    : (tensor<1x2x4x6xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
