// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Resize13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c2", value = dense<[1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00]> : tensor<4xf32>} : () -> tensor<4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.resize %arg0 {coordinates = "half_pixel", kind = #xf.resize_kind<linear>, nearest_mode = "round_prefer_floor", operandSegmentSizes = array<i32: 1, 0, 0, 0>, scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<16>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32>
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
// CHECK-NEXT: %[[V1:.*]] = xf.resize %arg0 {antialias, coordinates = "half_pixel", kind = #xf.resize_kind<cubic>, nearest_mode = "round_prefer_floor", operandSegmentSizes = array<i32: 1, 0, 0, 0>, scales = array<f64: 1.000000e+00, 1.000000e+00, 0.000000e+00, 0.000000e+00>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<12>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x12xf32>
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
// CHECK-NEXT: %[[V1:.*]] = xf.resize %arg0 {coordinates = "asymmetric", kind = #xf.resize_kind<nearest>, nearest_mode = "floor", operandSegmentSizes = array<i32: 1, 0, 0, 0>, scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<16>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x4x16x16xf32>
func.func @Resize10(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  %y = onnx.node "Resize" since 10 (%i0, %i1)
    : (tensor<1x4x8x8xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Upsample9(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<[1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00]> : tensor<4xf32>} : () -> tensor<4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.resize %arg0 {coordinates = "asymmetric", kind = #xf.resize_kind<nearest>, nearest_mode = "floor", operandSegmentSizes = array<i32: 1, 0, 0, 0>, scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<16>]} : (tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32>
// CHECK-NEXT: return %[[V1]] : tensor<1x4x16x16xf32>
func.func @Upsample9(%i0: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  %y = onnx.node "Upsample" since 9 (%i0, %i1)
    : (tensor<1x4x8x8xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// Scales that the model computes make computed sizes.
// CHECK-LABEL: func.func @Resize13_computed(
// CHECK: %[[PRODUCT:.*]] = xf.mul {{.*}} -> tensor<4xf64>
// CHECK: %[[FLOOR:.*]] = xf.floor %[[PRODUCT]]
// CHECK: %[[SIZES:.*]] = xf.cast %[[FLOOR]]
// CHECK: xf.resize %arg0, %{{.*}}, %{{.*}} {{.*}}operandSegmentSizes = array<i32: 1, 1, 1, 0>
func.func @Resize13_computed(%x: tensor<1x4x8x8xf32>, %scales: tensor<4xf32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %y = onnx.node "Resize" since 13 (%x, %none, %scales) : (tensor<1x4x8x8xf32>, none, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// One factor for both axes: the result is 4 x 5 or smaller.
// CHECK-LABEL: func.func @Resize18_aspect(
// CHECK: xf.resize %arg0 {{.*}}scales = array<f64: 1.000000e+00, 1.000000e+00, 5.000000e-01, 5.000000e-01>, sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<4>, #xf.dim<4>]
func.func @Resize18_aspect(%x: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %sizes = onnx.initializer "sizes" dense<[4, 5]> : tensor<2xi64>
  %y = onnx.node "Resize" since 18 (%x, %none, %none, %sizes) {axes = array<i64: 2, 3>, keep_aspect_ratio_policy = "not_larger"}
    : (tensor<1x4x8x8xf32>, none, none, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Resize18_region(
// CHECK: xf.resize %arg0 {coordinates = "tf_crop_and_resize"{{.*}}roi = array<f64: 0.000000e+00, 2.500000e-01, 1.000000e+00, 7.500000e-01>
func.func @Resize18_region(%x: tensor<4x8xf32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %roi = onnx.initializer "roi" dense<[0.25, 0.75]> : tensor<2xf32>
  %sizes = onnx.initializer "sizes" dense<[3]> : tensor<1xi64>
  %y = onnx.node "Resize" since 18 (%x, %roi, %none, %sizes) {axes = array<i64: 1>, coordinate_transformation_mode = "tf_crop_and_resize"}
    : (tensor<4x8xf32>, tensor<2xf32>, none, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Upsample7(
// CHECK: xf.resize %arg0 {{.*}}sizes = [#xf.dim<1>, #xf.dim<4>, #xf.dim<16>, #xf.dim<8>]
func.func @Upsample7(%x: tensor<1x4x8x8xf32>) -> !onnx.unknown {
  %y = onnx.node "Upsample" since 7 (%x) {scales = array<f32: 1.0, 1.0, 2.0, 1.0>} : (tensor<1x4x8x8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GridSample16(
// CHECK: xf.grid_sample %arg0, %arg1 {align_corners, kind = #xf.resize_kind<cubic>, outside = "border"} {{.*}} -> tensor<1x4x3x5xf32>
func.func @GridSample16(%x: tensor<1x4x8x8xf32>, %g: tensor<1x3x5x2xf32>) -> !onnx.unknown {
  %y = onnx.node "GridSample" since 16 (%x, %g) {mode = "bicubic", padding_mode = "border", align_corners = 1 : i64}
    : (tensor<1x4x8x8xf32>, tensor<1x3x5x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @AffineGrid20(
// CHECK-COUNT-2: xf.range
// CHECK: xf.add {{.*}} -> tensor<2x3x5x2xf32>
// CHECK-NEXT: return
func.func @AffineGrid20(%t: tensor<2x2x3xf32>) -> !onnx.unknown {
  %size = onnx.initializer "size" dense<[2, 4, 3, 5]> : tensor<4xi64>
  %y = onnx.node "AffineGrid" since 20 (%t, %size) : (tensor<2x2x3xf32>, tensor<4xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @RoiAlign16(
// CHECK: xf.roi_align {{.*}}half_pixel, kind = #xf.pool_kind<max>, out_height = 2 : i64, out_width = 3 : i64{{.*}} -> tensor<5x4x2x3xf32>
func.func @RoiAlign16(%x: tensor<1x4x8x8xf32>, %r: tensor<5x4xf32>, %i: tensor<5xi64>) -> !onnx.unknown {
  %y = onnx.node "RoiAlign" since 16 (%x, %r, %i) {mode = "max", output_height = 2 : i64, output_width = 3 : i64}
    : (tensor<1x4x8x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// So do scales of sizes that are not known yet, here by a whole number and by a half more.
// CHECK-LABEL: func.func @Resize13_unknown(
// CHECK: xf.mul {{.*}} : (tensor<1xi64>, tensor<{{.*}}i64>) -> tensor<1xi64>
// CHECK: %[[SCALED:.*]] = xf.mul {{.*}} -> tensor<1xf64>
// CHECK: xf.floor %[[SCALED]]
// CHECK: %[[SIZES:.*]] = xf.concat {{.*}} -> tensor<3xi64>
// CHECK: xf.resize %{{.*}}, %[[SIZES]] {
func.func @Resize13_unknown(%i0: tensor<24xf32>, %shape: tensor<3xi64>) -> !onnx.unknown {
  %i1 = onnx.absent : none
  %i2 = onnx.initializer "c2" dense<[1.0, 2.0, 1.5]> : tensor<3xf32>
  %x = onnx.node "Reshape" since 13 (%i0, %shape) : (tensor<24xf32>, tensor<3xi64>) -> !onnx.unknown
  %y = onnx.node "Resize" since 13 (%x, %i1, %i2) {mode = "nearest"}
    : (!onnx.unknown, none, tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
