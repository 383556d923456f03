// RUN: hagane-opt %s | hagane-opt | FileCheck %s
// RUN: hagane-opt --mlir-print-op-generic %s | hagane-opt | FileCheck %s

// CHECK: module attributes {onnx.ir_version = 10 : i64, onnx.opsets = {ai.onnx = 21 : i64}}
module attributes {onnx.ir_version = 10 : i64, onnx.opsets = {ai.onnx = 21 : i64}} {

// CHECK-LABEL: func.func @main(%arg0: tensor<?x4xf32> {onnx.dims = ["past + seq", 4], onnx.name = "X"}
func.func @main(%x: tensor<?x4xf32> {onnx.dims = ["past + seq", 4], onnx.name = "X"},
                %cond: tensor<i1>) -> (tensor<?x4xf32> {onnx.name = "Y"}) {
  // CHECK: %w = onnx.initializer "w" dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %w = onnx.initializer "w" dense<[1.0, 2.0]> : tensor<2xf32>
  // CHECK: %big = onnx.initializer "big" dense_resource<big> : tensor<4xui8>
  %big = onnx.initializer "big" dense_resource<big> : tensor<4xui8>
  // CHECK: %weightless = onnx.initializer "weightless" dense_resource<weightless> : tensor<4096x4096xbf16>
  %gone = onnx.initializer "weightless" dense_resource<weightless> : tensor<4096x4096xbf16>
  // CHECK: %[[NONE:.*]] = onnx.absent : none
  %none = onnx.absent : none
  // CHECK: %softmax = onnx.node "Softmax" since 13 (%arg0) {axis = -1 : i64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %0 = onnx.node "Softmax" since 13 (%x) {axis = -1 : i64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  // CHECK: %fastgelu = onnx.node "FastGelu" domain "com.microsoft" since 1 (%softmax, %[[NONE]]) : (tensor<?x4xf32>, none) -> !onnx.unknown
  %1 = onnx.node "FastGelu" domain "com.microsoft" since 1 (%0, %none)
      : (tensor<?x4xf32>, none) -> !onnx.unknown
  // CHECK: %split:3 = onnx.node "Split" since 18 (%arg0) : (tensor<?x4xf32>) -> (tensor<*xf32>, none, tensor<*xf32>)
  %2:3 = onnx.node "Split" since 18 (%x) : (tensor<?x4xf32>) -> (tensor<*xf32>, none, tensor<*xf32>)
  // CHECK: onnx.node "If" since 21 (%arg1) graphs ["then_branch", "else_branch"] {
  // CHECK-NEXT: onnx.yield %softmax : tensor<?x4xf32>
  // CHECK-NEXT: }, {
  // CHECK-NEXT: onnx.yield %fastgelu : !onnx.unknown
  // CHECK-NEXT: } : (tensor<i1>) -> tensor<?x4xf32>
  %3 = onnx.node "If" since 21 (%cond) graphs ["then_branch", "else_branch"] {
    onnx.yield %0 : tensor<?x4xf32>
  }, {
    onnx.yield %1 : !onnx.unknown
  } : (tensor<i1>) -> tensor<?x4xf32>
  // CHECK: onnx.node "Scan" since 21 (%arg0) {num_scan_inputs = 1 : i64} graphs ["body"] {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<4xf32>):
  %4 = onnx.node "Scan" since 21 (%x) {num_scan_inputs = 1 : i64} graphs ["body"] {
  ^bb0(%row: tensor<4xf32>):
    onnx.yield %row : tensor<4xf32>
  } : (tensor<?x4xf32>) -> tensor<?x4xf32>
  // CHECK: onnx.node "Nothing" domain "example" since 1 () attributes {extra} : () -> ()
  onnx.node "Nothing" domain "example" since 1 () attributes {extra} : () -> ()
  return %3 : tensor<?x4xf32>
}

}

{-# dialect_resources: { builtin: { big: "0x0100000001020304" } } #-}
