// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Gather13(
// CHECK-NEXT: %[[V0:.*]] = xf.gather %arg0, %arg1 {axis = 1 : i64} : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x3xf32>
func.func @Gather13(%i0: tensor<2x4xf32>, %i1: tensor<3xi64>) -> !onnx.unknown {
  %y = onnx.node "Gather" since 13 (%i0, %i1) {axis = -1 : i64}
    : (tensor<2x4xf32>, tensor<3xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GatherElements13(
// CHECK-NEXT: %[[V0:.*]] = xf.gather_elements %arg0, %arg1 {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x3xf32>
func.func @GatherElements13(%i0: tensor<2x4xf32>, %i1: tensor<2x3xi64>) -> !onnx.unknown {
  %y = onnx.node "GatherElements" since 13 (%i0, %i1) {axis = 1 : i64}
    : (tensor<2x4xf32>, tensor<2x3xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GatherND13(
// CHECK-NEXT: %[[V0:.*]] = xf.gather_nd %arg0, %arg1 {batch_dims = 0 : i64} : (tensor<2x4xf32>, tensor<5x2xi64>) -> tensor<5xf32>
// CHECK-NEXT: return %[[V0]] : tensor<5xf32>
func.func @GatherND13(%i0: tensor<2x4xf32>, %i1: tensor<5x2xi64>) -> !onnx.unknown {
  %y = onnx.node "GatherND" since 13 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<5x2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @NonZero13(
// CHECK-NEXT: %[[V0:.*]] = xf.nonzero %arg0 : (tensor<2x4xf32>) -> tensor<2x?xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2x?xi64>
func.func @NonZero13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "NonZero" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ScatterElements11(
// CHECK-NEXT: %[[V0:.*]] = xf.scatter_elements %arg0, %arg1, %arg2 {axis = 1 : i64, kind = #xf.scatter_kind<set>} : (tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x1xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @ScatterElements11(%i0: tensor<2x4xf32>, %i1: tensor<2x1xi64>, %i2: tensor<2x1xf32>) -> !onnx.unknown {
  %y = onnx.node "ScatterElements" since 11 (%i0, %i1, %i2) {axis = 1 : i64}
    : (tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Scatter11(
// CHECK-NEXT: %[[V0:.*]] = xf.scatter_elements %arg0, %arg1, %arg2 {axis = 1 : i64, kind = #xf.scatter_kind<set>} : (tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x1xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Scatter11(%i0: tensor<2x4xf32>, %i1: tensor<2x1xi64>, %i2: tensor<2x1xf32>) -> !onnx.unknown {
  %y = onnx.node "Scatter" since 11 (%i0, %i1, %i2) {axis = 1 : i64}
    : (tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x1xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ScatterND18(
// CHECK-NEXT: %[[V0:.*]] = xf.scatter_nd %arg0, %arg1, %arg2 {kind = #xf.scatter_kind<add>} : (tensor<2x4xf32>, tensor<1x1xi64>, tensor<1x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @ScatterND18(%i0: tensor<2x4xf32>, %i1: tensor<1x1xi64>, %i2: tensor<1x4xf32>) -> !onnx.unknown {
  %y = onnx.node "ScatterND" since 18 (%i0, %i1, %i2) {reduction = "add"}
    : (tensor<2x4xf32>, tensor<1x1xi64>, tensor<1x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @OneHot11(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<5> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {name = "c2", value = dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>} : () -> tensor<2xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<0> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = xf.cmp %arg0, %[[V2]] {kind = #xf.cmp_kind<lt>} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
// CHECK-NEXT: %[[V4:.*]] = xf.add %arg0, %[[V0]] : (tensor<3xi64>, tensor<i64>) -> tensor<3xi64>
// CHECK-NEXT: %[[V5:.*]] = xf.select %[[V3]], %[[V4]], %arg0 : (tensor<3xi1>, tensor<3xi64>, tensor<3xi64>) -> tensor<3xi64>
// CHECK-NEXT: %[[V6:.*]] = xf.reshape %[[V5]] {shape = [#xf.dim<3>, #xf.dim<1>]} : (tensor<3xi64>) -> tensor<3x1xi64>
// CHECK-NEXT: %[[V7:.*]] = xf.range  {bounds = [#xf.dim<0>, #xf.dim<5>, #xf.dim<1>], operandSegmentSizes = array<i32: 0, 0, 0>, to = i64} : () -> tensor<5xi64>
// CHECK-NEXT: %[[V8:.*]] = xf.slice %[[V1]] {axes = array<i64: 0>, ends = [#xf.dim<1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<2xf32>) -> tensor<1xf32>
// CHECK-NEXT: %[[V9:.*]] = xf.reshape %[[V8]] {shape = []} : (tensor<1xf32>) -> tensor<f32>
// CHECK-NEXT: %[[V10:.*]] = xf.slice %[[V1]] {axes = array<i64: 0>, ends = [#xf.dim<2>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<1>], steps = array<i64: 1>} : (tensor<2xf32>) -> tensor<1xf32>
// CHECK-NEXT: %[[V11:.*]] = xf.reshape %[[V10]] {shape = []} : (tensor<1xf32>) -> tensor<f32>
// CHECK-NEXT: %[[V12:.*]] = xf.cmp %[[V6]], %[[V7]] {kind = #xf.cmp_kind<eq>} : (tensor<3x1xi64>, tensor<5xi64>) -> tensor<3x5xi1>
// CHECK-NEXT: %[[V13:.*]] = xf.select %[[V12]], %[[V11]], %[[V9]] : (tensor<3x5xi1>, tensor<f32>, tensor<f32>) -> tensor<3x5xf32>
// CHECK-NEXT: return %[[V13]] : tensor<3x5xf32>
func.func @OneHot11(%i0: tensor<3xi64>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<5> : tensor<i64>
  %i2 = onnx.initializer "c2" dense<[0.0, 1.0]> : tensor<2xf32>
  %y = onnx.node "OneHot" since 11 (%i0, %i1, %i2)
    : (tensor<3xi64>, tensor<i64>, tensor<2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Compress9(
// CHECK: %[[AT:.*]] = xf.nonzero %arg1 : (tensor<3xi1>) -> tensor<1x?xi64>
// CHECK: %[[ROWS:.*]] = xf.reshape %[[AT]]
// CHECK: xf.gather %arg0, %[[ROWS]] {axis = 1 : i64}
func.func @Compress9(%x: tensor<2x3xf32>, %c: tensor<3xi1>) -> !onnx.unknown {
  %y = onnx.node "Compress" domain "" since 9 (%x, %c) {axis = -1 : i64} : (tensor<2x3xf32>, tensor<3xi1>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Compress9_mask(
// CHECK-DAG: %[[X:.*]] = xf.reshape %arg0 {{.*}} -> tensor<6xf32>
// CHECK-DAG: %[[C:.*]] = xf.reshape %arg1 {{.*}} -> tensor<6xi1>
// CHECK: xf.nonzero %[[C]]
// CHECK: xf.gather %[[X]]
func.func @Compress9_mask(%x: tensor<2x3xf32>, %c: tensor<2x3xi1>) -> !onnx.unknown {
  %y = onnx.node "Compress" domain "" since 9 (%x, %c) : (tensor<2x3xf32>, tensor<2x3xi1>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @TensorScatter24(
// CHECK: xf.add
// CHECK: xf.mod
// CHECK: xf.scatter_elements %arg0, %{{.*}}, %arg1 {axis = 2 : i64, kind = #xf.scatter_kind<set>}
func.func @TensorScatter24(%cache: tensor<2x3x8x4xf32>, %x: tensor<2x3x2x4xf32>, %at: tensor<2xi64>) -> !onnx.unknown {
  %y = onnx.node "TensorScatter" since 24 (%cache, %x, %at) {mode = "circular"}
    : (tensor<2x3x8x4xf32>, tensor<2x3x2x4xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReverseSequence10(
// CHECK: xf.select
// CHECK: xf.gather_nd {{.*}}batch_dims = 1 : i64
func.func @ReverseSequence10(%x: tensor<5x2x3xf32>, %l: tensor<2xi64>) -> !onnx.unknown {
  %y = onnx.node "ReverseSequence" since 10 (%x, %l) : (tensor<5x2x3xf32>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}
