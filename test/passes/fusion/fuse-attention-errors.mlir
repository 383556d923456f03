// What keeps attention apart, each with its remark.
// RUN: hagane-opt %s -hagane-fuse-attention --remarks-filter=fusion 2>&1 | FileCheck %s
// RUN: hagane-opt %s -hagane-fuse-attention | FileCheck %s --check-prefix=IR

// CHECK-DAG: Function=finite_fill | {{.*}}Reason="the mask selects -5.000000, expected minus infinity or a number that hides any score"
// CHECK-DAG: Function=other_uses | {{.*}}Reason="the scores or weights have other uses"
// CHECK-DAG: Function=wrong_axis | {{.*}}Reason="the softmax is not over the last axis"
// CHECK-DAG: Function=mask_before_negation | {{.*}}Reason="the scores are negated after a mask"
// CHECK-DAG: Function=limited | {{.*}}Reason="the scores are limited from below by other than a number that hides any score"
// CHECK-DAG: Function=quantized | {{.*}}Reason="the weights are quantized before they meet the values"
// CHECK-DAG: Function=additive | {{.*}}Reason="the scores come from 'xf.reduce'"
// CHECK-DAG: Function=widening_mask | {{.*}}Reason="a mask may widen the scores from [1, 2, 5, 7] to [3, 2, 5, 7]"
// CHECK-DAG: Function=heads | {{.*}}Reason="heads do not fit: q is [1, 4, 5, 4], k [1, 1, 7, 4], v [1, 4, 7, 4]"

// IR-NOT: xf.attention

func.func @finite_fill(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<1x1x5x7xi1>) -> tensor<1x2x5x4xf32> {
  %low = xf.constant {value = dense<-5.0> : tensor<f32>} : () -> tensor<f32>
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

func.func @mask_before_negation(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<5x7xf32>) -> tensor<1x2x5x4xf32> {
  %half = xf.constant {value = dense<-0.5> : tensor<f32>} : () -> tensor<f32>
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

func.func @limited(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32> {
  %low = xf.constant {value = dense<-1.0> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.max %0, %low : (tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %2 = xf.softmax %1 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %3 = xf.matmul %2, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %3 : tensor<1x2x5x4xf32>
}

func.func @quantized(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32> {
  %scale = xf.constant {value = dense<0.0078125> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.softmax %0 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.quantize %1, %scale {axis = 0 : i64, block = 0 : i64, to = i8} : (tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xi8>
  %3 = xf.dequantize %2, %scale {axis = 0 : i64, block = 0 : i64} : (tensor<1x2x5x7xi8>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %4 = xf.matmul %3, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %4 : tensor<1x2x5x4xf32>
}

// Scores that a network of their own computes.
func.func @additive(%e: tensor<1x2x5x7x4xf32>, %v: tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32> {
  %0 = xf.reduce %e {kind = #xf.reduce_kind<sum>, axes = array<i64: 4>} : (tensor<1x2x5x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.softmax %0 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.matmul %1, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %2 : tensor<1x2x5x4xf32>
}
