// Weights as GPUs read them: panels of 16 columns, of which 16 bytes of terms lie side by side, whatever their type.
// RUN: hagane-opt %s --hagane-form-kernels="panel=16 chunk-bytes=16" -canonicalize -cse | FileCheck %s

// CHECK: kernel.pack %{{.*}} {interleave = 4 : i64, panel = 16 : i64} : tensor<10x20xf32> -> tensor<2x3x16x4xf32>
// CHECK: kernel.pack %{{.*}} {interleave = 8 : i64, panel = 16 : i64, transposed} : tensor<20x10xf16> -> tensor<2x2x16x8xf16>
// CHECK: kernel.pack %{{.*}} {interleave = 16 : i64, panel = 16 : i64} : tensor<40x24xi8> -> tensor<2x3x16x16xi8>

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// CHECK-LABEL: func.func @floats
// CHECK: kernel.gemm %arg0, %{{.*}} outs {{.*}}b_layout = "interleaved"
// CHECK: kernel.gemm %arg1, %{{.*}} outs {{.*}}b_layout = "interleaved"
func.func @floats(%x: tensor<?x10xf32> {xf.dims = [#xf.dim<s>, #xf.dim<10>]}, %h: tensor<?x10xf16> {xf.dims = [#xf.dim<s>, #xf.dim<10>]}) -> (tensor<?x20xf32>, tensor<?x20xf16>) {
  %w = xf.constant {value = dense<1.0> : tensor<10x20xf32>} : () -> tensor<10x20xf32>
  %v = xf.constant {value = dense<1.0> : tensor<20x10xf16>} : () -> tensor<20x10xf16>
  %y = xf.linear %x, %w : (tensor<?x10xf32>, tensor<10x20xf32>) -> tensor<?x20xf32>
  %z = xf.linear %h, %v {transpose_weight} : (tensor<?x10xf16>, tensor<20x10xf16>) -> tensor<?x20xf16>
  return %y, %z : tensor<?x20xf32>, tensor<?x20xf16>
}

// CHECK-LABEL: func.func @bytes
// CHECK: kernel.gemm %{{.*}}, %{{.*}} extras {{.*}}b_layout = "interleaved"
// CHECK: (tensor<?x40xui8>, tensor<2x3x16x16xi8>
func.func @bytes(%x: tensor<?x40xf32> {xf.dims = [#xf.dim<s>, #xf.dim<40>]}) -> tensor<?x24xf32> {
  %w = xf.constant {value = dense<1.0> : tensor<40x24xf32>} : () -> tensor<40x24xf32>
  %c, %s = xf.quantize_weight %w {bits = 8 : i64, block = 0 : i64, symmetric, method = "nearest", scale_type = f32} : (tensor<40x24xf32>) -> (tensor<40x24xi8>, tensor<1x24xf32>)
  %q = xf.dequantize %c, %s {axis = 0 : i64, block = 40 : i64} : (tensor<40x24xi8>, tensor<1x24xf32>) -> tensor<40x24xf32>
  %a, %t = xf.quantize_rows %x {block = 0 : i64} : (tensor<?x40xf32>) -> (tensor<?x40xi8>, tensor<?x1xf32>)
  %p = xf.dequantize %a, %t {axis = 1 : i64, block = 40 : i64} : (tensor<?x40xi8>, tensor<?x1xf32>) -> tensor<?x40xf32>
  %y = xf.linear %p, %q : (tensor<?x40xf32>, tensor<40x24xf32>) -> tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}
