// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @QuantizeLinear13(
// CHECK-NEXT: %[[V0:.*]] = xf.reshape %arg1 {shape = []} : (tensor<1xf32>) -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.reshape %arg2 {shape = []} : (tensor<1xi8>) -> tensor<i8>
// CHECK-NEXT: %[[V2:.*]] = xf.quantize %arg0, %[[V0]], %[[V1]] {axis = 0 : i64, block = 0 : i64, to = i8} : (tensor<2x4xf32>, tensor<f32>, tensor<i8>) -> tensor<2x4xi8>
// CHECK-NEXT: return %[[V2]] : tensor<2x4xi8>
func.func @QuantizeLinear13(%i0: tensor<2x4xf32>, %i1: tensor<1xf32>, %i2: tensor<1xi8>) -> !onnx.unknown {
  %y = onnx.node "QuantizeLinear" since 13 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, tensor<1xf32>, tensor<1xi8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @QuantizeLinear21_blocked(
// CHECK-NEXT: %[[V0:.*]] = xf.quantize %arg0, %arg1 {axis = 1 : i64, block = 2 : i64, to = i8} : (tensor<2x4xf32>, tensor<2x2xf32>) -> tensor<2x4xi8>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi8>
func.func @QuantizeLinear21_blocked(%i0: tensor<2x4xf32>, %i1: tensor<2x2xf32>) -> !onnx.unknown {
  %y = onnx.node "QuantizeLinear" since 21 (%i0, %i1) {block_size = 2 : i64, output_dtype = 3 : i64}
    : (tensor<2x4xf32>, tensor<2x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @DequantizeLinear13(
// CHECK-NEXT: %[[V0:.*]] = xf.dequantize %arg0, %arg1, %arg2 {axis = 1 : i64, block = 0 : i64} : (tensor<2x4xui8>, tensor<4xf32>, tensor<4xui8>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @DequantizeLinear13(%i0: tensor<2x4xui8>, %i1: tensor<4xf32>, %i2: tensor<4xui8>) -> !onnx.unknown {
  %y = onnx.node "DequantizeLinear" since 13 (%i0, %i1, %i2) {axis = -1 : i64}
    : (tensor<2x4xui8>, tensor<4xf32>, tensor<4xui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @DynamicQuantizeLinear11(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 0, 1>, kind = #xf.reduce_kind<min>} : (tensor<2x4xf32>) -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = xf.min %[[V1]], %[[V0]] : (tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = xf.reduce %arg0 {axes = array<i64: 0, 1>, kind = #xf.reduce_kind<max>} : (tensor<2x4xf32>) -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = xf.max %[[V3]], %[[V0]] : (tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = xf.sub %[[V4]], %[[V2]] : (tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = xf.constant  {value = dense<2.550000e+02> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V7:.*]] = xf.div %[[V5]], %[[V6]] : (tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = xf.cmp %[[V7]], %[[V0]] {kind = #xf.cmp_kind<eq>} : (tensor<f32>, tensor<f32>) -> tensor<i1>
// CHECK-NEXT: %[[V9:.*]] = xf.constant  {value = dense<1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V10:.*]] = xf.select %[[V8]], %[[V9]], %[[V7]] : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V11:.*]] = xf.div %[[V2]], %[[V10]] : (tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V12:.*]] = xf.neg %[[V11]] : (tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V13:.*]] = xf.round %[[V12]] : (tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V14:.*]] = xf.max %[[V13]], %[[V0]] : (tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V15:.*]] = xf.constant  {value = dense<2.550000e+02> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V16:.*]] = xf.min %[[V14]], %[[V15]] : (tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V17:.*]] = xf.cast %[[V16]] {to = ui8} : (tensor<f32>) -> tensor<ui8>
// CHECK-NEXT: %[[V18:.*]] = xf.quantize %arg0, %[[V10]], %[[V17]] {axis = 0 : i64, block = 0 : i64, to = ui8} : (tensor<2x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x4xui8>
// CHECK-NEXT: return %[[V18]], %[[V10]], %[[V17]] : tensor<2x4xui8>, tensor<f32>, tensor<ui8>
func.func @DynamicQuantizeLinear11(%i0: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %y:3 = onnx.node "DynamicQuantizeLinear" since 11 (%i0)
    : (tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y#0, %y#1, %y#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @MatMulInteger10(
// CHECK-NEXT: %[[V0:.*]] = xf.cast %arg0 {to = i32} : (tensor<2x4xui8>) -> tensor<2x4xi32>
// CHECK-NEXT: %[[V1:.*]] = xf.cast %arg2 {to = i32} : (tensor<ui8>) -> tensor<i32>
// CHECK-NEXT: %[[V2:.*]] = xf.sub %[[V0]], %[[V1]] : (tensor<2x4xi32>, tensor<i32>) -> tensor<2x4xi32>
// CHECK-NEXT: %[[V3:.*]] = xf.cast %arg1 {to = i32} : (tensor<4x3xi8>) -> tensor<4x3xi32>
// CHECK-NEXT: %[[V4:.*]] = xf.cast %arg3 {to = i32} : (tensor<3xi8>) -> tensor<3xi32>
// CHECK-NEXT: %[[V5:.*]] = xf.sub %[[V3]], %[[V4]] : (tensor<4x3xi32>, tensor<3xi32>) -> tensor<4x3xi32>
// CHECK-NEXT: %[[V6:.*]] = xf.matmul %[[V2]], %[[V5]] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
// CHECK-NEXT: return %[[V6]] : tensor<2x3xi32>
func.func @MatMulInteger10(%i0: tensor<2x4xui8>, %i1: tensor<4x3xi8>, %i2: tensor<ui8>, %i3: tensor<3xi8>) -> !onnx.unknown {
  %y = onnx.node "MatMulInteger" since 10 (%i0, %i1, %i2, %i3)
    : (tensor<2x4xui8>, tensor<4x3xi8>, tensor<ui8>, tensor<3xi8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @QLinearMatMul10(
// CHECK-NEXT: %[[V0:.*]] = xf.cast %arg0 {to = i32} : (tensor<2x4xui8>) -> tensor<2x4xi32>
// CHECK-NEXT: %[[V1:.*]] = xf.cast %arg2 {to = i32} : (tensor<ui8>) -> tensor<i32>
// CHECK-NEXT: %[[V2:.*]] = xf.sub %[[V0]], %[[V1]] : (tensor<2x4xi32>, tensor<i32>) -> tensor<2x4xi32>
// CHECK-NEXT: %[[V3:.*]] = xf.cast %arg3 {to = i32} : (tensor<4x3xi8>) -> tensor<4x3xi32>
// CHECK-NEXT: %[[V4:.*]] = xf.cast %arg5 {to = i32} : (tensor<i8>) -> tensor<i32>
// CHECK-NEXT: %[[V5:.*]] = xf.sub %[[V3]], %[[V4]] : (tensor<4x3xi32>, tensor<i32>) -> tensor<4x3xi32>
// CHECK-NEXT: %[[V6:.*]] = xf.matmul %[[V2]], %[[V5]] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
// CHECK-NEXT: %[[V7:.*]] = xf.cast %[[V6]] {to = f32} : (tensor<2x3xi32>) -> tensor<2x3xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.mul %arg1, %arg4 : (tensor<f32>, tensor<f32>) -> tensor<f32>
// CHECK-NEXT: %[[V9:.*]] = xf.mul %[[V7]], %[[V8]] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
// CHECK-NEXT: %[[V10:.*]] = xf.quantize %[[V9]], %arg6, %arg7 {axis = 0 : i64, block = 0 : i64, to = ui8} : (tensor<2x3xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x3xui8>
// CHECK-NEXT: return %[[V10]] : tensor<2x3xui8>
func.func @QLinearMatMul10(%i0: tensor<2x4xui8>, %i1: tensor<f32>, %i2: tensor<ui8>, %i3: tensor<4x3xi8>, %i4: tensor<f32>, %i5: tensor<i8>, %i6: tensor<f32>, %i7: tensor<ui8>) -> !onnx.unknown {
  %y = onnx.node "QLinearMatMul" since 10 (%i0, %i1, %i2, %i3, %i4, %i5, %i6, %i7)
    : (tensor<2x4xui8>, tensor<f32>, tensor<ui8>, tensor<4x3xi8>, tensor<f32>, tensor<i8>, tensor<f32>, tensor<ui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}
