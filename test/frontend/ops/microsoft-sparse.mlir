// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @SparseAttention1(
// CHECK: xf.reshape
// CHECK: xf.transpose
// CHECK: xf.attention
// CHECK: xf.transpose
// CHECK: xf.reshape {{.*}}tensor<?x?x32xf32>
func.func @SparseAttention1(%a0: tensor<?x?x32xf32>, %a1: tensor<?x?x16xf32>, %a2: tensor<?x?x16xf32>, %a3: tensor<?x2x8x8xf32>, %a4: tensor<?x2x8x8xf32>, %a7: tensor<1xi32>, %a8: tensor<?xi32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %a5 = onnx.initializer "c5" dense<[[0, 1, 3, 5, 8]]> : tensor<1x5xi32>
  %a6 = onnx.initializer "c6" dense<[[0, 0, 1, 1, 2, 1, 2, 3]]> : tensor<1x8xi32>
  %r0, %r1, %r2 = onnx.node "SparseAttention" domain "com.microsoft" since 1 (%a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7, %a8) {num_heads = 4 : i64, kv_num_heads = 2 : i64, sparse_block_size = 2 : i64} : (tensor<?x?x32xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x2x8x8xf32>, tensor<?x2x8x8xf32>, tensor<1x5xi32>, tensor<1x8xi32>, tensor<1xi32>, tensor<?xi32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %r0, %r1, %r2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}
