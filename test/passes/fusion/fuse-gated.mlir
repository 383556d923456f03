// RUN: hagane-opt %s -hagane-fuse-gated --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] gated | Category:fusion | Function=swiglu
// CHECK-DAG: [Missed] gated | Category:fusion | Function=unknown_sizes | {{.*}}Reason="shapes may differ: [{{.*}}, 8] and [{{.*}}, 8]"
// CHECK-DAG: [Missed] gated | Category:fusion | Function=other_uses | {{.*}}Reason="the activation has other uses"

xf.symbol @s {min = 1 : i64, max = 64 : i64}

// CHECK-LABEL: func.func @swiglu
// CHECK-NEXT: xf.gated %arg0, %arg1 {activation = #xf.activation_kind<silu>} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
func.func @swiglu(%g: tensor<?x8xf32> {xf.dims = [#xf.dim<s>, #xf.dim<8>]}, %u: tensor<?x8xf32> {xf.dims = [#xf.dim<s>, #xf.dim<8>]}) -> tensor<?x8xf32> {
  %0 = xf.silu %g : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = xf.mul %0, %u : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @geglu
// CHECK-NEXT: xf.gated %arg1, %arg0 {activation = #xf.activation_kind<gelu_tanh>}
func.func @geglu(%u: tensor<4x8xf32>, %g: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = xf.gelu %g {tanh} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = xf.mul %u, %0 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @unknown_sizes
// CHECK-NOT: xf.gated
// CHECK: return
func.func @unknown_sizes(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = xf.silu %g : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = xf.mul %0, %u : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @other_uses
// CHECK-NOT: xf.gated
// CHECK: return
func.func @other_uses(%g: tensor<4x8xf32>, %u: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = xf.relu %g : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = xf.mul %0, %u : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}
