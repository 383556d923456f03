// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// The kept boxes' places in the table of positions are the images and classes.
// CHECK-LABEL: func.func @NonMaxSuppression11(
// CHECK: %[[K:.*]] = xf.suppress_boxes %arg0, %arg1, %{{.*}}, %{{.*}} : {{.*}} -> tensor<1x2x9xi64>
// CHECK: %[[P:.*]] = xf.nonzero {{.*}} -> tensor<3x?xi64>
// CHECK: xf.gather_nd %[[K]]
// CHECK: xf.slice %[[P]]
// CHECK: xf.concat {{.*}} -> tensor<3x?xi64>
// CHECK: xf.transpose {{.*}} -> tensor<?x3xi64>
func.func @NonMaxSuppression11(%b: tensor<1x9x4xf32>, %s: tensor<1x2x9xf32>, %n: tensor<1xi64>) -> !onnx.unknown {
  %y = onnx.node "NonMaxSuppression" since 11 (%b, %s, %n) : (tensor<1x9x4xf32>, tensor<1x2x9xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MaxRoiPool1(
// CHECK: xf.roi_pool {{.*}}out_height = 2 : i64, out_width = 3 : i64, spatial_scale = 5.000000e-01 : f64
func.func @MaxRoiPool1(%x: tensor<1x3x8x8xf32>, %r: tensor<5x5xf32>) -> !onnx.unknown {
  %y = onnx.node "MaxRoiPool" since 1 (%x, %r) {pooled_shape = array<i64: 2, 3>, spatial_scale = 0.5 : f32} : (tensor<1x3x8x8xf32>, tensor<5x5xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
