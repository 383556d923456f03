// RUN: hagane-opt %s --split-input-file --verify-diagnostics

func.func @z1(%x: tensor<4x4xf32>, %s: tensor<2x1xf32>) {
  // expected-error @+2 {{(Z1) scales_value has rank 2, expected 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.resize %x, %s {operandSegmentSizes = array<i32: 1, 0, 1, 0>, sizes = [#xf.dim<8>, #xf.dim<8>], scales = array<f64: 1.0, 2.0>, kind = #xf.resize_kind<nearest>, coordinates = "asymmetric", nearest_mode = "floor"} : (tensor<4x4xf32>, tensor<2x1xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func @z2(%x: tensor<4xf32>, %s: tensor<2xf32>) {
  // expected-error @+2 {{(Z2) has both the attribute 'roi' and the operand 'roi_value'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.resize %x, %s {operandSegmentSizes = array<i32: 1, 0, 0, 1>, sizes = [#xf.dim<8>], scales = array<f64: 0.0>, roi = array<f64: 0.0, 1.0>, kind = #xf.resize_kind<nearest>, coordinates = "tf_crop_and_resize", nearest_mode = "floor"} : (tensor<4xf32>, tensor<2xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @i1(%x: tensor<1x3x4x4xf32>, %g: tensor<1x6x5x3xf32>) {
  // expected-error @+2 {{(I1) has ranks 4 and 4, expected 3 to 5}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.grid_sample %x, %g {kind = #xf.resize_kind<linear>, outside = "zeros"} : (tensor<1x3x4x4xf32>, tensor<1x6x5x3xf32>) -> tensor<1x3x6x5xf32>
  return
}

// -----

func.func @i2(%x: tensor<1x3x4x4xf32>, %g: tensor<2x6x5x2xf32>) {
  // expected-error @+2 {{(I2)}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.grid_sample %x, %g {kind = #xf.resize_kind<linear>, outside = "zeros"} : (tensor<1x3x4x4xf32>, tensor<2x6x5x2xf32>) -> tensor<1x3x6x5xf32>
  return
}

// -----

func.func @i3(%x: tensor<1x3x4x4xf32>, %g: tensor<1x6x5x2xf32>) {
  // expected-error @+2 {{(I3) has outside 'mirror'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.grid_sample %x, %g {kind = #xf.resize_kind<linear>, outside = "mirror"} : (tensor<1x3x4x4xf32>, tensor<1x6x5x2xf32>) -> tensor<1x3x6x5xf32>
  return
}

// -----

func.func @j1(%x: tensor<1x3x8xf32>, %r: tensor<5x4xf32>, %i: tensor<5xi64>) {
  // expected-error @+2 {{(J1) x has rank 3, expected 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.roi_align %x, %r, %i {kind = #xf.pool_kind<average>, out_height = 2 : i64, out_width = 2 : i64} : (tensor<1x3x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> tensor<5x3x2x2xf32>
  return
}

// -----

func.func @j2(%x: tensor<1x3x8x8xf32>, %r: tensor<5x4xf32>, %i: tensor<6xi64>) {
  // expected-error @+2 {{(J2)}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.roi_align %x, %r, %i {kind = #xf.pool_kind<average>, out_height = 2 : i64, out_width = 2 : i64} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<6xi64>) -> tensor<5x3x2x2xf32>
  return
}

// -----

func.func @j3(%x: tensor<1x3x8x8xf32>, %r: tensor<5x4xf32>, %i: tensor<5xi64>) {
  // expected-error @+2 {{(J3) has kind lp}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.roi_align %x, %r, %i {kind = #xf.pool_kind<lp>, out_height = 2 : i64, out_width = 2 : i64} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> tensor<5x3x2x2xf32>
  return
}

// -----

func.func @j4(%x: tensor<1x3x8x8xf32>, %r: tensor<5x4xf32>, %i: tensor<5xi64>) {
  // expected-error @+2 {{(J4) has sizes 0 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.roi_align %x, %r, %i {kind = #xf.pool_kind<average>, out_height = 0 : i64, out_width = 2 : i64} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> tensor<5x3x0x2xf32>
  return
}

// -----

func.func @f1(%x: tensor<1x12x4x4xf32>) {
  // expected-error @+2 {{(F1) has 1 strides, 2 pads, 2 dilations and 2 sizes}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.fold_windows %x {sizes = [#xf.dim<8>, #xf.dim<8>], window = array<i64: 2, 2>, strides = array<i64: 2>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x12x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}

// -----

func.func @f2(%x: tensor<1x12x4x4xf32>) {
  // expected-error @+2 {{(F2)}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.fold_windows %x {sizes = [#xf.dim<8>, #xf.dim<8>], window = array<i64: 2, 2>, strides = array<i64: 2, 0>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x12x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}

// -----

func.func @f3(%x: tensor<1x13x4x4xf32>) {
  // expected-error @+2 {{(F3) has 13 channels, expected a multiple of 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.fold_windows %x {sizes = [#xf.dim<8>, #xf.dim<8>], window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x13x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}
