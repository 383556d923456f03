// RUN: hagane-opt %s --hagane-resolve-shapes | FileCheck %s

// The pads that TorchScript writes: pairs from the last axis to the first,
// turned into all begins, then all ends, by reversing and transposing a matrix.

// CHECK-LABEL: func.func @main
// CHECK: xf.pad %{{.*}} {kind = #xf.pad_kind<constant>, {{.*}}pads = [#xf.dim<0>, #xf.dim<0>, #xf.dim<0>, #xf.dim<0>, #xf.dim<0>, #xf.dim<mod(height * 3, 4)>, #xf.dim<mod(width * 3, 4)>, #xf.dim<0>]}
xf.symbol @height {min = 1 : i64, max = 4096 : i64}
xf.symbol @width {min = 1 : i64, max = 4096 : i64}
func.func @main(%x: tensor<1x?x?x8xf32> {xf.dims = [#xf.dim<1>, #xf.dim<height>, #xf.dim<width>, #xf.dim<8>]}) -> tensor<1x?x?x8xf32> {
  %pairs = xf.dims {elements = [#xf.dim<0>, #xf.dim<0>, #xf.dim<0>, #xf.dim<mod(-width, 4)>, #xf.dim<0>, #xf.dim<mod(-height, 4)>, #xf.dim<0>, #xf.dim<0>], to = tensor<8xi64>} : () -> tensor<8xi64>
  %matrix = xf.reshape %pairs {shape = [#xf.dim<-1>, #xf.dim<2>]} : (tensor<8xi64>) -> tensor<4x2xi64>
  %reversed = xf.slice %matrix {axes = array<i64: 0>, ends = [#xf.dim<-9223372036854775807>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<-1>], steps = array<i64: -1>} : (tensor<4x2xi64>) -> tensor<4x2xi64>
  %turned = xf.transpose %reversed {permutation = array<i64: 1, 0>} : (tensor<4x2xi64>) -> tensor<2x4xi64>
  %pads = xf.reshape %turned {shape = [#xf.dim<-1>]} : (tensor<2x4xi64>) -> tensor<8xi64>
  %y = xf.pad %x, %pads {kind = #xf.pad_kind<constant>, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x?x?x8xf32>, tensor<8xi64>) -> tensor<1x?x?x8xf32>
  return %y : tensor<1x?x?x8xf32>
}
