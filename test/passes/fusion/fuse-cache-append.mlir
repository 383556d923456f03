// RUN: hagane-opt %s -hagane-fuse-cache-append --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] cache-append | Category:fusion | Function=cached
// CHECK-DAG: [Missed] cache-append | Category:fusion | Function=unread | {{.*}}Reason="no attention reads the cache"

xf.symbol @b {min = 1 : i64, max = 64 : i64}
xf.symbol @p {min = 0 : i64, max = 64 : i64}
xf.symbol @s {min = 1 : i64, max = 64 : i64}

// Keys as the attention has them; values as [batch, positions, heads, features].
// CHECK-LABEL: func.func @cached
// CHECK-SAME: %[[Q:.*]]: tensor<?x2x?x8xf32> {{.*}}, %[[PK:.*]]: tensor<?x2x?x8xf32> {{.*}}, %[[PV:.*]]: tensor<?x?x2x8xf32> {{.*}}, %[[K:.*]]: tensor<?x2x?x8xf32> {{.*}}, %[[V:.*]]: tensor<?x?x2x8xf32>
// CHECK-DAG: %[[KC:.*]] = xf.cache_append %[[PK]], %[[K]] {axis = 2 : i64}
// CHECK-DAG: %[[VC:.*]] = xf.cache_append %[[PV]], %[[V]] {axis = 1 : i64}
// CHECK-DAG: %[[VT:.*]] = xf.transpose %[[VC]]
// CHECK: xf.attention %[[Q]], %[[KC]], %[[VT]]
// CHECK: return %{{.*}}, %[[KC]], %[[VC]]
func.func @cached(%q: tensor<?x2x?x8xf32> {xf.dims = [#xf.dim<b>, #xf.dim<2>, #xf.dim<s>, #xf.dim<8>]},
                  %pk: tensor<?x2x?x8xf32> {xf.dims = [#xf.dim<b>, #xf.dim<2>, #xf.dim<p>, #xf.dim<8>]},
                  %pv: tensor<?x?x2x8xf32> {xf.dims = [#xf.dim<b>, #xf.dim<p>, #xf.dim<2>, #xf.dim<8>]},
                  %k: tensor<?x2x?x8xf32> {xf.dims = [#xf.dim<b>, #xf.dim<2>, #xf.dim<s>, #xf.dim<8>]},
                  %v: tensor<?x?x2x8xf32> {xf.dims = [#xf.dim<b>, #xf.dim<s>, #xf.dim<2>, #xf.dim<8>]}) -> (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x?x2x8xf32>) {
  %kc = xf.concat %pk, %k {axis = 2 : i64} : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32>
  %vc = xf.concat %pv, %v {axis = 1 : i64} : (tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>) -> tensor<?x?x2x8xf32>
  %vt = xf.transpose %vc {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x2x8xf32>) -> tensor<?x2x?x8xf32>
  %y = xf.attention %q, %kc, %vt {scale = 0.25 : f64, causal = #xf.causal_kind<none>} : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32>
  return %y, %kc, %vc : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x?x2x8xf32>
}

// CHECK-LABEL: func.func @unread
// CHECK: xf.concat
func.func @unread(%p: tensor<1x2x?x8xf32>, %x: tensor<1x2x?x8xf32>) -> tensor<1x2x?x8xf32> {
  %c = xf.concat %p, %x {axis = 2 : i64} : (tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) -> tensor<1x2x?x8xf32>
  return %c : tensor<1x2x?x8xf32>
}
