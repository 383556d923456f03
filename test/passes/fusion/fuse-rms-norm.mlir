// RUN: hagane-opt %s -hagane-fuse-rms-norm --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] rms-norm | Category:fusion | Function=llama
// CHECK-DAG: [Missed] rms-norm | Category:fusion | Function=first_axis | {{.*}}Reason="the mean is not over the last axes"

// Llama by TorchScript: pow, sqrt, reciprocal; f32 between f16, the scale in f16.
// CHECK-LABEL: func.func @llama
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf16>
// CHECK: %[[S:.*]] = xf.constant
// CHECK: %[[Y:.*]] = xf.rms_norm %[[X]], %[[S]] {axis = 2 : i64, epsilon = 9.765625E-4 : f64} : (tensor<?x?x8xf16>, tensor<8xf16>) -> tensor<?x?x8xf16>
// CHECK-NEXT: return %[[Y]]
func.func @llama(%h: tensor<?x?x8xf16>) -> tensor<?x?x8xf16> {
  %two = xf.constant {value = dense<2.0> : tensor<f32>} : () -> tensor<f32>
  %eps = xf.constant {value = dense<0.0009765625> : tensor<f32>} : () -> tensor<f32>
  %scale = xf.constant {value = dense<3.0> : tensor<8xf16>} : () -> tensor<8xf16>
  %x = xf.cast %h {to = f32} : (tensor<?x?x8xf16>) -> tensor<?x?x8xf32>
  %0 = xf.pow %x, %two : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?x8xf32>
  %1 = xf.reduce %0 {axes = array<i64: 2>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x?x8xf32>) -> tensor<?x?x1xf32>
  %2 = xf.add %1, %eps : (tensor<?x?x1xf32>, tensor<f32>) -> tensor<?x?x1xf32>
  %3 = xf.sqrt %2 : (tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %4 = xf.reciprocal %3 : (tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %5 = xf.mul %x, %4 : (tensor<?x?x8xf32>, tensor<?x?x1xf32>) -> tensor<?x?x8xf32>
  %6 = xf.cast %5 {to = f16} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf16>
  %7 = xf.mul %scale, %6 : (tensor<8xf16>, tensor<?x?x8xf16>) -> tensor<?x?x8xf16>
  return %7 : tensor<?x?x8xf16>
}

// dynamo: a product with itself, a division of one by the root.
// CHECK-LABEL: func.func @dynamo
// CHECK: xf.rms_norm %arg0, %{{.*}} {axis = 1 : i64
// CHECK-NEXT: return
func.func @dynamo(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %eps = xf.constant {value = dense<1.0e-6> : tensor<f32>} : () -> tensor<f32>
  %scale = xf.constant {value = dense<3.0> : tensor<1x8xf32>} : () -> tensor<1x8xf32>
  %0 = xf.mul %x, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = xf.reduce %0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %2 = xf.add %1, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %3 = xf.sqrt %2 : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %4 = xf.div %one, %3 : (tensor<f32>, tensor<?x1xf32>) -> tensor<?x1xf32>
  %5 = xf.mul %4, %x : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = xf.mul %5, %scale : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x8xf32>
  return %6 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @first_axis
// CHECK-NOT: xf.rms_norm
// CHECK: return
func.func @first_axis(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %eps = xf.constant {value = dense<1.0e-6> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.mul %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = xf.reduce %0 {axes = array<i64: 0>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<4x8xf32>) -> tensor<1x8xf32>
  %2 = xf.add %1, %eps : (tensor<1x8xf32>, tensor<f32>) -> tensor<1x8xf32>
  %3 = xf.rsqrt %2 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %4 = xf.mul %x, %3 : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return %4 : tensor<4x8xf32>
}
