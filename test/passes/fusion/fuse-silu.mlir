// RUN: hagane-opt %s -hagane-fuse-silu --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] silu | Category:fusion | Function=product | Nodes="/Sigmoid, /Mul"
// CHECK-DAG: [Passed] silu | Category:fusion | Function=quotient

// CHECK-LABEL: func.func @product
// CHECK-NEXT: %[[Y:.*]] = xf.silu %{{.*}} : (tensor<?x8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @product(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = xf.sigmoid %x : (tensor<?x8xf32>) -> tensor<?x8xf32> loc("/Sigmoid")
  %1 = xf.mul %0, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32> loc("/Mul")
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @quotient
// CHECK-NEXT: %[[Y:.*]] = xf.silu
// CHECK-NEXT: return %[[Y]]
func.func @quotient(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.neg %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = xf.exp %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = xf.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = xf.div %x, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// Of another operand, as in quick GELU: no silu.
// CHECK-LABEL: func.func @quick_gelu
// CHECK: xf.sigmoid
// CHECK: xf.mul
func.func @quick_gelu(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c = xf.constant {value = dense<1.702> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.mul %x, %c : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = xf.sigmoid %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = xf.mul %x, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
