// What keeps attention apart, each with its remark.
// RUN: hagane-opt %s -hagane-fuse-attention --remarks-filter=fusion 2>&1 | FileCheck %s
// RUN: hagane-opt %s -hagane-fuse-attention | FileCheck %s --check-prefix=IR

// CHECK-DAG: Function=finite_fill | {{.*}}Reason="the mask selects -10000.000000, expected minus infinity or a number that absorbs any score"
// CHECK-DAG: Function=other_uses | {{.*}}Reason="the scores or weights have other uses"
// CHECK-DAG: Function=wrong_axis | {{.*}}Reason="the softmax is not over the last axis"
// CHECK-DAG: Function=mask_before_scale | {{.*}}Reason="the scores are scaled after a mask"
// CHECK-DAG: Function=widening_mask | {{.*}}Reason="a mask may widen the scores from [1, 2, 5, 7] to [3, 2, 5, 7]"
// CHECK-DAG: Function=heads | {{.*}}Reason="heads do not fit: q is [1, 4, 5, 4], k [1, 1, 7, 4], v [1, 4, 7, 4]"

// IR-NOT: xf.attention

func.func @finite_fill(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<1x1x5x7xi1>) -> tensor<1x2x5x4xf32> {
  %low = xf.constant {value = dense<-10000.0> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.select %m, %0, %low : (tensor<1x1x5x7xi1>, tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %2 = xf.softmax %1 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %3 = xf.matmul %2, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %3 : tensor<1x2x5x4xf32>
}

func.func @other_uses(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>) -> (tensor<1x2x5x4xf32>, tensor<1x2x5x7xf32>) {
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.softmax %0 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.matmul %1, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %2, %1 : tensor<1x2x5x4xf32>, tensor<1x2x5x7xf32>
}

func.func @wrong_axis(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32> {
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.softmax %0 {axis = 2 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.matmul %1, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %2 : tensor<1x2x5x4xf32>
}

func.func @mask_before_scale(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<5x7xf32>) -> tensor<1x2x5x4xf32> {
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.add %0, %m : (tensor<1x2x5x7xf32>, tensor<5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.mul %1, %half : (tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %3 = xf.softmax %2 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %4 = xf.matmul %3, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %4 : tensor<1x2x5x4xf32>
}

func.func @widening_mask(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<3x1x5x7xf32>) -> tensor<3x2x5x4xf32> {
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.add %0, %m : (tensor<1x2x5x7xf32>, tensor<3x1x5x7xf32>) -> tensor<3x2x5x7xf32>
  %2 = xf.softmax %1 {axis = 3 : i64} : (tensor<3x2x5x7xf32>) -> tensor<3x2x5x7xf32>
  %3 = xf.matmul %2, %v : (tensor<3x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<3x2x5x4xf32>
  return %3 : tensor<3x2x5x4xf32>
}

func.func @heads(%q: tensor<1x4x5x4xf32>, %k: tensor<1x1x7x4xf32>, %v: tensor<1x4x7x4xf32>) -> tensor<1x4x5x4xf32> {
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x4x5x4xf32>, tensor<1x1x7x4xf32>) -> tensor<1x4x5x7xf32>
  %1 = xf.softmax %0 {axis = 3 : i64} : (tensor<1x4x5x7xf32>) -> tensor<1x4x5x7xf32>
  %2 = xf.matmul %1, %v : (tensor<1x4x5x7xf32>, tensor<1x4x7x4xf32>) -> tensor<1x4x5x4xf32>
  return %2 : tensor<1x4x5x4xf32>
}
