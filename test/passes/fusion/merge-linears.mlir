// RUN: hagane-opt %s -hagane-merge-linears --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] merge-linears | Category:fusion | Function=qkv | Nodes="/q/MatMul, /k/MatMul, /v/MatMul", SavedBytes="b * s * 64"
// CHECK-DAG: [Missed] merge-linears | Category:fusion | Function=not_views | {{.*}}Reason="a user needs more than a view of a column range"

// Queries, keys and values, the latter two of fewer heads; later weights move up.
// CHECK-LABEL: func.func @qkv
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf32>
// CHECK: %[[W:.*]] = xf.concat %{{.*}}, %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x16xf32>
// CHECK: %[[B:.*]] = xf.concat {{.*}} {axis = 0 : i64} : (tensor<8xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<16xf32>
// CHECK: %[[Y:.*]] = xf.linear %[[X]], %[[W]], %[[B]]
// CHECK-SAME: -> tensor<?x?x16xf32>
// CHECK-DAG: %[[Q:.*]] = xf.slice %[[Y]] {axes = array<i64: 2>, ends = [#xf.dim<8>], {{.*}}starts = [#xf.dim<0>]
// CHECK-DAG: %[[K:.*]] = xf.slice %[[Y]] {axes = array<i64: 2>, ends = [#xf.dim<12>], {{.*}}starts = [#xf.dim<8>]
// CHECK-DAG: %[[V:.*]] = xf.slice %[[Y]] {axes = array<i64: 2>, ends = [#xf.dim<16>], {{.*}}starts = [#xf.dim<12>]
// CHECK-DAG: xf.reshape %[[Q]]
// CHECK-DAG: xf.reshape %[[K]]
// CHECK-DAG: xf.reshape %[[V]]
module {
  xf.symbol @b {min = 1 : i64, max = 64 : i64}
  xf.symbol @s {min = 1 : i64, max = 64 : i64}
  xf.symbol @n {min = 1 : i64, max = 64 : i64}
  func.func @qkv(%x: tensor<?x?x8xf32> {xf.dims = [#xf.dim<b>, #xf.dim<s>, #xf.dim<8>]}) -> (tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32>) {
    %wq = xf.constant {value = dense<1.0> : tensor<8x8xf32>} : () -> tensor<8x8xf32>
    %bq = xf.constant {value = dense<1.0> : tensor<8xf32>} : () -> tensor<8xf32>
    %q = xf.linear %x, %wq, %bq : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32> loc("/q/MatMul")
    %qh = xf.reshape %q {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<2>, #xf.dim<4>]} : (tensor<?x?x8xf32>) -> tensor<?x?x2x4xf32>
    %wk = xf.constant {value = dense<2.0> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
    %bk = xf.constant {value = dense<2.0> : tensor<4xf32>} : () -> tensor<4xf32>
    %k = xf.linear %x, %wk, %bk : (tensor<?x?x8xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<?x?x4xf32> loc("/k/MatMul")
    %kh = xf.reshape %k {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<1>, #xf.dim<4>]} : (tensor<?x?x4xf32>) -> tensor<?x?x1x4xf32>
    %wv = xf.constant {value = dense<3.0> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
    %bv = xf.constant {value = dense<3.0> : tensor<4xf32>} : () -> tensor<4xf32>
    %v = xf.linear %x, %wv, %bv : (tensor<?x?x8xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<?x?x4xf32> loc("/v/MatMul")
    %vh = xf.reshape %v {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<1>, #xf.dim<4>]} : (tensor<?x?x4xf32>) -> tensor<?x?x1x4xf32>
    return %qh, %kh, %vh : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32>
  }

  // Gate and up of weights [n, k], without biases.
  // CHECK-LABEL: func.func @gate_up
  // CHECK: %[[W:.*]] = xf.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : (tensor<6x8xf32>, tensor<6x8xf32>) -> tensor<12x8xf32>
  // CHECK: xf.linear %{{.*}}, %[[W]] {transpose_weight} : (tensor<?x8xf32>, tensor<12x8xf32>) -> tensor<?x12xf32>
  // CHECK: xf.gated
  func.func @gate_up(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
    %wg = xf.constant {value = dense<1.0> : tensor<6x8xf32>} : () -> tensor<6x8xf32>
    %wu = xf.constant {value = dense<2.0> : tensor<6x8xf32>} : () -> tensor<6x8xf32>
    %g = xf.linear %x, %wg {transpose_weight} : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
    %u = xf.linear %x, %wu {transpose_weight} : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
    %y = xf.gated %g, %u {activation = #xf.activation_kind<silu>} : (tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x6xf32>
    return %y : tensor<?x6xf32>
  }

  // A sigmoid's gate, apart from what else is computed of the operand: its halves are never stored.
  // CHECK-LABEL: func.func @apart
  // CHECK-DAG: %[[G:.*]] = xf.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x12xf32>
  // CHECK-DAG: %[[K:.*]] = xf.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x8xf32>
  // CHECK-DAG: xf.linear %{{.*}}, %[[G]]
  // CHECK-DAG: xf.linear %{{.*}}, %[[K]]
  func.func @apart(%x: tensor<5x8xf32>) -> (tensor<5x2x2xf32>, tensor<5x6xf32>, tensor<5x4x1xf32>) {
    %w = xf.constant {value = dense<1.0> : tensor<8x6xf32>} : () -> tensor<8x6xf32>
    %n = xf.constant {value = dense<3.0> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
    %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
    %a = xf.linear %x, %n : (tensor<5x8xf32>, tensor<8x4xf32>) -> tensor<5x4xf32>
    %p = xf.reshape %a {shape = [#xf.dim<5>, #xf.dim<2>, #xf.dim<2>]} : (tensor<5x4xf32>) -> tensor<5x2x2xf32>
    %g = xf.linear %x, %w : (tensor<5x8xf32>, tensor<8x6xf32>) -> tensor<5x6xf32>
    %h = xf.mul %g, %half : (tensor<5x6xf32>, tensor<f32>) -> tensor<5x6xf32>
    %s = xf.sigmoid %h : (tensor<5x6xf32>) -> tensor<5x6xf32>
    %u = xf.linear %x, %w : (tensor<5x8xf32>, tensor<8x6xf32>) -> tensor<5x6xf32>
    %y = xf.mul %u, %s : (tensor<5x6xf32>, tensor<5x6xf32>) -> tensor<5x6xf32>
    %b = xf.linear %x, %n : (tensor<5x8xf32>, tensor<8x4xf32>) -> tensor<5x4xf32>
    %q = xf.reshape %b {shape = [#xf.dim<5>, #xf.dim<4>, #xf.dim<1>]} : (tensor<5x4xf32>) -> tensor<5x4x1xf32>
    return %p, %y, %q : tensor<5x2x2xf32>, tensor<5x6xf32>, tensor<5x4x1xf32>
  }

  // CHECK-LABEL: func.func @not_views
  // CHECK-NOT: xf.concat
  // CHECK: return
  func.func @not_views(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<2x16xf32>) {
    %wa = xf.constant {value = dense<1.0> : tensor<8x8xf32>} : () -> tensor<8x8xf32>
    %wb = xf.constant {value = dense<2.0> : tensor<8x8xf32>} : () -> tensor<8x8xf32>
    %a = xf.linear %x, %wa : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    %b = xf.linear %x, %wb : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    %c = xf.reshape %b {shape = [#xf.dim<2>, #xf.dim<16>]} : (tensor<4x8xf32>) -> tensor<2x16xf32>
    return %a, %c : tensor<4x8xf32>, tensor<2x16xf32>
  }
}
