// RUN: hagane-opt %s -hagane-fuse-layer-norm --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] layer-norm | Category:fusion | Function=torchscript
// CHECK-DAG: [Missed] layer-norm | Category:fusion | Function=first_axis | {{.*}}Reason="mean and variance are not over the same last axes"

// PyTorch's TorchScript exporter below opset 17.
// CHECK-LABEL: func.func @torchscript
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf32>
// CHECK-DAG: %[[S:.*]] = xf.constant {value = dense<3.0
// CHECK-DAG: %[[B:.*]] = xf.constant {value = dense<4.0
// CHECK: %[[Y:.*]] = xf.layer_norm %[[X]], %[[S]], %[[B]] {axis = 2 : i64, epsilon = 9.765625E-4 : f64
// CHECK-NEXT: return %[[Y]]
func.func @torchscript(%x: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> {
  %two = xf.constant {value = dense<2.0> : tensor<f32>} : () -> tensor<f32>
  %eps32 = xf.constant {value = dense<0.0009765625> : tensor<f32>} : () -> tensor<f32>
  %scale = xf.constant {value = dense<3.0> : tensor<8xf32>} : () -> tensor<8xf32>
  %bias = xf.constant {value = dense<4.0> : tensor<8xf32>} : () -> tensor<8xf32>
  %0 = xf.reduce %x {axes = array<i64: 2>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x?x8xf32>) -> tensor<?x?x1xf32>
  %1 = xf.sub %x, %0 : (tensor<?x?x8xf32>, tensor<?x?x1xf32>) -> tensor<?x?x8xf32>
  %2 = xf.pow %1, %two : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?x8xf32>
  %3 = xf.reduce %2 {axes = array<i64: 2>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x?x8xf32>) -> tensor<?x?x1xf32>
  %4 = xf.add %3, %eps32 : (tensor<?x?x1xf32>, tensor<f32>) -> tensor<?x?x1xf32>
  %5 = xf.sqrt %4 : (tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %6 = xf.div %1, %5 : (tensor<?x?x8xf32>, tensor<?x?x1xf32>) -> tensor<?x?x8xf32>
  %7 = xf.mul %6, %scale : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %8 = xf.add %7, %bias : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  return %8 : tensor<?x?x8xf32>
}

// Products instead of powers, rsqrt, the difference written twice, f32 between f16.
// CHECK-LABEL: func.func @half
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf16>
// CHECK: %[[Y:.*]] = xf.layer_norm %[[X]], %{{.*}} {axis = 1 : i64
// CHECK-SAME: (tensor<?x8xf16>, tensor<8xf16>) -> tensor<?x8xf16>
// CHECK-NEXT: return %[[Y]]
func.func @half(%h: tensor<?x8xf16>) -> tensor<?x8xf16> {
  %eps = xf.constant {value = dense<1.0e-5> : tensor<1xf32>} : () -> tensor<1xf32>
  %scale = xf.constant {value = dense<3.0> : tensor<8xf16>} : () -> tensor<8xf16>
  %x = xf.cast %h {to = f32} : (tensor<?x8xf16>) -> tensor<?x8xf32>
  %0 = xf.reduce %x {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %1 = xf.sub %x, %0 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %2 = xf.sub %x, %0 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %3 = xf.mul %1, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = xf.reduce %3 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %5 = xf.add %eps, %4 : (tensor<1xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
  %6 = xf.rsqrt %5 : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %7 = xf.mul %6, %2 : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %8 = xf.cast %7 {to = f16} : (tensor<?x8xf32>) -> tensor<?x8xf16>
  %9 = xf.mul %scale, %8 : (tensor<8xf16>, tensor<?x8xf16>) -> tensor<?x8xf16>
  return %9 : tensor<?x8xf16>
}

// A scale per row broadcasts otherwise than one per column, and stays.
// CHECK-LABEL: func.func @wide_scale
// CHECK: %[[N:.*]] = xf.layer_norm %arg0 {
// CHECK: xf.mul %[[N]]
func.func @wide_scale(%x: tensor<2x8xf32>) -> tensor<3x2x8xf32> {
  %scale = xf.constant {value = dense<3.0> : tensor<3x1x8xf32>} : () -> tensor<3x1x8xf32>
  %0 = xf.layer_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %1 = xf.mul %0, %scale : (tensor<2x8xf32>, tensor<3x1x8xf32>) -> tensor<3x2x8xf32>
  return %1 : tensor<3x2x8xf32>
}

// CHECK-LABEL: func.func @first_axis
// CHECK-NOT: xf.layer_norm
// CHECK: return
func.func @first_axis(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %eps = xf.constant {value = dense<1.0e-5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.reduce %x {axes = array<i64: 0>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<4x8xf32>) -> tensor<1x8xf32>
  %1 = xf.sub %x, %0 : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  %2 = xf.mul %1, %1 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %3 = xf.reduce %2 {axes = array<i64: 0>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<4x8xf32>) -> tensor<1x8xf32>
  %4 = xf.add %3, %eps : (tensor<1x8xf32>, tensor<f32>) -> tensor<1x8xf32>
  %5 = xf.sqrt %4 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %6 = xf.div %1, %5 : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return %6 : tensor<4x8xf32>
}
