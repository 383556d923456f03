// RUN: hagane-opt %s --split-input-file --verify-diagnostics

func.func @q5(%x: tensor<f32>) {
  // expected-error @+2 {{(Q5) x is a scalar, expected at least one axis}}
  // expected-error @+1 {{failed to infer returned types}}
  %c, %s = xf.quantize_rows %x {block = 0 : i64} : (tensor<f32>) -> (tensor<i8>, tensor<f32>)
  return
}

// -----

func.func @q6(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{(Q6) has a block of -1, expected at least 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %c, %s = xf.quantize_rows %x {block = -1 : i64} : (tensor<2x4xf32>) -> (tensor<2x4xi8>, tensor<2x1xf32>)
  return
}

// -----

func.func @q6_of_weights(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{(Q6) has a block of -32, expected at least 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %c, %s = xf.quantize_weight %x {bits = 8 : i64, block = -32 : i64, symmetric, method = "mse", scale_type = f16} : (tensor<2x4xf32>) -> (tensor<2x4xi8>, tensor<1x4xf16>)
  return
}

// -----

func.func @q7(%x: tensor<4xf32>) {
  // expected-error @+2 {{(Q7) w has rank 1, expected 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %c, %s = xf.quantize_weight %x {bits = 8 : i64, block = 0 : i64, symmetric, method = "mse", scale_type = f16} : (tensor<4xf32>) -> (tensor<4xi8>, tensor<4xf16>)
  return
}

// -----

func.func @q8(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{(Q8) has codes of 5 bits, expected 2, 3, 4, 6 or 8}}
  // expected-error @+1 {{failed to infer returned types}}
  %c, %s = xf.quantize_weight %x {bits = 5 : i64, block = 0 : i64, symmetric, method = "mse", scale_type = f16} : (tensor<2x4xf32>) -> (tensor<2x4xi5>, tensor<1x4xf16>)
  return
}

// -----

func.func @q9(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{(Q9) has method 'best', expected nearest or mse}}
  // expected-error @+1 {{failed to infer returned types}}
  %c, %s = xf.quantize_weight %x {bits = 8 : i64, block = 0 : i64, symmetric, method = "best", scale_type = f16} : (tensor<2x4xf32>) -> (tensor<2x4xi8>, tensor<1x4xf16>)
  return
}

// -----

func.func @q10(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{(Q10) has scales of another type than f16, bf16 or f32}}
  // expected-error @+1 {{failed to infer returned types}}
  %c, %s = xf.quantize_weight %x {bits = 8 : i64, block = 0 : i64, symmetric, method = "mse", scale_type = f64} : (tensor<2x4xf32>) -> (tensor<2x4xi8>, tensor<1x4xf64>)
  return
}
