// RUN: hagane-opt %s --hagane-prepare-outputs --split-input-file | FileCheck %s

// The reshape at the end is undone on the destination.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>, %[[OUT:.*]]: memref<2x4xf32> {kernel.output = 0 : i64, onnx.name = "y"}
// CHECK-NOT: ->
// CHECK: %[[V:.*]] = memref.collapse_shape %[[OUT]] {{\[}}[0, 1]] : memref<2x4xf32> into memref<8xf32>
// CHECK: bufferization.materialize_in_destination %[[X]] in restrict writable %[[V]]
func.func @main(%x: tensor<8xf32>) -> (tensor<2x4xf32> {onnx.name = "y"}) {
  %y = tensor.expand_shape %x [[0, 1]] output_shape [2, 4] : tensor<8xf32> into tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// Returned twice it stays: each destination gets it.
// CHECK-LABEL: func.func @main
// CHECK-SAME: , %[[A:.*]]: memref<2x4xf32> {kernel.output = 0 : i64}, %[[B:.*]]: memref<2x4xf32> {kernel.output = 1 : i64}
// CHECK: %[[Y:.*]] = tensor.expand_shape
// CHECK: materialize_in_destination %[[Y]] in restrict writable %[[A]]
// CHECK: materialize_in_destination %[[Y]] in restrict writable %[[B]]
func.func @main(%x: tensor<8xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %y = tensor.expand_shape %x [[0, 1]] output_shape [2, 4] : tensor<8xf32> into tensor<2x4xf32>
  return %y, %y : tensor<2x4xf32>, tensor<2x4xf32>
}
