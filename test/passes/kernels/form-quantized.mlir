// RUN: hagane-opt %s --hagane-form-kernels -canonicalize -cse | FileCheck %s

// Bytes by bytes: codes of rows without sign, sums of columns, and all scales in the epilogue.
// CHECK: kernel.pack %{{.*}} {interleave = 4 : i64, panel = 32 : i64} : tensor<40x24xi8> -> tensor<1x10x32x4xi8>
// CHECK: kernel.global @[[SUMS:.*]] : tensor<24xi32>
// CHECK-DAG: dense<128> : tensor<i32>
// CHECK-DAG: xf.reduce %{{.*}} {axes = array<i64: 0>, kind = #xf.reduce_kind<sum>} : (tensor<40x24xi32>) -> tensor<24xi32>
// CHECK: kernel.global @[[SCALES:.*]] : tensor<24xf32>

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// CHECK-LABEL: func.func @bytes
// CHECK: %[[ROWS:.*]]:2 = kernel.rows ins %arg0 outs {{.*}}kinds = ["max"]
// CHECK: math.absf
// CHECK: arith.trunci %{{.*}} : i32 to i8
// CHECK: } : (tensor<?x40xf32>, tensor<?x40xui8>, tensor<?xf32>) -> (tensor<?x40xui8>, tensor<?xf32>)
// CHECK: %[[B:.*]] = kernel.get_global @[[SUMS]]
// CHECK: %[[S:.*]] = kernel.get_global @[[SCALES]]
// CHECK: kernel.gemm %[[ROWS]]#0, %{{.*}} extras %[[B]], %[[ROWS]]#1, %[[S]], %{{.*}} outs {{.*}}b_layout = "interleaved", extra_maps = [#[[COLUMN:.*]], #[[ROW:.*]], #[[COLUMN]], #[[COLUMN]]]
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[SUM:.*]]: i32, %[[A:.*]]: f32, %[[W:.*]]: f32, %[[BIAS:.*]]: f32):
// CHECK-NEXT: %[[D:.*]] = arith.subi %[[ACC]], %[[SUM]] : i32
// CHECK-NEXT: %[[F:.*]] = arith.sitofp %[[D]] : i32 to f32
// CHECK-NEXT: %[[FA:.*]] = arith.mulf %[[F]], %[[A]]
// CHECK-NEXT: %[[FW:.*]] = arith.mulf %[[FA]], %[[W]]
// CHECK-NEXT: %[[Y:.*]] = arith.addf %[[FW]], %[[BIAS]]
// CHECK-NEXT: kernel.yield %[[Y]]
// The codes of the rows are those of the first product.
// CHECK-NOT: kernel.rows
// CHECK: kernel.gemm %[[ROWS]]#0
func.func @bytes(%x: tensor<?x40xf32> {xf.dims = [#xf.dim<s>, #xf.dim<40>]}) -> (tensor<?x24xf32>, tensor<?x24xf32>) {
  %w = xf.constant {value = dense_resource<w0> : tensor<40x24xf32>} : () -> tensor<40x24xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<24x40xf32>} : () -> tensor<24x40xf32>
  %bias = xf.constant {value = dense_resource<b0> : tensor<24xf32>} : () -> tensor<24xf32>
  %c, %s = xf.quantize_weight %w {bits = 8 : i64, block = 0 : i64, symmetric, method = "nearest", scale_type = f32} : (tensor<40x24xf32>) -> (tensor<40x24xi8>, tensor<1x24xf32>)
  %q = xf.dequantize %c, %s {axis = 0 : i64, block = 40 : i64} : (tensor<40x24xi8>, tensor<1x24xf32>) -> tensor<40x24xf32>
  %c1, %s1 = xf.quantize_weight %w1 {bits = 8 : i64, block = 0 : i64, symmetric, transposed, method = "nearest", scale_type = f32} : (tensor<24x40xf32>) -> (tensor<24x40xi8>, tensor<24x1xf32>)
  %q1 = xf.dequantize %c1, %s1 {axis = 1 : i64, block = 40 : i64} : (tensor<24x40xi8>, tensor<24x1xf32>) -> tensor<24x40xf32>
  %a, %t = xf.quantize_rows %x {block = 0 : i64} : (tensor<?x40xf32>) -> (tensor<?x40xi8>, tensor<?x1xf32>)
  %p = xf.dequantize %a, %t {axis = 1 : i64, block = 40 : i64} : (tensor<?x40xi8>, tensor<?x1xf32>) -> tensor<?x40xf32>
  %y = xf.linear %p, %q, %bias : (tensor<?x40xf32>, tensor<40x24xf32>, tensor<24xf32>) -> tensor<?x24xf32>
  %z = xf.linear %p, %q1 {transpose_weight} : (tensor<?x40xf32>, tensor<24x40xf32>) -> tensor<?x24xf32>
  return %y, %z : tensor<?x24xf32>, tensor<?x24xf32>
}

// What is read otherwise, too, is made of signed codes.
// CHECK-LABEL: func.func @rows
// CHECK: %[[ROWS:.*]]:2 = kernel.rows ins %{{.*}} outs {{.*}}kinds = ["max"]
// CHECK: } : (tensor<?x3x16xf16>, tensor<?x3x16xi8>, tensor<?x3xf32>)
func.func @rows(%x: tensor<?x48xf16> {xf.dims = [#xf.dim<s>, #xf.dim<48>]}) -> (tensor<?x48xi8>, tensor<?x3xf32>) {
  %a, %t = xf.quantize_rows %x {block = 16 : i64} : (tensor<?x48xf16>) -> (tensor<?x48xi8>, tensor<?x3xf32>)
  return %a, %t : tensor<?x48xi8>, tensor<?x3xf32>
}

// Bytes by codes of few bits, and floats by them.
// CHECK-LABEL: func.func @codes
// CHECK: %[[ROWS:.*]]:2 = kernel.rows
// CHECK: %[[A:.*]] = tensor.collapse_shape %[[ROWS]]#0
// CHECK: kernel.gemm %[[A]], %{{.*}} extras %{{.*}} a_scales %[[ROWS]]#1 outs {{.*}}b_layout = "codes", codes = #kernel.codes<bits = 4, block = 16, scale = f16>
// CHECK: ^bb0(%[[ACC:.*]]: f32, %[[BIAS:.*]]: f32):
// CHECK-NEXT: arith.addf %[[ACC]], %[[BIAS]]
// CHECK: kernel.gemm %arg0, %{{.*}} outs {{.*}}b_layout = "codes", codes = #kernel.codes<bits = 3, block = 16, zero = 4, scale = f16>
func.func @codes(%x: tensor<?x48xf32> {xf.dims = [#xf.dim<s>, #xf.dim<48>]}) -> (tensor<?x24xf32>, tensor<?x24xf32>) {
  %w = xf.constant {value = dense_resource<w2> : tensor<48x24xf32>} : () -> tensor<48x24xf32>
  %bias = xf.constant {value = dense_resource<b0> : tensor<24xf32>} : () -> tensor<24xf32>
  %c, %s, %z = xf.quantize_weight %w {bits = 4 : i64, block = 16 : i64, method = "mse", scale_type = f16} : (tensor<48x24xf32>) -> (tensor<48x24xui4>, tensor<3x24xf16>, tensor<3x24xui4>)
  %t = xf.cast %s {to = f32} : (tensor<3x24xf16>) -> tensor<3x24xf32>
  %q = xf.dequantize %c, %t, %z {axis = 0 : i64, block = 16 : i64} : (tensor<48x24xui4>, tensor<3x24xf32>, tensor<3x24xui4>) -> tensor<48x24xf32>
  %c1, %s1 = xf.quantize_weight %w {bits = 3 : i64, block = 16 : i64, symmetric, method = "mse", scale_type = f16} : (tensor<48x24xf32>) -> (tensor<48x24xi3>, tensor<3x24xf16>)
  %t1 = xf.cast %s1 {to = f32} : (tensor<3x24xf16>) -> tensor<3x24xf32>
  %q1 = xf.dequantize %c1, %t1 {axis = 0 : i64, block = 16 : i64} : (tensor<48x24xi3>, tensor<3x24xf32>) -> tensor<48x24xf32>
  %a, %as = xf.quantize_rows %x {block = 16 : i64} : (tensor<?x48xf32>) -> (tensor<?x48xi8>, tensor<?x3xf32>)
  %p = xf.dequantize %a, %as {axis = 1 : i64, block = 16 : i64} : (tensor<?x48xi8>, tensor<?x3xf32>) -> tensor<?x48xf32>
  %y = xf.linear %p, %q, %bias : (tensor<?x48xf32>, tensor<48x24xf32>, tensor<24xf32>) -> tensor<?x24xf32>
  %v = xf.linear %x, %q1 : (tensor<?x48xf32>, tensor<48x24xf32>) -> tensor<?x24xf32>
  return %y, %v : tensor<?x24xf32>, tensor<?x24xf32>
}

// Weights that models bring as codes: columns of one zero point, side by side.
// CHECK-LABEL: func.func @imported
// CHECK: kernel.gemm %arg0, %{{.*}} outs {{.*}}b_layout = "codes", codes = #kernel.codes<bits = 4, block = 0, zero = 8, scale = f32>
// A scale for each row of the weight is no factor of a column.
// CHECK: kernel.gemm %arg0, %{{.*}} outs {{.*}}b_layout = "panels"
func.func @imported(%x: tensor<?x48xf32> {xf.dims = [#xf.dim<s>, #xf.dim<48>]}) -> (tensor<?x40xf32>, tensor<?x24xf32>) {
  %w = xf.constant {value = dense_resource<c0> : tensor<24x48xui4>} : () -> tensor<24x48xui4>
  %v = xf.constant {value = dense_resource<c1> : tensor<16x48xui4>} : () -> tensor<16x48xui4>
  %s = xf.constant {value = dense_resource<s0> : tensor<24xf32>} : () -> tensor<24xf32>
  %one = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %z = xf.constant {value = dense<8> : tensor<24xui4>} : () -> tensor<24xui4>
  %eight = xf.constant {value = dense<8> : tensor<ui4>} : () -> tensor<ui4>
  %k = xf.constant {value = dense_resource<s1> : tensor<48xf32>} : () -> tensor<48xf32>
  %a = xf.dequantize %w, %s, %z {axis = 0 : i64, block = 0 : i64} : (tensor<24x48xui4>, tensor<24xf32>, tensor<24xui4>) -> tensor<24x48xf32>
  %b = xf.dequantize %v, %one, %eight {axis = 0 : i64, block = 0 : i64} : (tensor<16x48xui4>, tensor<f32>, tensor<ui4>) -> tensor<16x48xf32>
  %c = xf.concat %a, %b {axis = 0 : i64} : (tensor<24x48xf32>, tensor<16x48xf32>) -> tensor<40x48xf32>
  %d = xf.dequantize %w, %k {axis = 1 : i64, block = 0 : i64} : (tensor<24x48xui4>, tensor<48xf32>) -> tensor<24x48xf32>
  %y = xf.linear %x, %c {transpose_weight} : (tensor<?x48xf32>, tensor<40x48xf32>) -> tensor<?x40xf32>
  %u = xf.linear %x, %d {transpose_weight} : (tensor<?x48xf32>, tensor<24x48xf32>) -> tensor<?x24xf32>
  return %y, %u : tensor<?x40xf32>, tensor<?x24xf32>
}

// One scale and zero point for all: static ones, which fold into the sums of columns, and those of
// DynamicQuantizeLinear, whose product is of integers.
// CHECK-LABEL: func.func @tensors
// CHECK: kernel.map ins %arg0 {{.*}}body {
// CHECK: arith.xori %{{.*}}, %c-128_i8
// CHECK: kernel.gemm %{{.*}}b_layout = "interleaved"
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[SUM:.*]]: i32, %[[A:.*]]: f32, %[[W:.*]]: f32):
// CHECK-NEXT: %[[D:.*]] = arith.subi %[[ACC]], %[[SUM]] : i32
// CHECK: kernel.gemm %arg1, %{{.*}}b_layout = "interleaved"
// CHECK: ^bb0(%[[ACC:.*]]: i32, %[[SUM:.*]]: i32, %[[Z:.*]]: i8):
// CHECK-NEXT: %[[E:.*]] = arith.extui %[[Z]] : i8 to i32
// CHECK: %[[O:.*]] = arith.muli %[[SUM]], %{{.*}} : i32
// CHECK-NEXT: %[[D:.*]] = arith.subi %[[ACC]], %[[O]] : i32
// CHECK-NEXT: kernel.yield %[[D]] : i32
// CHECK: (tensor<?x48xui8>, tensor<1x12x32x4xi8>, tensor<24xi32>, tensor<ui8>, tensor<?x24xi32>) -> tensor<?x24xi32>
// CHECK: (tensor<?x48xui8>, tensor<1x12x32x4xi8>, tensor<24xi32>, tensor<?x24xi32>) -> tensor<?x24xi32>
func.func @tensors(%x: tensor<?x48xi8> {xf.dims = [#xf.dim<s>, #xf.dim<48>]}, %u: tensor<?x48xui8> {xf.dims = [#xf.dim<s>, #xf.dim<48>]}, %z: tensor<ui8> {xf.dims = []}) -> (tensor<?x24xf32>, tensor<?x24xi32>, tensor<?x24xi32>) {
  %w = xf.constant {value = dense_resource<c2> : tensor<48x24xui8>} : () -> tensor<48x24xui8>
  %v = xf.constant {value = dense_resource<c3> : tensor<48x24xi8>} : () -> tensor<48x24xi8>
  %s = xf.constant {value = dense_resource<s0> : tensor<24xf32>} : () -> tensor<24xf32>
  %m = xf.constant {value = dense<128> : tensor<24xui8>} : () -> tensor<24xui8>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %three = xf.constant {value = dense<3> : tensor<i8>} : () -> tensor<i8>
  %a = xf.dequantize %x, %half, %three {axis = 0 : i64, block = 0 : i64} : (tensor<?x48xi8>, tensor<f32>, tensor<i8>) -> tensor<?x48xf32>
  %b = xf.dequantize %w, %s, %m {axis = 1 : i64, block = 0 : i64} : (tensor<48x24xui8>, tensor<24xf32>, tensor<24xui8>) -> tensor<48x24xf32>
  %y = xf.linear %a, %b : (tensor<?x48xf32>, tensor<48x24xf32>) -> tensor<?x24xf32>
  %wide = xf.cast %u {to = i32} : (tensor<?x48xui8>) -> tensor<?x48xi32>
  %point = xf.cast %z {to = i32} : (tensor<ui8>) -> tensor<i32>
  %c = xf.sub %wide, %point : (tensor<?x48xi32>, tensor<i32>) -> tensor<?x48xi32>
  %d = xf.cast %v {to = i32} : (tensor<48x24xi8>) -> tensor<48x24xi32>
  %t = xf.linear %c, %d : (tensor<?x48xi32>, tensor<48x24xi32>) -> tensor<?x24xi32>
  // A constant zero point that was widened before.
  %nine = xf.constant {value = dense<9> : tensor<i32>} : () -> tensor<i32>
  %e = xf.sub %wide, %nine : (tensor<?x48xi32>, tensor<i32>) -> tensor<?x48xi32>
  %r = xf.linear %e, %d : (tensor<?x48xi32>, tensor<48x24xi32>) -> tensor<?x24xi32>
  return %y, %t, %r : tensor<?x24xf32>, tensor<?x24xi32>, tensor<?x24xi32>
}
