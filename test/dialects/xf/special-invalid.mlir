// RUN: hagane-opt %s --split-input-file --verify-diagnostics

func.func @w1(%x: tensor<2xf32>) {
  // expected-error @+2 {{(W1) elements of type f32 cannot be taken as i64, expected types of as many bits}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.bitcast %x {to = i64} : (tensor<2xf32>) -> tensor<2xi64>
  return
}

// -----

func.func @a1(%x: tensor<2xf32>) {
  // expected-error @+2 {{(A1) has axis 1, expected 0 <= axis < 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cumprod %x {axis = 1 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @s1(%x: tensor<2xf32>) {
  // expected-error @+2 {{(S1) x has rank 1, expected 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.sort_rows %x : (tensor<2xf32>) -> tensor<2xi64>
  return
}

// -----

func.func @k1(%b: tensor<1x5x3xf32>, %s: tensor<1x2x5xf32>, %n: tensor<i64>, %o: tensor<f32>) {
  // expected-error @+2 {{(K1) numbers of a box}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.suppress_boxes %b, %s, %n, %o : (tensor<1x5x3xf32>, tensor<1x2x5xf32>, tensor<i64>, tensor<f32>) -> tensor<1x2x5xi64>
  return
}

// -----

func.func @k2(%b: tensor<1x5x4xf32>, %s: tensor<1x2x6xf32>, %n: tensor<i64>, %o: tensor<f32>) {
  // expected-error @+2 {{(K2) counts of boxes and scores}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.suppress_boxes %b, %s, %n, %o : (tensor<1x5x4xf32>, tensor<1x2x6xf32>, tensor<i64>, tensor<f32>) -> tensor<1x2x6xi64>
  return
}

// -----

func.func @k3(%b: tensor<1x5x4xf32>, %s: tensor<1x2x5xf32>, %n: tensor<1xi64>, %o: tensor<f32>) {
  // expected-error @+2 {{(K3) a parameter has rank 1, expected 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.suppress_boxes %b, %s, %n, %o : (tensor<1x5x4xf32>, tensor<1x2x5xf32>, tensor<1xi64>, tensor<f32>) -> tensor<1x2x5xi64>
  return
}

// -----

func.func @d1(%x: tensor<3xf32>) {
  // expected-error @+2 {{(D1) x has rank 1, expected at least 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.determinant %x : (tensor<3xf32>) -> tensor<f32>
  return
}

// -----

func.func @d2(%x: tensor<3x2xf32>) {
  // expected-error @+2 {{(D2) rows and columns}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.inverse %x : (tensor<3x2xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @linear_a2(%q: tensor<1x5x3x8xf32>, %k: tensor<1x5x2x8xf32>, %v: tensor<1x5x2x6xf32>) {
  // expected-error @+2 {{(A2) has 3 heads and 2 key/value heads, expected a known multiple}}
  // expected-error @+1 {{failed to infer returned types}}
  %y, %s = xf.linear_attention %q, %k, %v {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0>, scale = 1.0 : f64} : (tensor<1x5x3x8xf32>, tensor<1x5x2x8xf32>, tensor<1x5x2x6xf32>) -> (tensor<1x5x3x6xf32>, tensor<1x2x8x6xf32>)
  return
}

// -----

func.func @linear_a3(%q: tensor<1x5x2x7xf32>, %k: tensor<1x5x2x8xf32>, %v: tensor<1x5x2x6xf32>) {
  // expected-error @+2 {{(A3) axis 3 of q}}
  // expected-error @+1 {{failed to infer returned types}}
  %y, %s = xf.linear_attention %q, %k, %v {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0>, scale = 1.0 : f64} : (tensor<1x5x2x7xf32>, tensor<1x5x2x8xf32>, tensor<1x5x2x6xf32>) -> (tensor<1x5x2x6xf32>, tensor<1x2x8x6xf32>)
  return
}

// -----

func.func @roi_j2(%x: tensor<1x3x8x8xf32>, %r: tensor<5x4xf32>) {
  // expected-error @+2 {{(J2) numbers of a region}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.roi_pool %x, %r {out_height = 2 : i64, out_width = 2 : i64, spatial_scale = 1.0 : f64} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>) -> tensor<5x3x2x2xf32>
  return
}

// -----

func.func @roi_j4(%x: tensor<1x3x8x8xf32>, %r: tensor<5x5xf32>) {
  // expected-error @+2 {{(J4) has sizes 0 and 2, expected positive ones}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.roi_pool %x, %r {out_height = 0 : i64, out_width = 2 : i64, spatial_scale = 1.0 : f64} : (tensor<1x3x8x8xf32>, tensor<5x5xf32>) -> tensor<5x3x0x2xf32>
  return
}
