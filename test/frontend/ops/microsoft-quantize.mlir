// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// Numbers, the operation on them, codes again.
// CHECK-LABEL: func.func @QLinearAdd1(
// CHECK: xf.dequantize
// CHECK: xf.dequantize
// CHECK: xf.add
// CHECK: xf.quantize {{.*}}to = ui8
func.func @QLinearAdd1(%a0: tensor<2x6xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<2x6xui8>, %a4: tensor<f32>, %a5: tensor<ui8>, %a6: tensor<f32>, %a7: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearAdd" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7)  : (tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearMul1(
// CHECK: xf.mul
// CHECK: xf.quantize
func.func @QLinearMul1(%a0: tensor<2x6xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<2x6xui8>, %a4: tensor<f32>, %a5: tensor<ui8>, %a6: tensor<f32>, %a7: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearMul" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7)  : (tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearSigmoid1(
// CHECK: xf.sigmoid
// CHECK: xf.quantize
func.func @QLinearSigmoid1(%a0: tensor<2x6xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<f32>, %a4: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearSigmoid" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4)  : (tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearLeakyRelu1(
// CHECK: xf.select
// CHECK: xf.quantize
func.func @QLinearLeakyRelu1(%a0: tensor<2x6xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<f32>, %a4: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearLeakyRelu" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4) {alpha = 0.1 : f32} : (tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearSoftmax1(
// CHECK: xf.softmax
// CHECK: xf.quantize
func.func @QLinearSoftmax1(%a0: tensor<2x6xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<f32>, %a4: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearSoftmax" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4) {axis = 1, opset = 13} : (tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearGlobalAveragePool1(
// CHECK: xf.reduce {{.*}}axes = array<i64: 1, 2>{{.*}}mean
func.func @QLinearGlobalAveragePool1(%a0: tensor<1x4x5x3xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<f32>, %a4: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearGlobalAveragePool" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4) {channels_last = 1} : (tensor<1x4x5x3xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearAveragePool1(
// CHECK: xf.transpose
// CHECK: xf.pool {{.*}}average
// CHECK: xf.transpose
// CHECK: xf.quantize
func.func @QLinearAveragePool1(%a0: tensor<1x4x5x3xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<f32>, %a4: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearAveragePool" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4) {channels_last = 1, kernel_shape = array<i64: 2, 2>} : (tensor<1x4x5x3xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @NhwcMaxPool1(
// CHECK: xf.transpose
// CHECK: xf.pool {{.*}}max
// CHECK: xf.transpose
func.func @NhwcMaxPool1(%a0: tensor<1x4x5x3xui8>) -> !onnx.unknown {
  %r0 = onnx.node "NhwcMaxPool" domain "com.microsoft" since 1 (%a0) {kernel_shape = array<i64: 2, 2>} : (tensor<1x4x5x3xui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearConcat1(
// CHECK: xf.dequantize
// CHECK: xf.dequantize
// CHECK: xf.concat
// CHECK: xf.quantize
func.func @QLinearConcat1(%a0: tensor<f32>, %a1: tensor<ui8>, %a2: tensor<2x6xui8>, %a3: tensor<f32>, %a4: tensor<ui8>, %a5: tensor<2x6xui8>, %a6: tensor<f32>, %a7: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearConcat" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7) {axis = 1} : (tensor<f32>, tensor<ui8>, tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<2x6xui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearWhere1(
// CHECK: xf.select
// CHECK: xf.quantize
func.func @QLinearWhere1(%a0: tensor<2x6xi1>, %a1: tensor<2x6xui8>, %a2: tensor<f32>, %a3: tensor<ui8>, %a4: tensor<2x6xui8>, %a5: tensor<f32>, %a6: tensor<ui8>, %a7: tensor<f32>, %a8: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearWhere" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7, %a8)  : (tensor<2x6xi1>, tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<2x6xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// Integers are multiplied, and scaled after.
// CHECK-LABEL: func.func @DynamicQuantizeMatMul1(
// CHECK: xf.reduce
// CHECK: xf.quantize
// CHECK: xf.matmul {{.*}} -> tensor<3x4xi32>
// CHECK: xf.mul
func.func @DynamicQuantizeMatMul1(%a0: tensor<3x6xf32>, %a1: tensor<6x4xi8>, %a2: tensor<4xf32>) -> !onnx.unknown {
  %r0 = onnx.node "DynamicQuantizeMatMul" domain "com.microsoft" since 1 (%a0, %a1, %a2)  : (tensor<3x6xf32>, tensor<6x4xi8>, tensor<4xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMulIntegerToFloat1(
// CHECK: xf.matmul {{.*}} -> tensor<3x4xi32>
// CHECK: xf.mul
// CHECK: xf.add
func.func @MatMulIntegerToFloat1(%a0: tensor<3x6xui8>, %a1: tensor<6x4xi8>, %a2: tensor<f32>, %a3: tensor<4xf32>, %a4: tensor<ui8>, %a6: tensor<4xf32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %r0 = onnx.node "MatMulIntegerToFloat" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %none, %a6)  : (tensor<3x6xui8>, tensor<6x4xi8>, tensor<f32>, tensor<4xf32>, tensor<ui8>, none, tensor<4xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QGemm1(
// CHECK: xf.matmul {{.*}} -> tensor<3x4xi32>
// CHECK: xf.add {{.*}} -> tensor<3x4xi32>
// CHECK: xf.quantize
func.func @QGemm1(%a0: tensor<3x6xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<4x6xi8>, %a4: tensor<f32>, %a5: tensor<i8>, %a6: tensor<4xi32>, %a7: tensor<f32>, %a8: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QGemm" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7, %a8) {transB = 1} : (tensor<3x6xui8>, tensor<f32>, tensor<ui8>, tensor<4x6xi8>, tensor<f32>, tensor<i8>, tensor<4xi32>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMulInteger161(
// CHECK: xf.cast
// CHECK: xf.cast
// CHECK: xf.matmul {{.*}}tensor<?x3xi32>
func.func @MatMulInteger161(%a0: tensor<?x5xi16>, %a1: tensor<5x3xi16>) -> !onnx.unknown {
  %r0 = onnx.node "MatMulInteger16" domain "com.microsoft" since 1 (%a0, %a1) : (tensor<?x5xi16>, tensor<5x3xi16>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @MulInteger1(
// CHECK: xf.cast
// CHECK: xf.cast
// CHECK: xf.sub
// CHECK: xf.cast
// CHECK: xf.mul {{.*}}tensor<?x5xi32>
func.func @MulInteger1(%a0: tensor<?x5xui8>, %a1: tensor<ui8>, %a2: tensor<5xui8>) -> !onnx.unknown {
  %r0 = onnx.node "MulInteger" domain "com.microsoft" since 1 (%a0, %a1, %a2) : (tensor<?x5xui8>, tensor<ui8>, tensor<5xui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearReduceMean1(
// CHECK: xf.dequantize
// CHECK: xf.reduce
// CHECK: xf.quantize {{.*}}tensor<?xui8>
func.func @QLinearReduceMean1(%a0: tensor<?x5xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<f32>, %a4: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearReduceMean" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4) {axes = array<i64: 1>, keepdims = 0 : i64} : (tensor<?x5xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearConv1(
// CHECK: xf.transpose
// CHECK: xf.cast
// CHECK: xf.mul
// CHECK: xf.quantize
// CHECK: xf.transpose {{.*}}tensor<?x3x5x3xui8>
func.func @QLinearConv1(%a0: tensor<?x5x7x2xui8>, %a1: tensor<f32>, %a2: tensor<ui8>, %a3: tensor<3x2x3x3xui8>, %a4: tensor<f32>, %a5: tensor<ui8>, %a6: tensor<f32>, %a7: tensor<ui8>) -> !onnx.unknown {
  %r0 = onnx.node "QLinearConv" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7) {channels_last = 1 : i64} : (tensor<?x5x7x2xui8>, tensor<f32>, tensor<ui8>, tensor<3x2x3x3xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceSumInteger1(
// CHECK: xf.cast
// CHECK: xf.reduce {{.*}}tensor<?xi32>
func.func @ReduceSumInteger1(%a0: tensor<?x5xi8>) -> !onnx.unknown {
  %r0 = onnx.node "ReduceSumInteger" domain "com.microsoft" since 1 (%a0) {axes = array<i64: 1>, keepdims = 0 : i64} : (tensor<?x5xi8>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
