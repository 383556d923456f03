// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @BiasDropout1(
// CHECK: xf.add
// CHECK: xf.add
// CHECK: xf.broadcast {{.*}}tensor<?x5xi1>
func.func @BiasDropout1(%a0: tensor<?x5xf32>, %a1: tensor<5xf32>, %a2: tensor<?x5xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r0, %r1 = onnx.node "BiasDropout" domain "com.microsoft" since 1 (%a0, %a1, %a2) : (tensor<?x5xf32>, tensor<5xf32>, tensor<?x5xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @ExpandDims1(
// CHECK: xf.reshape {{.*}}tensor<?x5x1xf32>
func.func @ExpandDims1(%a0: tensor<?x5xf32>) -> !onnx.unknown {
  %a1 = onnx.initializer "c1" dense<-1> : tensor<i32>
  %r0 = onnx.node "ExpandDims" domain "com.microsoft" since 1 (%a0, %a1) : (tensor<?x5xf32>, tensor<i32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @IsAllFinite1(
// CHECK: xf.is_inf
// CHECK: xf.is_nan
// CHECK: xf.or
// CHECK: xf.reduce
// CHECK: xf.not {{.*}}tensor<i1>
func.func @IsAllFinite1(%a0: tensor<?x5xf32>) -> !onnx.unknown {
  %r0 = onnx.node "IsAllFinite" domain "com.microsoft" since 1 (%a0) : (tensor<?x5xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @NGramRepeatBlock1(
// CHECK: xf.slice
// CHECK: xf.slice
// CHECK: xf.cmp
// CHECK: xf.select
// CHECK: xf.scatter_elements {{.*}}tensor<?x6xf32>
func.func @NGramRepeatBlock1(%a0: tensor<?x?xi64>, %a1: tensor<?x6xf32>) -> !onnx.unknown {
  %r0 = onnx.node "NGramRepeatBlock" domain "com.microsoft" since 1 (%a0, %a1) {ngram_size = 2 : i64} : (tensor<?x?xi64>, tensor<?x6xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @RemovePadding1(
// CHECK: xf.cast
// CHECK: xf.range
// CHECK: xf.cast
// CHECK: xf.cast
// CHECK: xf.cast {{.*}}tensor<1xi32>
func.func @RemovePadding1(%a0: tensor<?x?x4xf32>, %a1: tensor<?xi32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %r0, %r1, %r2, %r3 = onnx.node "RemovePadding" domain "com.microsoft" since 1 (%a0, %a1) : (tensor<?x?x4xf32>, tensor<?xi32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %r0, %r1, %r2, %r3 : !onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @TorchEmbedding1(
// CHECK: xf.gather {{.*}}tensor<?x3xf32>
func.func @TorchEmbedding1(%a0: tensor<7x3xf32>, %a1: tensor<?xi64>) -> !onnx.unknown {
  %r0 = onnx.node "TorchEmbedding" domain "com.microsoft" since 1 (%a0, %a1) : (tensor<7x3xf32>, tensor<?xi64>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @UnfoldTensor1(
// CHECK: xf.range
// CHECK: xf.reshape
// CHECK: xf.add
// CHECK: xf.gather
// CHECK: xf.transpose {{.*}}tensor<4x?x3xf32>
func.func @UnfoldTensor1(%a0: tensor<4x?xf32>) -> !onnx.unknown {
  %r0 = onnx.node "UnfoldTensor" domain "com.microsoft" since 1 (%a0) {size = 3 : i64} : (tensor<4x?xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
