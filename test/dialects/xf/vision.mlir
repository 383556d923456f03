// RUN: hagane-opt %s | hagane-opt | FileCheck %s

// CHECK: xf.resize
func.func @resize(%x: tensor<1x3x4x4xf32>) {
  %y = xf.resize %x {operandSegmentSizes = array<i32: 1, 0, 0, 0>, sizes = [#xf.dim<1>, #xf.dim<3>, #xf.dim<8>, #xf.dim<8>], scales = array<f64: 1.0, 1.0, 2.0, 2.0>, kind = #xf.resize_kind<nearest>, coordinates = "asymmetric", nearest_mode = "floor"} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}

// CHECK: xf.grid_sample
func.func @grid_sample(%x: tensor<1x3x4x4xf32>, %g: tensor<1x6x5x2xf32>) {
  %y = xf.grid_sample %x, %g {kind = #xf.resize_kind<linear>, outside = "zeros"} : (tensor<1x3x4x4xf32>, tensor<1x6x5x2xf32>) -> tensor<1x3x6x5xf32>
  return
}

// CHECK: xf.roi_align
func.func @roi_align(%x: tensor<1x3x8x8xf32>, %r: tensor<5x4xf32>, %i: tensor<5xi64>) {
  %y = xf.roi_align %x, %r, %i {kind = #xf.pool_kind<average>, out_height = 2 : i64, out_width = 2 : i64} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> tensor<5x3x2x2xf32>
  return
}

// CHECK: xf.pool_indices
func.func @pool_indices(%x: tensor<1x4x8x8xf32>) {
  %i = xf.pool_indices %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xi64>
  return
}

// CHECK: xf.fold_windows
func.func @fold_windows(%x: tensor<1x12x4x4xf32>) {
  %y = xf.fold_windows %x {sizes = [#xf.dim<8>, #xf.dim<8>], window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x12x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}
