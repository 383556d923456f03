// RUN: hagane-opt %s --hagane-phase-shapes | FileCheck %s

// TorchScript's exporter computes pads through a transpose of rank 2.
// CHECK: xf.pad %{{.*}} {kind = #xf.pad_kind<constant>{{.*}} pads = [#xf.dim<0>, #xf.dim<3>, #xf.dim<0>, #xf.dim<1>]} : (tensor<?x5xf32>) -> tensor<?x9xf32>
xf.symbol @n {min = 1 : i64, max = 64 : i64}
func.func @main(%x: tensor<?x5xf32> {xf.dims = [#xf.dim<n>, #xf.dim<5>]}) -> tensor<?x?xf32> {
  %pairs = xf.constant {value = dense<[[0, 3], [0, 1]]> : tensor<2x2xi64>} : () -> tensor<2x2xi64>
  %turned = xf.transpose %pairs {permutation = array<i64: 0, 1>} : (tensor<2x2xi64>) -> tensor<2x2xi64>
  %sum = xf.add %turned, %turned : (tensor<2x2xi64>, tensor<2x2xi64>) -> tensor<2x2xi64>
  %pads2 = xf.sub %sum, %pairs : (tensor<2x2xi64>, tensor<2x2xi64>) -> tensor<2x2xi64>
  %pads = xf.reshape %pads2 {shape = [#xf.dim<4>]} : (tensor<2x2xi64>) -> tensor<4xi64>
  %y = xf.pad %x, %pads {kind = #xf.pad_kind<constant>, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<?x5xf32>, tensor<4xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
