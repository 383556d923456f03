// RUN: hagane-opt %s --hagane-form-kernels | FileCheck %s

// Counts that are equal for reasons that the axes do not show: the requirement
// stands for all of them.

// CHECK-LABEL: func.func @main
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]]
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1]]
xf.require #xf.dim<rows * columns>, #xf.dim<height * width>, "(R3) elements of both shapes"
xf.symbol @rows {min = 1 : i64, max = 1000 : i64}
xf.symbol @columns {min = 1 : i64, max = 1000 : i64}
xf.symbol @height {min = 1 : i64, max = 1000 : i64}
xf.symbol @width {min = 1 : i64, max = 1000 : i64}
func.func @main(%x: tensor<?x?xf32> {xf.dims = [#xf.dim<rows>, #xf.dim<columns>]}, %s: tensor<?x?xf32> {xf.dims = [#xf.dim<height>, #xf.dim<width>]}) -> tensor<?x?xf32> {
  %y = xf.reshape %x {shape = [#xf.dim<height>, #xf.dim<width>]} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %z = xf.add %y, %s : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}
