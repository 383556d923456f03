// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @MatMulBnb41(
// CHECK: xf.shr
// CHECK: xf.and
// CHECK: xf.mul
// CHECK: xf.reshape
// CHECK: xf.linear {{.*}}tensor<?x4xf32>
func.func @MatMulBnb41(%a0: tensor<?x8xf32>) -> !onnx.unknown {
  %a1 = onnx.initializer "c1" dense<17> : tensor<16xui8>
  %a2 = onnx.initializer "c2" dense<0.5> : tensor<2xf32>
  %r0 = onnx.node "MatMulBnb4" domain "com.microsoft" since 1 (%a0, %a1, %a2) {N = 4 : i64, K = 8 : i64, block_size = 16 : i64, quant_type = 1 : i64} : (tensor<?x8xf32>, tensor<16xui8>, tensor<2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @MatMulNBitsMlp1(
// CHECK: xf.add
// CHECK: xf.rms_norm
// CHECK: xf.linear
// CHECK: xf.silu
// CHECK: xf.mul {{.*}}tensor<?x6xf32>
func.func @MatMulNBitsMlp1(%a0: tensor<?x32xf32>, %a1: tensor<?x32xf32>, %a2: tensor<32xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %a3 = onnx.initializer "c3" dense<17> : tensor<6x1x16xui8>
  %a4 = onnx.initializer "c4" dense<0.5> : tensor<6x1xf32>
  %a5 = onnx.absent : none
  %a6 = onnx.initializer "c6" dense<18> : tensor<6x1x16xui8>
  %a7 = onnx.initializer "c7" dense<0.25> : tensor<6x1xf32>
  %r0, %r1 = onnx.node "MatMulNBitsMlp" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7) {N = 6 : i64, K = 32 : i64, block_size = 32 : i64, activation = "silu"} : (tensor<?x32xf32>, tensor<?x32xf32>, tensor<32xf32>, tensor<6x1x16xui8>, tensor<6x1xf32>, none, tensor<6x1x16xui8>, tensor<6x1xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @MatMulNBitsQkv1(
// CHECK: xf.rms_norm
// CHECK: xf.dequantize
// CHECK: xf.linear
// CHECK: xf.dequantize
// CHECK: xf.linear {{.*}}tensor<?x4xf32>
func.func @MatMulNBitsQkv1(%a0: tensor<?x32xf32>, %a2: tensor<32xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a1 = onnx.absent : none
  %a3 = onnx.initializer "c3" dense<17> : tensor<6x1x16xui8>
  %a4 = onnx.initializer "c4" dense<0.5> : tensor<6x1xf32>
  %a5 = onnx.absent : none
  %a6 = onnx.initializer "c6" dense<18> : tensor<4x1x16xui8>
  %a7 = onnx.initializer "c7" dense<0.25> : tensor<4x1xf32>
  %a8 = onnx.absent : none
  %a9 = onnx.initializer "c9" dense<19> : tensor<4x1x16xui8>
  %a10 = onnx.initializer "c10" dense<0.25> : tensor<4x1xf32>
  %r0, %r1, %r2 = onnx.node "MatMulNBitsQkv" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7, %a8, %a9, %a10) {Nq = 6 : i64, Nkv = 4 : i64, K = 32 : i64, block_size = 32 : i64} : (tensor<?x32xf32>, none, tensor<32xf32>, tensor<6x1x16xui8>, tensor<6x1xf32>, none, tensor<4x1x16xui8>, tensor<4x1xf32>, none, tensor<4x1x16xui8>, tensor<4x1xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %r0, %r1, %r2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @MatMulNBitsQLoRA1(
// CHECK: xf.dequantize
// CHECK: xf.linear
// CHECK: xf.dequantize
// CHECK: xf.linear
// CHECK: xf.add {{.*}}tensor<?x6xf32>
func.func @MatMulNBitsQLoRA1(%a0: tensor<?x32xf32>) -> !onnx.unknown {
  %a1 = onnx.initializer "c1" dense<17> : tensor<6x1x16xui8>
  %a2 = onnx.initializer "c2" dense<0.5> : tensor<6x1xf32>
  %a3 = onnx.initializer "c3" dense<18> : tensor<5x2x16xui8>
  %a4 = onnx.initializer "c4" dense<0.5> : tensor<5x2xf32>
  %a5 = onnx.initializer "c5" dense<19> : tensor<6x1x16xui8>
  %a6 = onnx.initializer "c6" dense<0.5> : tensor<6x1xf32>
  %r0 = onnx.node "MatMulNBitsQLoRA" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6) {N = 6 : i64, K = 32 : i64, lora_block_size = 16 : i64} : (tensor<?x32xf32>, tensor<6x1x16xui8>, tensor<6x1xf32>, tensor<5x2x16xui8>, tensor<5x2xf32>, tensor<6x1x16xui8>, tensor<6x1xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
