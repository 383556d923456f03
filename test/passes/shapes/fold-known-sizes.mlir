// RUN: hagane-opt %s --hagane-phase-shapes | FileCheck %s

// The side of a square of so many patches is their root: sizes of the input
// become constants, whose arithmetic folds before anything is bound.

// CHECK-LABEL: func.func @main
// CHECK-NOT: xf.bind
// CHECK: xf.reshape %{{.*}} {shape = [#xf.dim<batch>, #xf.dim<4>, #xf.dim<4>, #xf.dim<8>]} : (tensor<?x16x8xf32>) -> tensor<?x4x4x8xf32>
xf.symbol @batch {min = 1 : i64, max = 64 : i64}
func.func @main(%x: tensor<?x16x8xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<16>, #xf.dim<8>]}) -> tensor<?x?x?x8xf32> {
  %one = xf.constant {value = dense<1> : tensor<i64>} : () -> tensor<i64>
  %eight = xf.constant {value = dense<8> : tensor<1xi64>} : () -> tensor<1xi64>
  %shape = xf.shape_of %x : (tensor<?x16x8xf32>) -> tensor<3xi64>
  %batch = xf.slice %shape {axes = array<i64: 0>, ends = [#xf.dim<1>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<3xi64>) -> tensor<1xi64>
  %count = xf.gather %shape, %one {axis = 0 : i64} : (tensor<3xi64>, tensor<i64>) -> tensor<i64>
  %real = xf.cast %count {to = f32} : (tensor<i64>) -> tensor<f32>
  %root = xf.sqrt %real : (tensor<f32>) -> tensor<f32>
  %side = xf.cast %root {to = i64} : (tensor<f32>) -> tensor<i64>
  %sides = xf.reshape %side {shape = [#xf.dim<1>]} : (tensor<i64>) -> tensor<1xi64>
  %wanted = xf.concat %batch, %sides, %sides, %eight {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<4xi64>
  %y = xf.reshape %x, %wanted : (tensor<?x16x8xf32>, tensor<4xi64>) -> tensor<?x?x?x8xf32>
  return %y : tensor<?x?x?x8xf32>
}
