// RUN: hagane-opt %s --hagane-form-kernels --split-input-file --remarks-filter=kernels 2>&1 | FileCheck %s

xf.symbol @h {min = 1 : i64, max = 64 : i64}

// One table for each axis that changes, then one pass along each; a work item is a row.
// CHECK-DAG: remark: {{.*}}xf.resize
// CHECK-LABEL: func.func @linear
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<h * 2>
// CHECK: tensor<?x2xi64>, tensor<?x2xf32>
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<8>
// CHECK: tensor<8x2xi64>, tensor<8x2xf32>
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<h * 6>
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<h * 6>
// CHECK-LABEL: func.func @nearest
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<8>
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<12>
// CHECK-NOT: arith.mulf
// CHECK: return
func.func @linear(%x: tensor<1x3x?x4xf32> {xf.dims = [#xf.dim<1>, #xf.dim<3>, #xf.dim<h>, #xf.dim<4>]}) -> tensor<1x3x?x8xf32> {
  %y = xf.resize %x {operandSegmentSizes = array<i32: 1, 0, 0, 0>, sizes = [#xf.dim<1>, #xf.dim<3>, #xf.dim<h * 2>, #xf.dim<8>], scales = array<f64: 1.0, 1.0, 2.0, 2.0>, kind = #xf.resize_kind<linear>, coordinates = "half_pixel", nearest_mode = "floor"} : (tensor<1x3x?x4xf32>) -> tensor<1x3x?x8xf32>
  return %y : tensor<1x3x?x8xf32>
}
func.func @nearest(%x: tensor<1x3x4x4xi8>) -> tensor<1x3x4x8xi8> {
  %y = xf.resize %x {operandSegmentSizes = array<i32: 1, 0, 0, 0>, sizes = [#xf.dim<1>, #xf.dim<3>, #xf.dim<4>, #xf.dim<8>], scales = array<f64: 1.0, 1.0, 1.0, 2.0>, kind = #xf.resize_kind<nearest>, coordinates = "asymmetric", nearest_mode = "floor"} : (tensor<1x3x4x4xi8>) -> tensor<1x3x4x8xi8>
  return %y : tensor<1x3x4x8xi8>
}

// -----

// A coordinate serves all channels; a plane all windows that are added to it, in order.
// CHECK-LABEL: func.func @grid
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<30>
// CHECK-LABEL: func.func @regions
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<15>
// CHECK-LABEL: func.func @fold
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<3>
// CHECK-LABEL: func.func @maxima
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<3>
func.func @grid(%x: tensor<1x3x4x4xf32>, %g: tensor<1x6x5x2xf32>) -> tensor<1x3x6x5xf32> {
  %y = xf.grid_sample %x, %g {kind = #xf.resize_kind<linear>, outside = "zeros"} : (tensor<1x3x4x4xf32>, tensor<1x6x5x2xf32>) -> tensor<1x3x6x5xf32>
  return %y : tensor<1x3x6x5xf32>
}
func.func @regions(%x: tensor<1x3x8x8xf32>, %r: tensor<5x4xf32>, %i: tensor<5xi64>) -> tensor<5x3x2x2xf32> {
  %y = xf.roi_align %x, %r, %i {kind = #xf.pool_kind<average>, out_height = 2 : i64, out_width = 2 : i64} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> tensor<5x3x2x2xf32>
  return %y : tensor<5x3x2x2xf32>
}
func.func @fold(%x: tensor<1x12x4x4xf32>) -> tensor<1x3x8x8xf32> {
  %y = xf.fold_windows %x {sizes = [#xf.dim<8>, #xf.dim<8>], window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x12x4x4xf32>) -> tensor<1x3x8x8xf32>
  return %y : tensor<1x3x8x8xf32>
}
func.func @maxima(%x: tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xi64> {
  %i = xf.pool_indices %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xi64>
  return %i : tensor<1x3x4x4xi64>
}
