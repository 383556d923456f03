// RUN: hagane-opt %s --hagane-resolve-shapes | FileCheck %s

// The first row of the input repeats as often as only the run tells: how the
// tokens of one expert are added up.

// CHECK: xf.require #xf.dim<min(1, n)>, #xf.dim<1>, "sizes of axis 0"
// CHECK-LABEL: func.func @main
// CHECK-NOT: xf.require_equal
// CHECK: xf.add %{{.*}}, %{{.*}} : (tensor<?x4xi64>, tensor<1x4xi64>) -> tensor<?x4xi64>
xf.symbol @n {min = 0 : i64, max = 1000 : i64}
func.func @main(%x: tensor<?x4xi64> {xf.dims = [#xf.dim<n>, #xf.dim<4>]}) -> tensor<?x4xi64> {
  %found = xf.nonzero %x : (tensor<?x4xi64>) -> tensor<2x?xi64>
  %rows = xf.transpose %found {permutation = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %wide = xf.concat %rows, %rows {axis = 1 : i64} : (tensor<?x2xi64>, tensor<?x2xi64>) -> tensor<?x4xi64>
  %first = xf.slice %x {axes = array<i64: 0>, ends = [#xf.dim<1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<?x4xi64>) -> tensor<?x4xi64>
  %y = xf.add %wide, %first : (tensor<?x4xi64>, tensor<?x4xi64>) -> tensor<?x4xi64>
  return %y : tensor<?x4xi64>
}
