// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Relu14(
// CHECK-NEXT: %[[V0:.*]] = xf.relu %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Relu14(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Relu" since 14 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Sigmoid13(
// CHECK-NEXT: %[[V0:.*]] = xf.sigmoid %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Sigmoid13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Sigmoid" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Tanh13(
// CHECK-NEXT: %[[V0:.*]] = xf.tanh %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Tanh13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Tanh" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Softplus22(
// CHECK-NEXT: %[[V0:.*]] = xf.softplus %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Softplus22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Softplus" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Softsign22(
// CHECK-NEXT: %[[V0:.*]] = xf.abs %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {value = dense<1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = xf.add %[[V0]], %[[V1]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.div %arg0, %[[V2]] : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x4xf32>
func.func @Softsign22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Softsign" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Mish22(
// CHECK-NEXT: %[[V0:.*]] = xf.softplus %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.tanh %[[V0]] : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.mul %arg0, %[[V1]] : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V2]] : tensor<2x4xf32>
func.func @Mish22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Mish" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @HardSwish14(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<0.166666672> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.mul %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<5.000000e-01> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = xf.add %[[V1]], %[[V2]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = xf.max %[[V3]], %[[V4]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.constant  {value = dense<1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V7:.*]] = xf.min %[[V5]], %[[V6]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.mul %arg0, %[[V7]] : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V8]] : tensor<2x4xf32>
func.func @HardSwish14(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "HardSwish" since 14 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @HardSigmoid22(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<2.000000e-01> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.mul %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<5.000000e-01> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = xf.add %[[V1]], %[[V2]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = xf.max %[[V3]], %[[V4]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.constant  {value = dense<1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V7:.*]] = xf.min %[[V5]], %[[V6]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V7]] : tensor<2x4xf32>
func.func @HardSigmoid22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "HardSigmoid" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @LeakyRelu16(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<0.00999999977> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.mul %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = xf.cmp %arg0, %[[V2]] {kind = #xf.cmp_kind<lt>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V4:.*]] = xf.select %[[V3]], %[[V1]], %arg0 : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V4]] : tensor<2x4xf32>
func.func @LeakyRelu16(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "LeakyRelu" since 16 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Elu22(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.min %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.exp %[[V1]] : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {value = dense<-1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = xf.add %[[V2]], %[[V3]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = xf.cmp %arg0, %[[V5]] {kind = #xf.cmp_kind<lt>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V7:.*]] = xf.select %[[V6]], %[[V4]], %arg0 : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V7]] : tensor<2x4xf32>
func.func @Elu22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Elu" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Selu22(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.min %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.exp %[[V1]] : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {value = dense<-1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = xf.add %[[V2]], %[[V3]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.constant  {value = dense<1.67326319> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = xf.mul %[[V4]], %[[V5]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V7:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = xf.cmp %arg0, %[[V7]] {kind = #xf.cmp_kind<lt>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V9:.*]] = xf.select %[[V8]], %[[V6]], %arg0 : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V10:.*]] = xf.constant  {value = dense<1.05070102> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V11:.*]] = xf.mul %[[V9]], %[[V10]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V11]] : tensor<2x4xf32>
func.func @Selu22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Selu" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Celu12(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.min %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.exp %[[V1]] : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {value = dense<-1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = xf.add %[[V2]], %[[V3]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = xf.cmp %arg0, %[[V5]] {kind = #xf.cmp_kind<lt>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V7:.*]] = xf.select %[[V6]], %[[V4]], %arg0 : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V7]] : tensor<2x4xf32>
func.func @Celu12(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Celu" since 12 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ThresholdedRelu22(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<1.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.cmp %arg0, %[[V0]] {kind = #xf.cmp_kind<gt>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = xf.select %[[V1]], %arg0, %[[V2]] : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x4xf32>
func.func @ThresholdedRelu22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "ThresholdedRelu" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Shrink9(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<-5.000000e-01> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.cmp %arg0, %[[V0]] {kind = #xf.cmp_kind<lt>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<5.000000e-01> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = xf.cmp %arg0, %[[V2]] {kind = #xf.cmp_kind<gt>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V4:.*]] = xf.constant  {value = dense<-0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = xf.add %arg0, %[[V4]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V6:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V7:.*]] = xf.select %[[V3]], %[[V5]], %[[V6]] : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V8:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V9:.*]] = xf.add %arg0, %[[V8]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V10:.*]] = xf.select %[[V1]], %[[V9]], %[[V7]] : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V10]] : tensor<2x4xf32>
func.func @Shrink9(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Shrink" since 9 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Softmax13(
// CHECK-NEXT: %[[V0:.*]] = xf.softmax %arg0 {axis = 1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Softmax13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Softmax" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @LogSoftmax13(
// CHECK-NEXT: %[[V0:.*]] = xf.softmax %arg0 {axis = 1 : i64, log} : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @LogSoftmax13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "LogSoftmax" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Hardmax13(
// CHECK-NEXT: %[[V0:.*]] = xf.arg_reduce %arg0 {axis = 1 : i64, keep_dims, largest = true} : (tensor<2x4xf32>) -> tensor<2x1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.cmp %arg0, %arg0 {kind = #xf.cmp_kind<eq>} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<1> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V3:.*]] = xf.constant  {value = dense<1> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V4:.*]] = xf.select %[[V1]], %[[V2]], %[[V3]] : (tensor<2x4xi1>, tensor<i64>, tensor<i64>) -> tensor<2x4xi64>
// CHECK-NEXT: %[[V5:.*]] = xf.cumsum %[[V4]] {axis = 1 : i64, exclusive} : (tensor<2x4xi64>) -> tensor<2x4xi64>
// CHECK-NEXT: %[[V6:.*]] = xf.cmp %[[V5]], %[[V0]] {kind = #xf.cmp_kind<eq>} : (tensor<2x4xi64>, tensor<2x1xi64>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V7:.*]] = xf.cast %[[V6]] {to = f32} : (tensor<2x4xi1>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V7]] : tensor<2x4xf32>
func.func @Hardmax13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Hardmax" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Gelu20(
// CHECK-NEXT: %[[V0:.*]] = xf.gelu %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Gelu20(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Gelu" since 20 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Swish24(
// CHECK-NEXT: %[[V0:.*]] = xf.silu %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Swish24(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Swish" since 24 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Gelu20_tanh(
// CHECK-NEXT: %[[V0:.*]] = xf.gelu %arg0 {tanh} : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Gelu20_tanh(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Gelu" since 20 (%i0) {approximate = "tanh"}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Swish24_alpha(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<2.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.mul %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.sigmoid %[[V1]] : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.mul %arg0, %[[V2]] : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x4xf32>
func.func @Swish24_alpha(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Swish" since 24 (%i0) {alpha = 2.0 : f32}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @PRelu16(
// CHECK-NEXT: %[[V0:.*]] = xf.mul %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = xf.cmp %arg0, %[[V1]] {kind = #xf.cmp_kind<lt>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xi1>
// CHECK-NEXT: %[[V3:.*]] = xf.select %[[V2]], %[[V0]], %arg0 : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x4xf32>
func.func @PRelu16(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "PRelu" since 16 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Softmax11_flat(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 1, 2>, keep_dims, kind = #xf.reduce_kind<max>} : (tensor<2x3x4xf32>) -> tensor<2x1x1xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.sub %arg0, %[[V0]] : (tensor<2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.exp %[[V1]] : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reduce %[[V2]] {axes = array<i64: 1, 2>, keep_dims, kind = #xf.reduce_kind<sum>} : (tensor<2x3x4xf32>) -> tensor<2x1x1xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.div %[[V2]], %[[V3]] : (tensor<2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
// CHECK-NEXT: return %[[V4]] : tensor<2x3x4xf32>
func.func @Softmax11_flat(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Softmax" since 11 (%i0)
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @LogSoftmax11_flat(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 1, 2>, keep_dims, kind = #xf.reduce_kind<max>} : (tensor<2x3x4xf32>) -> tensor<2x1x1xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.sub %arg0, %[[V0]] : (tensor<2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.exp %[[V1]] : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
// CHECK-NEXT: %[[V3:.*]] = xf.reduce %[[V2]] {axes = array<i64: 1, 2>, keep_dims, kind = #xf.reduce_kind<sum>} : (tensor<2x3x4xf32>) -> tensor<2x1x1xf32>
// CHECK-NEXT: %[[V4:.*]] = xf.log %[[V3]] : (tensor<2x1x1xf32>) -> tensor<2x1x1xf32>
// CHECK-NEXT: %[[V5:.*]] = xf.sub %[[V1]], %[[V4]] : (tensor<2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
// CHECK-NEXT: return %[[V5]] : tensor<2x3x4xf32>
func.func @LogSoftmax11_flat(%i0: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "LogSoftmax" since 11 (%i0)
    : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Dropout13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<true> : tensor<i1>} : () -> tensor<i1>
// CHECK-NEXT: %[[V1:.*]] = xf.broadcast %[[V0]] {shape = [#xf.dim<2>, #xf.dim<4>]} : (tensor<i1>) -> tensor<2x4xi1>
// CHECK-NEXT: return %arg0, %[[V1]] : tensor<2x4xf32>, tensor<2x4xi1>
func.func @Dropout13(%i0: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %i1 = onnx.absent : none
  %i2 = onnx.absent : none
  %y:2 = onnx.node "Dropout" since 13 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, none, none) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @SwiGLU28(
// CHECK: %[[GATE:.*]] = xf.silu %arg0
// CHECK: xf.mul %[[GATE]], %arg1
func.func @SwiGLU28(%a: tensor<4xf32>, %b: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "SwiGLU" since 28 (%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Hardmax11(
// CHECK: xf.reshape {{.*}} -> tensor<2x12xf32>
// CHECK: xf.arg_reduce {{.*}}axis = 1 : i64
func.func @Hardmax11(%x: tensor<2x3x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Hardmax" since 11 (%x) : (tensor<2x3x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
