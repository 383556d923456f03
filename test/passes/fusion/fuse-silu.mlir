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

// The sigmoid approximation of gelu: silu(1.702 x) / 1.702.
// CHECK-LABEL: func.func @quick_gelu
// CHECK: %[[Z:.*]] = xf.mul %{{.*}}, %{{.*}}
// CHECK: %[[S:.*]] = xf.silu %[[Z]]
// CHECK: %[[Y:.*]] = xf.mul %[[S]], %{{.*}}
// CHECK-NEXT: return %[[Y]]
func.func @quick_gelu(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c = xf.constant {value = dense<1.702> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.mul %x, %c : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = xf.sigmoid %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = xf.mul %x, %1 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @reciprocal
// CHECK: %[[Y:.*]] = xf.silu
// CHECK-NEXT: return %[[Y]]
func.func @reciprocal(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %minus = xf.constant {value = dense<-1.0> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.mul %x, %minus : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = xf.exp %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = xf.add %one, %1 : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = xf.reciprocal %2 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = xf.mul %x, %3 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// A gate of another operand.
// CHECK-LABEL: func.func @other_operand
// CHECK: xf.sigmoid
func.func @other_operand(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<3>, #xf.dim<8>]}, %g: tensor<?x8xf32> {xf.dims = [#xf.dim<3>, #xf.dim<8>]}) -> tensor<?x8xf32> {
  %0 = xf.sigmoid %g : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = xf.mul %x, %0 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}
