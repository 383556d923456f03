// RUN: hagane-opt %s -hagane-simplify-views | FileCheck %s

// Packed queries, keys and values, transposed before they are parted.
// CHECK-LABEL: func.func @packed
// CHECK-NEXT: %[[S:.*]] = xf.slice %arg0 {axes = array<i64: 3>, ends = [#xf.dim<8>], operandSegmentSizes = array<i32: 1, 0, 0>, starts = [#xf.dim<4>]
// CHECK-NEXT: %[[Y:.*]] = xf.transpose %[[S]] {permutation = array<i64: 0, 2, 1, 3>}
// CHECK-NEXT: return %[[Y]]
func.func @packed(%x: tensor<2x5x3x12xf32>) -> tensor<2x3x5x4xf32> {
  %0 = xf.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x5x3x12xf32>) -> tensor<2x3x5x12xf32>
  %1 = xf.slice %0 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 3>, starts = [#xf.dim<4>], ends = [#xf.dim<8>], steps = array<i64: 1>} : (tensor<2x3x5x12xf32>) -> tensor<2x3x5x4xf32>
  return %1 : tensor<2x3x5x4xf32>
}
