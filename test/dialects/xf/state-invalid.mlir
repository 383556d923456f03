// RUN: hagane-opt %s --split-input-file --verify-diagnostics

func.func @t1(%pages: tensor<3x?xi32>, %lengths: tensor<4xi64>) {
  // expected-error @+2 {{(T1) batches of pages and lengths: found 3 and 4, expected equal sizes}}
  // expected-error @+1 {{failed to infer returned types}}
  %n, %s, %e = xf.state_places %pages, %lengths {page = 64 : i64, capacity = #xf.dim<n>, step = #xf.dim<1>, most = #xf.dim<p>} : (tensor<3x?xi32>, tensor<4xi64>) -> (tensor<3x?xi32>, tensor<4xi64>, tensor<4xi64>)
  return
}

// -----

func.func @t2(%pages: tensor<4x?xi32>, %lengths: tensor<4xi64>) {
  // expected-error @+2 {{(T2) a page has -64 positions, expected at least 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %n, %s, %e = xf.state_places %pages, %lengths {page = -64 : i64, capacity = #xf.dim<n>, step = #xf.dim<1>, most = #xf.dim<p>} : (tensor<4x?xi32>, tensor<4xi64>) -> (tensor<4x?xi32>, tensor<4xi64>, tensor<4xi64>)
  return
}

// -----

func.func @t4(%state: tensor<?x2x64x16xf32>, %x: tensor<?x3x?x16xf32>, %n: tensor<?x?xi32>, %s: tensor<?xi64>) {
  // expected-error @+2 {{(T4) heads of state and x: found 2 and 3, expected equal sizes}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.state_append %state, %x, %n, %s : (tensor<?x2x64x16xf32>, tensor<?x3x?x16xf32>, tensor<?x?xi32>, tensor<?xi64>) -> tensor<?x2x64x16xf32>
  return
}

// -----

func.func @t5(%state: tensor<?x2x?x16xf32>, %n: tensor<?x?xi32>) {
  // expected-error @+2 {{(T5) the size of a page is}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.state_read %state, %n {count = #xf.dim<8>} : (tensor<?x2x?x16xf32>, tensor<?x?xi32>) -> tensor<?x2x8x16xf32>
  return
}

// -----

func.func @t5_codes(%state: tensor<?x2x64x4xi8>, %n: tensor<?x?xi32>) {
  // expected-error @+2 {{(T5) rows of i8 have 4 elements, expected a number above 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.state_read %state, %n {count = #xf.dim<8>} : (tensor<?x2x64x4xi8>, tensor<?x?xi32>) -> tensor<?x2x8x0xf32>
  return
}

// -----

func.func @t6(%state: tensor<?x2x64x20xi8>, %x: tensor<?x2x?x16xf64>, %n: tensor<?x?xi32>, %s: tensor<?xi64>) {
  // expected-error @+2 {{(T6) f64 cannot be quantized, expected f32 or less}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.state_append %state, %x, %n, %s : (tensor<?x2x64x20xi8>, tensor<?x2x?x16xf64>, tensor<?x?xi32>, tensor<?xi64>) -> tensor<?x2x64x20xi8>
  return
}

// -----

func.func @t7(%x: tensor<?xf32>, %s: tensor<?xi64>) -> tensor<?xf32> {
  // expected-error @+2 {{(T7) x has 1 axes, expected at least 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.state_align %x, %s {most = #xf.dim<p>} : (tensor<?xf32>, tensor<?xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

func.func @t8(%x: tensor<3x8xf32>, %s: tensor<2xi64>) -> tensor<2x8xf32> {
  // expected-error @+2 {{(T8) batches of x and starts: found 3 and 2, expected equal sizes}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.state_align %x, %s {most = #xf.dim<p>} : (tensor<3x8xf32>, tensor<2xi64>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
