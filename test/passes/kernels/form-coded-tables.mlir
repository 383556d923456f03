// RUN: hagane-opt %s --hagane-form-kernels -canonicalize -cse | FileCheck %s

// One global, whose panels the product and the gather read.
// CHECK: kernel.global @[[T:.*]] : tensor<2x1152xui8>
// CHECK-NOT: kernel.global

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// CHECK-LABEL: func.func @tied
// CHECK: %[[W:.*]] = kernel.get_global @[[T]]
// CHECK: kernel.task ins %[[W]], %arg0 outs %{{.*}} {item_count = #xf.dim<s>
// CHECK: kernel.position %{{.*}} of %c40
// CHECK: arith.andi %{{.*}}, %c15_i32
// CHECK: arith.sitofp
// CHECK: kernel.gemm %{{.*}}, %{{.*}} outs {{.*}}codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>
func.func @tied(%i: tensor<?xi64> {xf.dims = [#xf.dim<s>]}) -> (tensor<?x64xf32>, tensor<?x40xf32>) {
  %w = xf.constant {value = dense_resource<w0> : tensor<40x64xf32>} : () -> tensor<40x64xf32>
  %c, %s = xf.quantize_weight %w {bits = 4 : i64, block = 32 : i64, symmetric, transposed, method = "nearest", scale_type = f16} : (tensor<40x64xf32>) -> (tensor<40x64xi4>, tensor<40x2xf16>)
  %f = xf.cast %s {to = f32} : (tensor<40x2xf16>) -> tensor<40x2xf32>
  %q = xf.dequantize %c, %f {axis = 1 : i64, block = 32 : i64} : (tensor<40x64xi4>, tensor<40x2xf32>) -> tensor<40x64xf32>
  %x = xf.gather %q, %i {axis = 0 : i64} : (tensor<40x64xf32>, tensor<?xi64>) -> tensor<?x64xf32>
  %y = xf.linear %x, %q {transpose_weight} : (tensor<?x64xf32>, tensor<40x64xf32>) -> tensor<?x40xf32>
  return %x, %y : tensor<?x64xf32>, tensor<?x40xf32>
}
