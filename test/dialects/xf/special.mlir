// RUN: hagane-opt %s | hagane-opt | FileCheck %s

// CHECK: xf.bitcast
func.func @bitcast(%x: tensor<2xf32>) {
  %y = xf.bitcast %x {to = i32} : (tensor<2xf32>) -> tensor<2xi32>
  return
}

// CHECK: xf.cumprod
func.func @cumprod(%x: tensor<2x?xf32>) {
  %y = xf.cumprod %x {axis = 1 : i64, exclusive} : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}

// CHECK: xf.sort_rows
func.func @sort_rows(%x: tensor<?x2xf32>) {
  %order = xf.sort_rows %x : (tensor<?x2xf32>) -> tensor<?xi64>
  return
}

// CHECK: xf.suppress_boxes
func.func @suppress_boxes(%b: tensor<1x?x4xf32>, %s: tensor<1x2x?xf32>, %n: tensor<i64>, %o: tensor<f32>) {
  %kept = xf.suppress_boxes %b, %s, %n, %o {center} : (tensor<1x?x4xf32>, tensor<1x2x?xf32>, tensor<i64>, tensor<f32>) -> tensor<1x2x?xi64>
  return
}

// CHECK: xf.determinant
// CHECK: xf.inverse
func.func @matrices(%x: tensor<?x3x3xf32>) {
  %d = xf.determinant %x : (tensor<?x3x3xf32>) -> tensor<?xf32>
  %y = xf.inverse %x : (tensor<?x3x3xf32>) -> tensor<?x3x3xf32>
  return
}

// CHECK: xf.linear_attention
func.func @linear_attention(%q: tensor<?x?x4x8xf16>, %k: tensor<?x?x2x8xf16>, %v: tensor<?x?x2x6xf16>, %s: tensor<?x2x8x6xf32>) {
  %y, %last = xf.linear_attention %q, %k, %v, %s {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1>, scale = 0.5 : f64} : (tensor<?x?x4x8xf16>, tensor<?x?x2x8xf16>, tensor<?x?x2x6xf16>, tensor<?x2x8x6xf32>) -> (tensor<?x?x4x6xf16>, tensor<?x2x8x6xf32>)
  return
}

// CHECK: xf.roi_pool
func.func @roi_pool(%x: tensor<1x3x8x8xf32>, %r: tensor<5x5xf32>) {
  %y = xf.roi_pool %x, %r {out_height = 2 : i64, out_width = 2 : i64, spatial_scale = 1.0 : f64} : (tensor<1x3x8x8xf32>, tensor<5x5xf32>) -> tensor<5x3x2x2xf32>
  return
}
