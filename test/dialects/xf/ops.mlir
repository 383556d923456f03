// RUN: hagane-opt %s -o %t && hagane-opt %t | diff %t -
// RUN: hagane-opt %s --mlir-print-op-generic | hagane-opt | FileCheck %s

// The operations parse, print and verify; the examples of their documentation.
// CHECK: xf.abs
func.func @example0(%x: tensor<2x?xf32>) {
  %y = xf.abs %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.acos
func.func @example1(%x: tensor<2x?xf32>) {
  %y = xf.acos %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.acosh
func.func @example2(%x: tensor<2x?xf32>) {
  %y = xf.acosh %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.add
func.func @example3(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = xf.add %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}
// CHECK: xf.and
func.func @example4(%a: tensor<2x3xi64>, %b: tensor<3xi64>) {
  %y = xf.and %a, %b : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
  return
}
// CHECK: xf.arg_reduce
func.func @example5(%x: tensor<2x3xf32>) {
  %y = xf.arg_reduce %x {axis = 1 : i64, largest = true} : (tensor<2x3xf32>) -> tensor<2xi64>
  return
}
// CHECK: xf.asin
func.func @example6(%x: tensor<2x?xf32>) {
  %y = xf.asin %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.asinh
func.func @example7(%x: tensor<2x?xf32>) {
  %y = xf.asinh %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.atan
func.func @example8(%x: tensor<2x?xf32>) {
  %y = xf.atan %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.atanh
func.func @example9(%x: tensor<2x?xf32>) {
  %y = xf.atanh %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.attention
func.func @example10(%q: tensor<?x12x?x32xf32>, %k: tensor<?x12x?x32xf32>, %v: tensor<?x12x?x32xf32>, %m: tensor<?x1x1x?xf32>) {
  %y = xf.attention %q, %k, %v bias %m {scale = 0.25 : f64, causal = #xf.causal_kind<none>} : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x32xf32>
  return
}
// CHECK: xf.broadcast
func.func @example11(%x: tensor<1x1x?xf32>) {
  %y = xf.broadcast %x {shape = [#xf.dim<batch>, #xf.dim<1>, #xf.dim<seq>]} : (tensor<1x1x?xf32>) -> tensor<?x1x?xf32>
  return
}
// CHECK: xf.cache_write
func.func @cache_write(%x: tensor<?x2x1x16xf32>, %starts: tensor<?xi64>, %past: tensor<?x2x?x16xf32>) {
  %y = xf.cache_write %x, %starts, %past {operandSegmentSizes = array<i32: 1, 1, 1, 0>, axis = 2 : i64, extent = [#xf.dim<total>]} : (tensor<?x2x1x16xf32>, tensor<?xi64>, tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32>
  return
}
// CHECK: xf.cache_append
func.func @example12(%past: tensor<?x2x?x16xf32>, %x: tensor<?x2x?x16xf32>) {
  %y = xf.cache_append %past, %x {axis = 2 : i64} : (tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32>
  return
}
// CHECK: xf.cast
func.func @example13(%x: tensor<2xi64>) {
  %y = xf.cast %x {to = f32} : (tensor<2xi64>) -> tensor<2xf32>
  return
}
// CHECK: xf.ceil
func.func @example14(%x: tensor<2x?xf32>) {
  %y = xf.ceil %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.cmp
func.func @example15(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = xf.cmp %a, %b {kind = #xf.cmp_kind<lt>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  return
}
// CHECK: xf.concat
func.func @example16(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  %y = xf.concat %a, %b {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
  return
}
// CHECK: xf.constant
func.func @example17() {
  %c = xf.constant {value = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>
  return
}
// CHECK: xf.conv
func.func @example18(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  %y = xf.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x8x8xf32>
  return
}
// CHECK: xf.cos
func.func @example19(%x: tensor<2x?xf32>) {
  %y = xf.cos %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.cosh
func.func @example20(%x: tensor<2x?xf32>) {
  %y = xf.cosh %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.cumsum
func.func @example21(%x: tensor<2x?xi64>) {
  %y = xf.cumsum %x {axis = 1 : i64} : (tensor<2x?xi64>) -> tensor<2x?xi64>
  return
}
// CHECK: xf.dequantize
func.func @example22(%x: tensor<2x4xui8>, %s: tensor<f32>, %z: tensor<ui8>) {
  %y = xf.dequantize %x, %s, %z {axis = 1 : i64, block = 0 : i64} : (tensor<2x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<2x4xf32>
  return
}
// CHECK: xf.dim_value
func.func @example23() {
  %n = xf.dim_value {dim = #xf.dim<batch * seq>} : index
  return
}
// CHECK: xf.dims
func.func @example24() {
  %s = xf.dims {elements = [#xf.dim<batch>, #xf.dim<seq * 2>], to = tensor<2xi64>} : () -> tensor<2xi64>
  return
}
// CHECK: xf.div
func.func @example25(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = xf.div %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}
// CHECK: xf.erf
func.func @example26(%x: tensor<2x?xf32>) {
  %y = xf.erf %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.exp
func.func @example27(%x: tensor<2x?xf32>) {
  %y = xf.exp %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.floor
func.func @example28(%x: tensor<2x?xf32>) {
  %y = xf.floor %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.gated
func.func @example29(%g: tensor<2x?x64xf32>, %u: tensor<2x?x64xf32>) {
  %y = xf.gated %g, %u {activation = #xf.activation_kind<silu>} : (tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<2x?x64xf32>
  return
}
// CHECK: xf.gather
func.func @example30(%table: tensor<30522x384xf32>, %ids: tensor<?x?xi64>) {
  %y = xf.gather %table, %ids {axis = 0 : i64} : (tensor<30522x384xf32>, tensor<?x?xi64>) -> tensor<?x?x384xf32>
  return
}
// CHECK: xf.gather_elements
func.func @example31(%x: tensor<2x3xf32>, %i: tensor<2x2xi64>) {
  %y = xf.gather_elements %x, %i {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x2xi64>) -> tensor<2x2xf32>
  return
}
// CHECK: xf.gather_nd
func.func @example32(%x: tensor<2x3x4xf32>, %i: tensor<5x2xi64>) {
  %y = xf.gather_nd %x, %i {batch_dims = 0 : i64} : (tensor<2x3x4xf32>, tensor<5x2xi64>) -> tensor<5x4xf32>
  return
}
// CHECK: xf.gelu
func.func @example33(%x: tensor<2x?xf32>) {
  %y = xf.gelu %x {tanh} : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.group_norm
func.func @example34(%x: tensor<1x32x8x8xf32>, %s: tensor<32xf32>, %b: tensor<32xf32>) {
  %y = xf.group_norm %x, %s, %b {groups = 8 : i64, epsilon = 1.0e-5 : f64} : (tensor<1x32x8x8xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<1x32x8x8xf32>
  return
}
// CHECK: xf.is_inf
func.func @example35(%x: tensor<2xf32>) {
  %y = xf.is_inf %x {positive = true, negative = false} : (tensor<2xf32>) -> tensor<2xi1>
  return
}
// CHECK: xf.is_nan
func.func @example36(%x: tensor<2xf32>) {
  %y = xf.is_nan %x : (tensor<2xf32>) -> tensor<2xi1>
  return
}
// CHECK: xf.layer_norm
func.func @example37(%x: tensor<?x?x384xf32>, %s: tensor<384xf32>, %b: tensor<384xf32>) {
  %y = xf.layer_norm %x, %s, %b {operandSegmentSizes = array<i32: 1, 1, 1>, axis = 2 : i64, epsilon = 1.0e-12 : f64} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
  return
}
// CHECK: xf.linear
func.func @example38(%x: tensor<?x?x384xf32>, %w: tensor<384x1536xf32>, %b: tensor<1536xf32>) {
  %y = xf.linear %x, %w, %b : (tensor<?x?x384xf32>, tensor<384x1536xf32>, tensor<1536xf32>) -> tensor<?x?x1536xf32>
  return
}
// CHECK: xf.log
func.func @example39(%x: tensor<2x?xf32>) {
  %y = xf.log %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.matmul
func.func @example40(%a: tensor<2x4x?x32xf32>, %b: tensor<2x4x?x32xf32>) {
  %y = xf.matmul %a, %b {transpose_b} : (tensor<2x4x?x32xf32>, tensor<2x4x?x32xf32>) -> tensor<2x4x?x?xf32>
  return
}
// CHECK: xf.max
func.func @example41(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = xf.max %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}
// CHECK: xf.min
func.func @example42(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = xf.min %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}
// CHECK: xf.mod
func.func @example43(%a: tensor<4xf32>, %b: tensor<f32>) {
  %y = xf.mod %a, %b {truncated} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return
}
// CHECK: xf.mul
func.func @example44(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = xf.mul %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}
// CHECK: xf.neg
func.func @example45(%x: tensor<2x?xf32>) {
  %y = xf.neg %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.nonzero
func.func @example46(%x: tensor<2x3xf32>) {
  %y = xf.nonzero %x : (tensor<2x3xf32>) -> tensor<2x?xi64>
  return
}
// CHECK: xf.not
func.func @example47(%x: tensor<2x?xi64>) {
  %y = xf.not %x : (tensor<2x?xi64>) -> tensor<2x?xi64>
  return
}
// CHECK: xf.or
func.func @example48(%a: tensor<2x3xi64>, %b: tensor<3xi64>) {
  %y = xf.or %a, %b : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
  return
}
// CHECK: xf.pad
func.func @example49(%x: tensor<2x3xf32>) {
  %y = xf.pad %x {operandSegmentSizes = array<i32: 1, 0, 0>, pads = [#xf.dim<0>, #xf.dim<1>, #xf.dim<0>, #xf.dim<1>], kind = #xf.pad_kind<constant>} : (tensor<2x3xf32>) -> tensor<2x5xf32>
  return
}
// CHECK: xf.pool
func.func @example50(%x: tensor<1x4x8x8xf32>) {
  %y = xf.pool %x {kind = #xf.pool_kind<max>, window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  return
}
// CHECK: xf.pow
func.func @example51(%a: tensor<4xf32>, %b: tensor<i64>) {
  %y = xf.pow %a, %b : (tensor<4xf32>, tensor<i64>) -> tensor<4xf32>
  return
}
// CHECK: xf.quantize
func.func @example52(%x: tensor<2x4xf32>, %s: tensor<f32>, %z: tensor<ui8>) {
  %y = xf.quantize %x, %s, %z {axis = 1 : i64, block = 0 : i64, to = ui8} : (tensor<2x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x4xui8>
  return
}
// CHECK: xf.range
func.func @example53() {
  %y = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<seq>, #xf.dim<1>], to = i64} : () -> tensor<?xi64>
  return
}
// CHECK: xf.reciprocal
func.func @example54(%x: tensor<2x?xf32>) {
  %y = xf.reciprocal %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.recurrent
func.func @example55(%x: tensor<?x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<lstm>, direction = #xf.direction_kind<forward>, activations = ["Sigmoid", "Tanh", "Tanh"], hidden = 4 : i64} : (tensor<?x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<?x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}
// CHECK: xf.reduce
func.func @example56(%x: tensor<2x3xf32>) {
  %y = xf.reduce %x {kind = #xf.reduce_kind<mean>, axes = array<i64: 1>, keep_dims} : (tensor<2x3xf32>) -> tensor<2x1xf32>
  return
}
// CHECK: xf.relu
func.func @example57(%x: tensor<2x?xf32>) {
  %y = xf.relu %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.reshape
func.func @example58(%x: tensor<?x384xf32>) {
  %y = xf.reshape %x {shape = [#xf.dim<batch>, #xf.dim<12>, #xf.dim<32>]} : (tensor<?x384xf32>) -> tensor<?x12x32xf32>
  return
}
// CHECK: xf.resize
func.func @example59(%x: tensor<1x3x4x4xf32>) {
  %y = xf.resize %x {operandSegmentSizes = array<i32: 1, 0, 0, 0>, sizes = [#xf.dim<1>, #xf.dim<3>, #xf.dim<8>, #xf.dim<8>], scales = array<f64: 1.0, 1.0, 2.0, 2.0>, kind = #xf.resize_kind<nearest>, coordinates = "asymmetric", nearest_mode = "floor"} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}
// CHECK: xf.rms_norm
func.func @example60(%x: tensor<?x?x64xf32>, %s: tensor<64xf32>) {
  %y = xf.rms_norm %x, %s {axis = 2 : i64, epsilon = 1.0e-6 : f64} : (tensor<?x?x64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  return
}
// CHECK: xf.rotary
func.func @example61(%x: tensor<?x4x?x32xf32>, %cos: tensor<?x1x?x16xf32>, %sin: tensor<?x1x?x16xf32>) {
  %y = xf.rotary %x, %cos, %sin {rotated = 32 : i64} : (tensor<?x4x?x32xf32>, tensor<?x1x?x16xf32>, tensor<?x1x?x16xf32>) -> tensor<?x4x?x32xf32>
  return
}
// CHECK: xf.round
func.func @example62(%x: tensor<2x?xf32>) {
  %y = xf.round %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.rsqrt
func.func @example63(%x: tensor<2x?xf32>) {
  %y = xf.rsqrt %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.scatter_elements
func.func @example64(%x: tensor<2x5xf32>, %i: tensor<2x2xi64>, %u: tensor<2x2xf32>) {
  %y = xf.scatter_elements %x, %i, %u {axis = 1 : i64, kind = #xf.scatter_kind<add>} : (tensor<2x5xf32>, tensor<2x2xi64>, tensor<2x2xf32>) -> tensor<2x5xf32>
  return
}
// CHECK: xf.scatter_nd
func.func @example65(%x: tensor<8x4xf32>, %i: tensor<2x1xi64>, %u: tensor<2x4xf32>) {
  %y = xf.scatter_nd %x, %i, %u {kind = #xf.scatter_kind<set>} : (tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32>) -> tensor<8x4xf32>
  return
}
// CHECK: xf.select
func.func @example66(%c: tensor<1x3xi1>, %a: tensor<2x3xf32>, %b: tensor<f32>) {
  %y = xf.select %c, %a, %b : (tensor<1x3xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  return
}
// CHECK: xf.shape_of
func.func @example67(%x: tensor<2x?xf32>) {
  %s = xf.shape_of %x : (tensor<2x?xf32>) -> tensor<2xi64>
  return
}
// CHECK: xf.shl
func.func @example68(%a: tensor<2x3xi64>, %b: tensor<3xi64>) {
  %y = xf.shl %a, %b : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
  return
}
// CHECK: xf.shr
func.func @example69(%a: tensor<2x3xi64>, %b: tensor<3xi64>) {
  %y = xf.shr %a, %b : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
  return
}
// CHECK: xf.sigmoid
func.func @example70(%x: tensor<2x?xf32>) {
  %y = xf.sigmoid %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.sign
func.func @example71(%x: tensor<2x?xf32>) {
  %y = xf.sign %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.silu
func.func @example72(%x: tensor<2x?xf32>) {
  %y = xf.silu %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.sin
func.func @example73(%x: tensor<2x?xf32>) {
  %y = xf.sin %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.sinh
func.func @example74(%x: tensor<2x?xf32>) {
  %y = xf.sinh %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.slice
func.func @example75(%x: tensor<2x512xf32>) {
  %y = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<seq>], steps = array<i64: 1>} : (tensor<2x512xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.softmax
func.func @example76(%x: tensor<2x4x?x?xf32>) {
  %y = xf.softmax %x {axis = 3 : i64} : (tensor<2x4x?x?xf32>) -> tensor<2x4x?x?xf32>
  return
}
// CHECK: xf.softplus
func.func @example77(%x: tensor<2x?xf32>) {
  %y = xf.softplus %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.sqrt
func.func @example78(%x: tensor<2x?xf32>) {
  %y = xf.sqrt %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.sub
func.func @example79(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = xf.sub %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}
// CHECK: xf.symbol
xf.symbol @batch {min = 1 : i64, max = 64 : i64}
// CHECK: xf.tan
func.func @example81(%x: tensor<2x?xf32>) {
  %y = xf.tan %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.tanh
func.func @example82(%x: tensor<2x?xf32>) {
  %y = xf.tanh %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return
}
// CHECK: xf.topk
func.func @example83(%x: tensor<2x10xf32>) {
  %v, %i = xf.topk %x {k = [#xf.dim<5>], axis = 1 : i64, largest = true} : (tensor<2x10xf32>) -> (tensor<2x5xf32>, tensor<2x5xi64>)
  return
}
// CHECK: xf.transpose
func.func @example84(%x: tensor<2x3x?xf32>) {
  %y = xf.transpose %x {permutation = array<i64: 0, 2, 1>} : (tensor<2x3x?xf32>) -> tensor<2x?x3xf32>
  return
}
// CHECK: xf.trilu
func.func @example85(%x: tensor<4x4xf32>) {
  %y = xf.trilu %x {upper} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return
}
// CHECK: xf.xor
func.func @example86(%a: tensor<2x3xi64>, %b: tensor<3xi64>) {
  %y = xf.xor %a, %b : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
  return
}

// CHECK: xf.computed_size @nonzero0
xf.computed_size @nonzero0 {min = 0 : i64, max = 64 : i64}
// CHECK-LABEL: func.func @dynamic
func.func @dynamic(%x: tensor<2x3xf32>, %count: tensor<1xi64>, %buffer: memref<i64>) {
  // CHECK: xf.bind @nonzero0, %{{.*}} : tensor<1xi64>
  xf.bind @nonzero0, %count : tensor<1xi64>
  // CHECK: xf.bind @nonzero0, %{{.*}} : memref<i64>
  xf.bind @nonzero0, %buffer : memref<i64>
  // CHECK: xf.require_equal {expected = #xf.dim<6>, found = #xf.dim<nonzero0 * 2>, what = "the count"}
  xf.require_equal {found = #xf.dim<2 * nonzero0>, expected = #xf.dim<6>, what = "the count"}
  // CHECK: xf.bind @nonzero0, %{{.*}} : index
  %five = arith.constant 5 : index
  xf.bind @nonzero0, %five : index
  // CHECK: xf.compact
  %y = xf.compact %x {count = [#xf.dim<nonzero0>]} : (tensor<2x3xf32>) -> tensor<2x?xi64>
  return
}

// -----

xf.computed_size @rows {min = 0 : i64, max = 64 : i64}
xf.symbol @n {min = 1 : i64, max = 64 : i64}
// CHECK-LABEL: func.func @measured
func.func @measured(%x: tensor<?x?x4xf32>, %buffer: memref<?xf32>) -> tensor<?x4xf32> {
  // CHECK: xf.measure %{{.*}} {binds = array<i64: 0>, dims = [#xf.dim<rows>, #xf.dim<n>, #xf.dim<4>]} : (tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  %y = xf.measure %x {binds = array<i64: 0>, dims = [#xf.dim<rows>, #xf.dim<n>, #xf.dim<4>]} : (tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  // CHECK: xf.measure %{{.*}} : (memref<?xf32>) -> ()
  xf.measure %buffer {binds = array<i64>, dims = [#xf.dim<n>]} : (memref<?xf32>) -> ()
  // CHECK: xf.item %{{.*}} : (tensor<?x?x4xf32>) -> tensor<?x4xf32>
  %item = xf.item %y {at = #xf.dim<n - 1>, axis = 1 : i64} : (tensor<?x?x4xf32>) -> tensor<?x4xf32>
  // CHECK: xf.put_item %{{.*}}, %{{.*}} : (tensor<?x4xf32>, tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  %z = xf.put_item %item, %y {at = #xf.dim<0>, axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  %last = xf.item %z {at = #xf.dim<0>, axis = 1 : i64} : (tensor<?x?x4xf32>) -> tensor<?x4xf32>
  return %last : tensor<?x4xf32>
}

// -----

xf.symbol @left {min = 1 : i64, max = 64 : i64}
xf.symbol @right {min = 1 : i64, max = 64 : i64}
// CHECK-LABEL: func.func @stretched
func.func @stretched(%x: tensor<?xf32>) -> tensor<4x?xf32> {
  // CHECK: xf.stretch %{{.*}} {shape = [#xf.dim<4>, #xf.dim<max(left, right)>]} : (tensor<?xf32>) -> tensor<4x?xf32>
  %y = xf.stretch %x {shape = [#xf.dim<4>, #xf.dim<max(left, right)>]} : (tensor<?xf32>) -> tensor<4x?xf32>
  return %y : tensor<4x?xf32>
}
