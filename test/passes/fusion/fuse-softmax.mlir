// RUN: hagane-opt %s -hagane-fuse-softmax --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] softmax | Category:fusion | Function=jax
// CHECK-DAG: [Missed] softmax | Category:fusion | Function=unshifted | {{.*}}Reason="the largest element is not subtracted before the exponential"
// CHECK-DAG: [Missed] softmax | Category:fusion | Function=other_axis | {{.*}}Reason="the maximum and the sum are not over the same axis"

// CHECK-LABEL: func.func @jax
// CHECK-NEXT: %[[Y:.*]] = xf.softmax %arg0 {axis = 1 : i64}
// CHECK-NEXT: return %[[Y]]
func.func @jax(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = xf.reduce %x {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<max>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %1 = xf.sub %x, %0 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %2 = xf.exp %1 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = xf.reduce %2 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<sum>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %4 = xf.div %2, %3 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// Overflows where the softmax does not.
// CHECK-LABEL: func.func @unshifted
// CHECK: xf.exp
func.func @unshifted(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = xf.exp %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = xf.reduce %0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<sum>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %2 = xf.div %0, %1 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @other_axis
// CHECK: xf.exp
func.func @other_axis(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = xf.reduce %x {axes = array<i64: 0>, keep_dims, kind = #xf.reduce_kind<max>} : (tensor<4x8xf32>) -> tensor<1x8xf32>
  %1 = xf.sub %x, %0 : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  %2 = xf.exp %1 : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %3 = xf.reduce %2 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<sum>} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %4 = xf.div %2, %3 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  return %4 : tensor<4x8xf32>
}
