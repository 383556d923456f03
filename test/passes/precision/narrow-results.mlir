// RUN: hagane-opt %s --hagane-form-kernels --canonicalize --cse --hagane-fuse-kernels --hagane-narrow-results --canonicalize --cse --split-input-file | FileCheck %s

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// The norm writes its result rounded as well, for the product, and as it is,
// for the sum; the first product's result is read rounded only.
// CHECK: kernel.global @{{.*}} {
// CHECK: %[[C:.*]] = xf.cast %{{.*}} {to = bf16} : (tensor<64x32xf32>) -> tensor<64x32xbf16>
// CHECK: kernel.pack %[[C]]
// CHECK-LABEL: func.func @layer
// CHECK-NOT: kernel.map
// CHECK: %[[N:.*]]:2 = kernel.rows
// CHECK: kernel.yield %[[V:.*]], %[[V]] : f32, f32
// CHECK: -> (tensor<?x64xf32>, tensor<?x64xbf16>)
// CHECK-NOT: kernel.map
// CHECK: %[[H:.*]] = kernel.gemm %[[N]]#1
// CHECK: arith.maximumf
// CHECK: -> tensor<?x32xbf16>
// CHECK-NOT: kernel.map
// CHECK: kernel.gemm %[[H]], %{{.*}} extras %[[N]]#0
// CHECK: -> tensor<?x64xf32>
// CHECK-NOT: kernel.map
func.func @layer(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}) -> tensor<?x64xf32> {
  %w0 = xf.constant {value = dense_resource<w0> : tensor<64x32xf32>} : () -> tensor<64x32xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<32x64xf32>} : () -> tensor<32x64xf32>
  %n = xf.rms_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %0 = xf.linear %n, %w0 {xf.factor_type = bf16} : (tensor<?x64xf32>, tensor<64x32xf32>) -> tensor<?x32xf32>
  %1 = xf.relu %0 : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %2 = xf.linear %1, %w1 {xf.factor_type = bf16} : (tensor<?x32xf32>, tensor<32x64xf32>) -> tensor<?x64xf32>
  %y = xf.add %2, %n : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Rounded parts of one result, seen through views; the attention writes what
// the last product reads.
// CHECK-LABEL: func.func @attention
// CHECK-NOT: kernel.map ins %{{[0-9]}}
// CHECK: %[[G:.*]] = kernel.gemm
// CHECK: -> tensor<?x96xbf16>
// CHECK: tensor.extract_slice %[[G]]{{.*}} : tensor<?x96xbf16> to tensor<?x32xbf16>
// CHECK-NOT: kernel.map
// CHECK: kernel.attention {{.*}} : (tensor<1x?x4x8xbf16>, tensor<1x?x4x8xbf16>, tensor<1x?x4x8xbf16>, tensor<1x?x4x8xbf16>) -> tensor<1x?x4x8xbf16>
// CHECK-NOT: kernel.map
// CHECK: kernel.gemm
// CHECK-NOT: kernel.map
func.func @attention(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}) -> tensor<?x32xf32> {
  %w0 = xf.constant {value = dense_resource<w0> : tensor<64x96xf32>} : () -> tensor<64x96xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<32x32xf32>} : () -> tensor<32x32xf32>
  %n = xf.rms_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %0 = xf.linear %n, %w0 {xf.factor_type = bf16} : (tensor<?x64xf32>, tensor<64x96xf32>) -> tensor<?x96xf32>
  %1 = xf.slice %0 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<32>], steps = array<i64: 1>} : (tensor<?x96xf32>) -> tensor<?x32xf32>
  %2 = xf.slice %0 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 1>, starts = [#xf.dim<32>], ends = [#xf.dim<64>], steps = array<i64: 1>} : (tensor<?x96xf32>) -> tensor<?x32xf32>
  %3 = xf.slice %0 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 1>, starts = [#xf.dim<64>], ends = [#xf.dim<96>], steps = array<i64: 1>} : (tensor<?x96xf32>) -> tensor<?x32xf32>
  %4 = xf.reshape %1 {shape = [#xf.dim<1>, #xf.dim<s>, #xf.dim<4>, #xf.dim<8>]} : (tensor<?x32xf32>) -> tensor<1x?x4x8xf32>
  %5 = xf.reshape %2 {shape = [#xf.dim<1>, #xf.dim<s>, #xf.dim<4>, #xf.dim<8>]} : (tensor<?x32xf32>) -> tensor<1x?x4x8xf32>
  %6 = xf.reshape %3 {shape = [#xf.dim<1>, #xf.dim<s>, #xf.dim<4>, #xf.dim<8>]} : (tensor<?x32xf32>) -> tensor<1x?x4x8xf32>
  %q = xf.transpose %4 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x?x4x8xf32>) -> tensor<1x4x?x8xf32>
  %k = xf.transpose %5 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x?x4x8xf32>) -> tensor<1x4x?x8xf32>
  %v = xf.transpose %6 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x?x4x8xf32>) -> tensor<1x4x?x8xf32>
  %a = xf.attention %q, %k, %v {scale = 0.5 : f64, causal = #xf.causal_kind<none>, xf.factor_type = bf16} : (tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>) -> tensor<1x4x?x8xf32>
  %t = xf.transpose %a {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x?x8xf32>) -> tensor<1x?x4x8xf32>
  %o = xf.reshape %t {shape = [#xf.dim<s>, #xf.dim<32>]} : (tensor<1x?x4x8xf32>) -> tensor<?x32xf32>
  %y = xf.linear %o, %w1 {xf.factor_type = bf16} : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Declined: a few columns of a wide result that is read as it is, too, and
// arguments, which no kernel makes.
// CHECK-LABEL: func.func @declines
// CHECK: kernel.map ins %arg0
// CHECK: -> tensor<?x64xbf16>
// CHECK: kernel.gemm
// CHECK: -> tensor<?x640xf32>
// CHECK: kernel.map
// CHECK: -> tensor<?x16xbf16>
func.func @declines(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}) -> (tensor<?x640xf32>, tensor<?x16xbf16>) {
  %w = xf.constant {value = dense_resource<w> : tensor<64x640xf32>} : () -> tensor<64x640xf32>
  %0 = xf.linear %x, %w {xf.factor_type = bf16} : (tensor<?x64xf32>, tensor<64x640xf32>) -> tensor<?x640xf32>
  %1 = xf.slice %0 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<16>], steps = array<i64: 1>} : (tensor<?x640xf32>) -> tensor<?x16xf32>
  %2 = xf.cast %1 {to = bf16} : (tensor<?x16xf32>) -> tensor<?x16xbf16>
  return %0, %2 : tensor<?x640xf32>, tensor<?x16xbf16>
}
