// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file | FileCheck %s

// Branches that differ in a size give a result without that size; they may use
// values from outside.

// CHECK-LABEL: func.func @If16(
// CHECK: %[[S:.*]] = xf.reshape %arg0 {shape = []}
// CHECK: %[[B:.*]] = tensor.extract %[[S]][] : tensor<i1>
// CHECK: %[[R:.*]] = scf.if %[[B]] -> (tensor<?x4xf32>) {
// CHECK:   %[[T:.*]] = xf.relu %arg1
// CHECK:   %[[TC:.*]] = tensor.cast %[[T]] : tensor<2x4xf32> to tensor<?x4xf32>
// CHECK:   scf.yield %[[TC]]
// CHECK: } else {
// CHECK:   %[[E:.*]] = xf.neg %arg2
// CHECK:   %[[EC:.*]] = tensor.cast %[[E]] : tensor<3x4xf32> to tensor<?x4xf32>
// CHECK:   scf.yield %[[EC]]
// CHECK: }
// CHECK: xf.exp %[[R]] : (tensor<?x4xf32>) -> tensor<?x4xf32>
func.func @If16(%c: tensor<1xi1>, %x: tensor<2x4xf32>, %y: tensor<3x4xf32>) -> !onnx.unknown {
  %0 = onnx.node "If" since 16 (%c) graphs ["then_branch", "else_branch"] {
    %1 = onnx.node "Relu" since 14 (%x) : (tensor<2x4xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  }, {
    %1 = onnx.node "Neg" since 13 (%y) : (tensor<3x4xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  } : (tensor<1xi1>) -> !onnx.unknown
  %2 = onnx.node "Exp" since 13 (%0) : (!onnx.unknown) -> !onnx.unknown
  return %2 : !onnx.unknown
}

// -----

// A known condition picks its branch.

// CHECK-LABEL: func.func @If16_known(
// CHECK-NOT: scf.if
// CHECK: xf.neg
// CHECK-NOT: xf.relu
// CHECK: return
func.func @If16_known(%x: tensor<2x4xf32>) -> !onnx.unknown {
  %c = onnx.initializer "c" dense<false> : tensor<i1>
  %0 = onnx.node "If" since 16 (%c) graphs ["then_branch", "else_branch"] {
    %1 = onnx.node "Relu" since 14 (%x) : (tensor<2x4xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  }, {
    %1 = onnx.node "Neg" since 13 (%x) : (tensor<2x4xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  } : (tensor<i1>) -> !onnx.unknown
  return %0 : !onnx.unknown
}
