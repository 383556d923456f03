// RUN: hagane-opt %s | hagane-opt | FileCheck %s

// CHECK: xf.quantize_rows
func.func @rows(%x: tensor<?x?x96xf16>) {
  %codes, %scales = xf.quantize_rows %x {block = 32 : i64} : (tensor<?x?x96xf16>) -> (tensor<?x?x96xi8>, tensor<?x?x3xf32>)
  %y = xf.dequantize %codes, %scales {axis = 2 : i64, block = 32 : i64} : (tensor<?x?x96xi8>, tensor<?x?x3xf32>) -> tensor<?x?x96xf32>
  return
}

// CHECK: xf.quantize_rows
func.func @whole_rows(%x: tensor<?x?xf32>) {
  %codes, %scales = xf.quantize_rows %x {block = 0 : i64} : (tensor<?x?xf32>) -> (tensor<?x?xi8>, tensor<?x1xf32>)
  return
}

// CHECK: xf.quantize_weight
func.func @symmetric(%w: tensor<70x8xf32>) {
  %codes, %scales = xf.quantize_weight %w {bits = 3 : i64, block = 32 : i64, symmetric, method = "mse", scale_type = f16} : (tensor<70x8xf32>) -> (tensor<70x8xi3>, tensor<3x8xf16>)
  return
}

// CHECK: xf.quantize_weight
func.func @zeros(%w: tensor<8x70xf32>) {
  %codes, %scales, %zeros = xf.quantize_weight %w {bits = 8 : i64, block = 0 : i64, transposed, method = "nearest", scale_type = f32} : (tensor<8x70xf32>) -> (tensor<8x70xui8>, tensor<8x1xf32>, tensor<8x1xui8>)
  return
}
