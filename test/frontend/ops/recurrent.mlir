// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @LSTM14(
// CHECK-NEXT: %y, %last_h, %last_c = xf.recurrent %arg0, %arg1, %arg2, %arg3 {activations = ["Sigmoid", "Tanh", "Tanh"], direction = #xf.direction_kind<forward>, hidden = 4 : i64, kind = #xf.recurrent_kind<lstm>, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 0>} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
// CHECK-NEXT: return %y, %last_h, %last_c : tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>
func.func @LSTM14(%i0: tensor<5x2x3xf32>, %i1: tensor<1x16x3xf32>, %i2: tensor<1x16x4xf32>, %i3: tensor<1x32xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "LSTM" since 14 (%i0, %i1, %i2, %i3) {hidden_size = 4 : i64}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @GRU14(
// CHECK-NEXT: %[[V0:.*]] = xf.transpose %arg0 {permutation = array<i64: 1, 0, 2>} : (tensor<2x5x3xf32>) -> tensor<5x2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.transpose %arg3 {permutation = array<i64: 1, 0, 2>} : (tensor<2x2x4xf32>) -> tensor<2x2x4xf32>
// CHECK-NEXT: %y, %last_h, %last_c = xf.recurrent %[[V0]], %arg1, %arg2, %[[V1]] {activations = ["Sigmoid", "Tanh", "Sigmoid", "Tanh"], direction = #xf.direction_kind<bidirectional>, hidden = 4 : i64, kind = #xf.recurrent_kind<gru>, linear_before_reset, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 0, 0>} : (tensor<5x2x3xf32>, tensor<2x12x3xf32>, tensor<2x12x4xf32>, tensor<2x2x4xf32>) -> (tensor<5x2x2x4xf32>, tensor<2x2x4xf32>, tensor<0x2x4xf32>)
// CHECK-NEXT: %[[V2:.*]] = xf.transpose %y {permutation = array<i64: 2, 0, 1, 3>} : (tensor<5x2x2x4xf32>) -> tensor<2x5x2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.transpose %last_h {permutation = array<i64: 1, 0, 2>} : (tensor<2x2x4xf32>) -> tensor<2x2x4xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<2x5x2x4xf32>, tensor<2x2x4xf32>
func.func @GRU14(%i0: tensor<2x5x3xf32>, %i1: tensor<2x12x3xf32>, %i2: tensor<2x12x4xf32>, %i5: tensor<2x2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %i3 = onnx.absent : none
  %i4 = onnx.absent : none
  %y:2 = onnx.node "GRU" since 14 (%i0, %i1, %i2, %i3, %i4, %i5) {direction = "bidirectional", layout = 1 : i64, linear_before_reset = 1 : i64}
    : (tensor<2x5x3xf32>, tensor<2x12x3xf32>, tensor<2x12x4xf32>, none, none, tensor<2x2x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @RNN14(
// CHECK-NEXT: %y, %last_h, %last_c = xf.recurrent %arg0, %arg1, %arg2 {activations = ["Relu"], direction = #xf.direction_kind<reverse>, hidden = 4 : i64, kind = #xf.recurrent_kind<rnn>, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<0x2x4xf32>)
// CHECK-NEXT: return %y, %last_h : tensor<5x1x2x4xf32>, tensor<1x2x4xf32>
func.func @RNN14(%i0: tensor<5x2x3xf32>, %i1: tensor<1x4x3xf32>, %i2: tensor<1x4x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %y:2 = onnx.node "RNN" since 14 (%i0, %i1, %i2) {activations = ["Relu"], direction = "reverse"}
    : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @DynamicQuantizeLSTM1(
// CHECK: xf.cast
// CHECK: xf.cast
// CHECK: xf.mul
// CHECK: xf.transpose
// CHECK: xf.recurrent
func.func @DynamicQuantizeLSTM1(%a0: tensor<?x2x3xf32>, %a1: tensor<1x3x20xi8>, %a2: tensor<1x5x20xi8>, %a8: tensor<1xf32>, %a9: tensor<1xi8>, %a10: tensor<1x20xf32>, %a11: tensor<1x20xi8>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a3 = onnx.absent : none
  %a4 = onnx.absent : none
  %a5 = onnx.absent : none
  %a6 = onnx.absent : none
  %a7 = onnx.absent : none
  %r0, %r1, %r2 = onnx.node "DynamicQuantizeLSTM" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7, %a8, %a9, %a10, %a11) {hidden_size = 5 : i64} : (tensor<?x2x3xf32>, tensor<1x3x20xi8>, tensor<1x5x20xi8>, none, none, none, none, none, tensor<1xf32>, tensor<1xi8>, tensor<1x20xf32>, tensor<1x20xi8>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %r0, %r1, %r2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}
