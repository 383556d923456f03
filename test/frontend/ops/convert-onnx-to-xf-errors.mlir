// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file -verify-diagnostics

// Every operator without a handler is reported.
func.func @main(%x: tensor<2x4xf32> {onnx.dims = [2, 4], onnx.name = "x"}) -> tensor<2x4xf32> {
  // expected-error @+1 {{operator ai.onnx.NoSuch version 3 is not supported}}
  %0 = onnx.node "NoSuch" since 3 (%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  // expected-error @+1 {{operator some.domain.Other version 1 is not supported}}
  %1 = onnx.node "Other" domain "some.domain" since 1 (%0) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  // expected-error @+1 {{operator ai.onnx.Equal version 1 is not supported, expected version 7 or later}}
  %2 = onnx.node "Equal" since 1 (%1, %0) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %3 = onnx.node "Relu" since 14 (%2) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %3 : tensor<2x4xf32>
}

// -----

func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}) -> tensor<2x4xf32> {
  // expected-error @+1 {{Add: input 1 is absent, expected at least 2 inputs}}
  %0 = onnx.node "Add" since 14 (%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}) -> tensor<2x4xf32> {
  // expected-error @+1 {{Softmax: axis 2 is out of range for rank 2}}
  %0 = onnx.node "Softmax" since 13 (%x) {axis = 2 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}) -> tensor<2x4xf32> {
  // expected-error @+1 {{Softmax: attribute 'axis' is not an integer}}
  %0 = onnx.node "Softmax" since 13 (%x) {axis = "last"} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}, %y: tensor<3xf32> {onnx.name = "y"}) -> tensor<2x4xf32> {
  // expected-error @+1 {{broadcast}}
  %0 = onnx.node "Add" since 14 (%x, %y) : (tensor<2x4xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @main(%x: tensor<2x4xi64> {onnx.name = "x"}) -> tensor<2x4xi64> {
  // expected-error @+1 {{must be ranked tensor of floats}}
  %0 = onnx.node "Exp" since 13 (%x) : (tensor<2x4xi64>) -> tensor<2x4xi64>
  return %0 : tensor<2x4xi64>
}

// -----

func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}) -> tensor<2x3xf32> {
  // expected-remark @+1 {{the model states type 'tensor<2x3xf32>' for output 0, which is 'tensor<2x4xf32>'}}
  %0 = onnx.node "Relu" since 14 (%x) : (tensor<2x4xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// expected-error @+1 {{input 'x' has type 'tensor<*xf32>', expected a tensor of known rank}}
func.func @main(%x: tensor<*xf32> {onnx.name = "x"}) -> tensor<*xf32> {
  %0 = onnx.node "Relu" since 14 (%x) : (tensor<*xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}, %a: tensor<1xi64> {onnx.name = "a"}) -> tensor<*xf32> {
  // expected-error @+1 {{ReduceSum: axes are computed by the model, expected a constant}}
  %0 = onnx.node "ReduceSum" since 13 (%x, %a) : (tensor<2x4xf32>, tensor<1xi64>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}) -> tensor<*xf32> {
  // expected-error @+1 {{Cast: attribute 'to' names data type 8, which tensors cannot have here}}
  %0 = onnx.node "Cast" since 13 (%x) {to = 8 : i64} : (tensor<2x4xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @main(%x: tensor<1x2x4x4xf32> {onnx.name = "x"}) -> (tensor<*xf32>, tensor<*xi64>) {
  // expected-error @+1 {{AveragePool: output 1 is not supported}}
  %0, %1 = onnx.node "AveragePool" since 12 (%x) {kernel_shape = array<i64: 2, 2>}
    : (tensor<1x2x4x4xf32>) -> (tensor<*xf32>, tensor<*xi64>)
  return %0, %1 : tensor<*xf32>, tensor<*xi64>
}

// -----

// One failing node in a branch does not hide another.
func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<2x4xf32> {onnx.name = "x"}) -> tensor<*xf32> {
  %0 = onnx.node "If" since 16 (%c) graphs ["then_branch", "else_branch"] {
    // expected-error @+1 {{operator ai.onnx.NoSuch version 1 is not supported}}
    %1 = onnx.node "NoSuch" since 1 (%x) : (tensor<2x4xf32>) -> tensor<*xf32>
    onnx.yield %1 : tensor<*xf32>
  }, {
    // expected-error @+1 {{operator ai.onnx.NoOther version 1 is not supported}}
    %1 = onnx.node "NoOther" since 1 (%x) : (tensor<2x4xf32>) -> tensor<*xf32>
    onnx.yield %1 : tensor<*xf32>
  } : (tensor<i1>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @main(%x: tensor<1x2x4x4xf32>, %s: tensor<4xf32>) -> tensor<*xf32> {
  %none = onnx.absent : none
  // expected-error @below {{attribute 'coordinate_transformation_mode' is 'middle', expected one of half_pixel, half_pixel_symmetric,}}
  %0 = onnx.node "Resize" since 13 (%x, %none, %s) {coordinate_transformation_mode = "middle"} : (tensor<1x2x4x4xf32>, none, tensor<4xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}
