// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// A product of matrices, as a convolution of one position, then windows laid over each other.
// CHECK-LABEL: func.func @ConvTranspose11(
// CHECK: xf.transpose {{.*}}permutation = array<i64: 0, 2, 3, 1>
// CHECK: %[[W:.*]] = xf.reshape {{.*}} -> tensor<54x2x1x1xf32>
// CHECK: %[[C:.*]] = xf.conv %arg0, %[[W]] {{.*}}groups = 2 : i64{{.*}} -> tensor<1x54x5x5xf32>
// CHECK: xf.fold_windows %[[C]] {{.*}}pads = array<i64: 1, 1>{{.*}}strides = array<i64: 2, 2>{{.*}} -> tensor<1x6x10x10xf32>
func.func @ConvTranspose11(%x: tensor<1x4x5x5xf32>, %w: tensor<4x3x3x3xf32>) -> !onnx.unknown {
  %y = onnx.node "ConvTranspose" since 11 (%x, %w) {group = 2 : i64, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, output_padding = array<i64: 1, 1>}
    : (tensor<1x4x5x5xf32>, tensor<4x3x3x3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// The result's sizes settle what is cut off.
// CHECK-LABEL: func.func @ConvTranspose11_shape(
// CHECK: xf.fold_windows {{.*}}pads = array<i64: 1>, sizes = [#xf.dim<8>]
func.func @ConvTranspose11_shape(%x: tensor<1x1x5xf32>, %w: tensor<1x1x2xf32>) -> !onnx.unknown {
  %y = onnx.node "ConvTranspose" since 11 (%x, %w) {strides = array<i64: 2>, output_shape = array<i64: 8>}
    : (tensor<1x1x5xf32>, tensor<1x1x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Col2Im18(
// CHECK: xf.reshape {{.*}} -> tensor<1x5x1x5xf32>
// CHECK: xf.fold_windows {{.*}} -> tensor<1x1x5x5xf32>
func.func @Col2Im18(%x: tensor<1x5x5xf32>) -> !onnx.unknown {
  %image = onnx.initializer "image" dense<[5, 5]> : tensor<2xi64>
  %block = onnx.initializer "block" dense<[5, 1]> : tensor<2xi64>
  %y = onnx.node "Col2Im" since 18 (%x, %image, %block) : (tensor<1x5x5xf32>, tensor<2xi64>, tensor<2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @MaxUnpool11(
// CHECK: xf.scatter_elements {{.*}} -> tensor<16xf32>
// CHECK: xf.reshape {{.*}} -> tensor<1x1x4x4xf32>
func.func @MaxUnpool11(%x: tensor<1x1x2x2xf32>, %i: tensor<1x1x2x2xi64>) -> !onnx.unknown {
  %y = onnx.node "MaxUnpool" since 11 (%x, %i) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>}
    : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ConvTransposeWithDynamicPads1(
// CHECK: xf.reshape
// CHECK: xf.transpose
// CHECK: xf.slice
// CHECK: xf.concat
// CHECK: xf.pad {{.*}}tensor<?x3x?x?xf32>
func.func @ConvTransposeWithDynamicPads1(%a0: tensor<?x2x5x5xf32>, %a1: tensor<2x3x3x3xf32>, %a2: tensor<4xi64>) -> !onnx.unknown {
  %r0 = onnx.node "ConvTransposeWithDynamicPads" domain "com.microsoft" since 1 (%a0, %a1, %a2) {strides = array<i64: 2, 2>} : (tensor<?x2x5x5xf32>, tensor<2x3x3x3xf32>, tensor<4xi64>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
