// RUN: hagane-opt %s -hagane-fuse-attention --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] attention | Category:fusion | Function=bert | Nodes="/MatMul_1, /Softmax, /Add, /Div, /MatMul"
// CHECK-DAG: [Passed] attention | Category:fusion | Function=sdpa

xf.symbol @batch {min = 1 : i64, max = 9223372036854775807 : i64}
xf.symbol @seq {min = 1 : i64, max = 9223372036854775807 : i64}
xf.symbol @total {min = 1 : i64, max = 9223372036854775807 : i64}

// BERT by TorchScript: composite transposes, the scores divided, an additive mask.
// CHECK-LABEL: func.func @bert
// CHECK-SAME: %[[Q:.*]]: tensor<?x?x4x8xf32> {{.*}}, %[[K:.*]]: tensor<?x?x4x8xf32> {{.*}}, %[[V:.*]]: tensor<?x?x4x8xf32> {{.*}}, %[[M:[a-z0-9]*]]:
// CHECK-DAG: %[[QT:.*]] = xf.transpose %[[Q]] {permutation = array<i64: 0, 2, 1, 3>}
// CHECK-DAG: %[[KT:.*]] = xf.transpose %[[K]] {permutation = array<i64: 0, 2, 1, 3>}
// CHECK-DAG: %[[VT:.*]] = xf.transpose %[[V]] {permutation = array<i64: 0, 2, 1, 3>}
// CHECK: %[[Y:.*]] = xf.attention %[[QT]], %[[KT]], %[[VT]] bias %[[M]] {causal = #xf.causal_kind<none>, scale = 0.353{{[0-9]*}} : f64}
// CHECK-NEXT: return %[[Y]]
func.func @bert(%q: tensor<?x?x4x8xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<4>, #xf.dim<8>]},
                %k: tensor<?x?x4x8xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<4>, #xf.dim<8>]},
                %v: tensor<?x?x4x8xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<4>, #xf.dim<8>]},
                %m: tensor<?x1x1x?xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<1>, #xf.dim<1>, #xf.dim<seq>]}) -> tensor<?x4x?x8xf32> {
  %root = xf.constant {value = dense<2.82842708> : tensor<f32>} : () -> tensor<f32>
  %qt = xf.transpose %q {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x4x8xf32>) -> tensor<?x4x?x8xf32>
  %kt = xf.transpose %k {permutation = array<i64: 0, 2, 3, 1>} : (tensor<?x?x4x8xf32>) -> tensor<?x4x8x?xf32>
  %vt = xf.transpose %v {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x4x8xf32>) -> tensor<?x4x?x8xf32>
  %0 = xf.matmul %qt, %kt : (tensor<?x4x?x8xf32>, tensor<?x4x8x?xf32>) -> tensor<?x4x?x?xf32> loc("/MatMul")
  %1 = xf.div %0, %root : (tensor<?x4x?x?xf32>, tensor<f32>) -> tensor<?x4x?x?xf32> loc("/Div")
  %2 = xf.add %1, %m : (tensor<?x4x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x4x?x?xf32> loc("/Add")
  %3 = xf.softmax %2 {axis = 3 : i64} : (tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xf32> loc("/Softmax")
  %4 = xf.matmul %3, %vt : (tensor<?x4x?x?xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32> loc("/MatMul_1")
  return %4 : tensor<?x4x?x8xf32>
}

// PyTorch's scaled_dot_product_attention by the dynamo exporter: the root of the scale on q and on
// k^T, grouped heads repeated, a boolean mask, NaN rows replaced by zeros.
// CHECK-LABEL: func.func @sdpa
// CHECK-SAME: %[[Q:.*]]: tensor<?x4x?x16xf32> {{.*}}, %[[K:.*]]: tensor<?x2x?x16xf32> {{.*}}, %[[V:.*]]: tensor<?x2x?x16xf32> {{.*}}, %[[M:[a-z0-9]*]]:
// CHECK-NEXT: %[[Y:.*]] = xf.attention %[[Q]], %[[K]], %[[V]] bias %[[M]] {causal = #xf.causal_kind<none>, scale = 2.5{{0*}}e-01 : f64}
// CHECK-NEXT: return %[[Y]]
func.func @sdpa(%q: tensor<?x4x?x16xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<4>, #xf.dim<seq>, #xf.dim<16>]},
                %k: tensor<?x2x?x16xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<2>, #xf.dim<total>, #xf.dim<16>]},
                %v: tensor<?x2x?x16xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<2>, #xf.dim<total>, #xf.dim<16>]},
                %m: tensor<?x1x?x?xi1> {xf.dims = [#xf.dim<batch>, #xf.dim<1>, #xf.dim<seq>, #xf.dim<total>]}) -> tensor<?x4x?x16xf32> {
  %root = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %low = xf.constant {value = dense<0xFF800000> : tensor<f32>} : () -> tensor<f32>
  %zero = xf.constant {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %k1 = xf.reshape %k {shape = [#xf.dim<batch>, #xf.dim<2>, #xf.dim<1>, #xf.dim<total>, #xf.dim<16>]} : (tensor<?x2x?x16xf32>) -> tensor<?x2x1x?x16xf32>
  %k2 = xf.broadcast %k1 {shape = [#xf.dim<batch>, #xf.dim<2>, #xf.dim<2>, #xf.dim<total>, #xf.dim<16>]} : (tensor<?x2x1x?x16xf32>) -> tensor<?x2x2x?x16xf32>
  %k3 = xf.reshape %k2 {shape = [#xf.dim<batch>, #xf.dim<4>, #xf.dim<total>, #xf.dim<16>]} : (tensor<?x2x2x?x16xf32>) -> tensor<?x4x?x16xf32>
  %v1 = xf.reshape %v {shape = [#xf.dim<batch>, #xf.dim<2>, #xf.dim<1>, #xf.dim<total>, #xf.dim<16>]} : (tensor<?x2x?x16xf32>) -> tensor<?x2x1x?x16xf32>
  %v2 = xf.broadcast %v1 {shape = [#xf.dim<batch>, #xf.dim<2>, #xf.dim<2>, #xf.dim<total>, #xf.dim<16>]} : (tensor<?x2x1x?x16xf32>) -> tensor<?x2x2x?x16xf32>
  %v3 = xf.reshape %v2 {shape = [#xf.dim<batch>, #xf.dim<4>, #xf.dim<total>, #xf.dim<16>]} : (tensor<?x2x2x?x16xf32>) -> tensor<?x4x?x16xf32>
  %qs = xf.mul %q, %root : (tensor<?x4x?x16xf32>, tensor<f32>) -> tensor<?x4x?x16xf32>
  %kt = xf.transpose %k3 {permutation = array<i64: 0, 1, 3, 2>} : (tensor<?x4x?x16xf32>) -> tensor<?x4x16x?xf32>
  %ks = xf.mul %kt, %root : (tensor<?x4x16x?xf32>, tensor<f32>) -> tensor<?x4x16x?xf32>
  %0 = xf.matmul %qs, %ks : (tensor<?x4x?x16xf32>, tensor<?x4x16x?xf32>) -> tensor<?x4x?x?xf32>
  %1 = xf.select %m, %0, %low : (tensor<?x1x?x?xi1>, tensor<?x4x?x?xf32>, tensor<f32>) -> tensor<?x4x?x?xf32>
  %2 = xf.softmax %1 {axis = 3 : i64} : (tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xf32>
  %3 = xf.is_nan %2 : (tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xi1>
  %4 = xf.select %3, %zero, %2 : (tensor<?x4x?x?xi1>, tensor<f32>, tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xf32>
  %5 = xf.matmul %4, %v3 : (tensor<?x4x?x?xf32>, tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  return %5 : tensor<?x4x?x16xf32>
}

// BART: q scaled before its heads are split, heads merged with the batch, the mask on a view.
// CHECK-LABEL: func.func @merged_batch
// CHECK-SAME: %[[X:.*]]: tensor<?x?x32xf32> {{.*}}, %[[K:.*]]: tensor<?x4x?x8xf32> {{.*}}, %[[V:.*]]: tensor<?x4x?x8xf32> {{.*}}, %[[M:[a-z0-9]*]]:
// CHECK-DAG: %[[H:.*]] = xf.reshape %[[X]] {shape = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<4>, #xf.dim<8>]}
// CHECK-DAG: %[[Q:.*]] = xf.transpose %[[H]]
// CHECK: %[[Y:.*]] = xf.attention %[[Q]], %[[K]], %[[V]] bias %[[M]] {{.*}}scale = 1.25{{0*}}e-01
// CHECK: %[[R:.*]] = xf.reshape %[[Y]]
// CHECK: return %[[R]]
func.func @merged_batch(%x: tensor<?x?x32xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<32>]},
                        %k: tensor<?x4x?x8xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<4>, #xf.dim<seq>, #xf.dim<8>]},
                        %v: tensor<?x4x?x8xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<4>, #xf.dim<seq>, #xf.dim<8>]},
                        %m: tensor<?x1x?x?xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<1>, #xf.dim<seq>, #xf.dim<seq>]}) -> tensor<?x?x8xf32> {
  %scale = xf.constant {value = dense<0.125> : tensor<f32>} : () -> tensor<f32>
  %xs = xf.mul %x, %scale : (tensor<?x?x32xf32>, tensor<f32>) -> tensor<?x?x32xf32>
  %h = xf.reshape %xs {shape = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<4>, #xf.dim<8>]} : (tensor<?x?x32xf32>) -> tensor<?x?x4x8xf32>
  %ht = xf.transpose %h {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x4x8xf32>) -> tensor<?x4x?x8xf32>
  %q3 = xf.reshape %ht {shape = [#xf.dim<batch * 4>, #xf.dim<seq>, #xf.dim<8>]} : (tensor<?x4x?x8xf32>) -> tensor<?x?x8xf32>
  %k3 = xf.reshape %k {shape = [#xf.dim<batch * 4>, #xf.dim<seq>, #xf.dim<8>]} : (tensor<?x4x?x8xf32>) -> tensor<?x?x8xf32>
  %v3 = xf.reshape %v {shape = [#xf.dim<batch * 4>, #xf.dim<seq>, #xf.dim<8>]} : (tensor<?x4x?x8xf32>) -> tensor<?x?x8xf32>
  %kt = xf.transpose %k3 {permutation = array<i64: 0, 2, 1>} : (tensor<?x?x8xf32>) -> tensor<?x8x?xf32>
  %0 = xf.matmul %q3, %kt : (tensor<?x?x8xf32>, tensor<?x8x?xf32>) -> tensor<?x?x?xf32>
  %1 = xf.reshape %0 {shape = [#xf.dim<batch>, #xf.dim<4>, #xf.dim<seq>, #xf.dim<seq>]} : (tensor<?x?x?xf32>) -> tensor<?x4x?x?xf32>
  %2 = xf.add %1, %m : (tensor<?x4x?x?xf32>, tensor<?x1x?x?xf32>) -> tensor<?x4x?x?xf32>
  %3 = xf.reshape %2 {shape = [#xf.dim<batch * 4>, #xf.dim<seq>, #xf.dim<seq>]} : (tensor<?x4x?x?xf32>) -> tensor<?x?x?xf32>
  %4 = xf.softmax %3 {axis = 2 : i64} : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %5 = xf.matmul %4, %v3 : (tensor<?x?x?xf32>, tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %5 : tensor<?x?x8xf32>
}

// Soft capping, then a mask whose lowest float is kept as a bias: a row that hides every key stays
// the mean of the values.
// CHECK-LABEL: func.func @capped
// CHECK: %[[B:.*]] = xf.select %arg3, %{{.*}}, %{{.*}} : (tensor<1x1x5x7xi1>, tensor<f32>, tensor<f32>) -> tensor<1x1x5x7xf32>
// CHECK: xf.attention %arg0, %arg1, %arg2 bias %[[B]] {{.*}}scale = 5.000000e-01 : f64, softcap = 3.000000e+01 : f64
func.func @capped(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<1x1x5x7xi1>) -> tensor<1x2x5x4xf32> {
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %cap = xf.constant {value = dense<30.0> : tensor<f32>} : () -> tensor<f32>
  %low = xf.constant {value = dense<-3.40282347E+38> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.mul %0, %half : (tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %2 = xf.div %1, %cap : (tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %3 = xf.tanh %2 : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %4 = xf.mul %3, %cap : (tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %5 = xf.select %m, %low, %4 : (tensor<1x1x5x7xi1>, tensor<f32>, tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %6 = xf.softmax %5 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %7 = xf.matmul %6, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %7 : tensor<1x2x5x4xf32>
}

// One key/value head, spread over all heads by a broadcast.
// CHECK-LABEL: func.func @single_head
// CHECK-NEXT: xf.attention %arg0, %arg1, %arg2 {{.*}} : (tensor<1x2x5x4xf32>, tensor<1x1x7x4xf32>, tensor<1x1x7x4xf32>) -> tensor<1x2x5x4xf32>
func.func @single_head(%q: tensor<1x2x5x4xf32>, %k: tensor<1x1x7x4xf32>, %v: tensor<1x1x7x4xf32>) -> tensor<1x2x5x4xf32> {
  %kb = xf.broadcast %k {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<7>, #xf.dim<4>]} : (tensor<1x1x7x4xf32>) -> tensor<1x2x7x4xf32>
  %vb = xf.broadcast %v {shape = [#xf.dim<1>, #xf.dim<2>, #xf.dim<7>, #xf.dim<4>]} : (tensor<1x1x7x4xf32>) -> tensor<1x2x7x4xf32>
  %0 = xf.matmul %q, %kb {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.softmax %0 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.matmul %1, %vb : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %2 : tensor<1x2x5x4xf32>
}

// Without heads: a batch of three matrices, two masks.
// CHECK-LABEL: func.func @no_heads
// CHECK-DAG: %[[M:.*]] = xf.select %arg4, %arg3, %{{.*}} : (tensor<1x5x7xi1>, tensor<5x7xf32>, tensor<f32>)
// CHECK-DAG: %[[Q:.*]] = xf.reshape %arg0 {shape = [#xf.dim<3>, #xf.dim<1>, #xf.dim<5>, #xf.dim<4>]}
// CHECK: xf.attention %[[Q]], %{{.*}}, %{{.*}} bias %[[M]]
func.func @no_heads(%q: tensor<3x5x4xf32>, %k: tensor<3x7x4xf32>, %v: tensor<3x7x4xf32>, %m: tensor<5x7xf32>, %b: tensor<1x5x7xi1>) -> tensor<3x5x4xf32> {
  %low = xf.constant {value = dense<0xFF800000> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<3x5x4xf32>, tensor<3x7x4xf32>) -> tensor<3x5x7xf32>
  %1 = xf.add %m, %0 : (tensor<5x7xf32>, tensor<3x5x7xf32>) -> tensor<3x5x7xf32>
  %2 = xf.select %b, %1, %low : (tensor<1x5x7xi1>, tensor<3x5x7xf32>, tensor<f32>) -> tensor<3x5x7xf32>
  %3 = xf.softmax %2 {axis = 2 : i64} : (tensor<3x5x7xf32>) -> tensor<3x5x7xf32>
  %4 = xf.matmul %3, %v : (tensor<3x5x7xf32>, tensor<3x7x4xf32>) -> tensor<3x5x4xf32>
  return %4 : tensor<3x5x4xf32>
}

// GPT-2 before 2022: -10000 hides a score. One mask that selects, then one that adds, scaled.
// CHECK-LABEL: func.func @finite_fill
// CHECK: %[[B:.*]] = xf.select %{{.*}}, %{{.*}}, %{{.*}} : (tensor<1x1x5x7xi1>, tensor<f32>, tensor<f32>)
// CHECK: %[[A:.*]] = xf.add %[[B]], %{{.*}} : (tensor<1x1x5x7xf32>, tensor<1x1x1x7xf32>)
// CHECK: xf.attention %{{.*}} bias %[[A]] {causal = #xf.causal_kind<none>, scale = 5.000000e-01 : f64}
func.func @finite_fill(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<1x1x5x7xi1>, %a: tensor<1x1x1x7xf32>) -> tensor<1x2x5x4xf32> {
  %low = xf.constant {value = dense<-10000.0> : tensor<f32>} : () -> tensor<f32>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.select %m, %0, %low : (tensor<1x1x5x7xi1>, tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %2 = xf.mul %1, %half : (tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %3 = xf.add %a, %2 : (tensor<1x1x1x7xf32>, tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %4 = xf.softmax %3 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %5 = xf.matmul %4, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %5 : tensor<1x2x5x4xf32>
}

// An addend before the scale is scaled itself.
// CHECK-LABEL: func.func @mask_before_scale
// CHECK: %[[B:.*]] = xf.mul %{{.*}}, %{{.*}} : (tensor<5x7xf32>, tensor<f32>) -> tensor<5x7xf32>
// CHECK: xf.attention %{{.*}} bias %[[B]] {causal = #xf.causal_kind<none>, scale = 5.000000e-01 : f64}
func.func @mask_before_scale(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<5x7xf32>) -> tensor<1x2x5x4xf32> {
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.add %0, %m : (tensor<1x2x5x7xf32>, tensor<5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.mul %1, %half : (tensor<1x2x5x7xf32>, tensor<f32>) -> tensor<1x2x5x7xf32>
  %3 = xf.softmax %2 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %4 = xf.matmul %3, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %4 : tensor<1x2x5x4xf32>
}

// Early LLaMA and its descendants: the sum of scores and mask is limited from below.
// CHECK-LABEL: func.func @limited
// CHECK: %[[B:.*]] = xf.max %{{.*}}, %{{.*}} : (tensor<1x1x5x7xf32>, tensor<f32>) -> tensor<1x1x5x7xf32>
// CHECK: xf.attention %{{.*}} bias %[[B]]
func.func @limited(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %m: tensor<1x1x5x7xf32>) -> tensor<1x2x5x4xf32> {
  %low = xf.constant {value = dense<-3.40282347E+38> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.add %0, %m : (tensor<1x2x5x7xf32>, tensor<1x1x5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.max %low, %1 : (tensor<f32>, tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %3 = xf.softmax %2 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %4 = xf.matmul %3, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %4 : tensor<1x2x5x4xf32>
}

// Channels attend to each other: what counts as a head's features are positions.
// CHECK-LABEL: func.func @channels
// CHECK-NOT: xf.attention
// CHECK: xf.softmax
// CHECK: return
func.func @channels(%q: tensor<2x2x4x?xf32> {xf.dims = [#xf.dim<2>, #xf.dim<2>, #xf.dim<4>, #xf.dim<seq>]},
                    %k: tensor<2x2x4x?xf32> {xf.dims = [#xf.dim<2>, #xf.dim<2>, #xf.dim<4>, #xf.dim<seq>]},
                    %v: tensor<2x2x4x?xf32> {xf.dims = [#xf.dim<2>, #xf.dim<2>, #xf.dim<4>, #xf.dim<seq>]}) -> tensor<2x2x4x?xf32> {
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<2x2x4x?xf32>, tensor<2x2x4x?xf32>) -> tensor<2x2x4x4xf32>
  %1 = xf.softmax %0 {axis = 3 : i64} : (tensor<2x2x4x4xf32>) -> tensor<2x2x4x4xf32>
  %2 = xf.matmul %1, %v : (tensor<2x2x4x4xf32>, tensor<2x2x4x?xf32>) -> tensor<2x2x4x?xf32>
  return %2 : tensor<2x2x4x?xf32>
}

// ChatGLM: positions before the batch, heads merged with the batch inside of transposes.
// CHECK-LABEL: func.func @positions_first
// CHECK-SAME: %[[Q:.*]]: tensor<?x?x4x8xf32> {{.*}}, %[[K:.*]]: tensor<?x?x4x8xf32> {{.*}}, %[[V:[a-z0-9]*]]:
// CHECK-DAG: %[[QT:.*]] = xf.transpose %[[Q]] {permutation = array<i64: 1, 2, 0, 3>}
// CHECK-DAG: %[[KT:.*]] = xf.transpose %[[K]] {permutation = array<i64: 1, 2, 0, 3>}
// CHECK-DAG: %[[VT:.*]] = xf.transpose %[[V]] {permutation = array<i64: 1, 2, 0, 3>}
// CHECK: xf.attention %[[QT]], %[[KT]], %[[VT]] {causal
func.func @positions_first(%q: tensor<?x?x4x8xf32> {xf.dims = [#xf.dim<seq>, #xf.dim<batch>, #xf.dim<4>, #xf.dim<8>]},
                           %k: tensor<?x?x4x8xf32> {xf.dims = [#xf.dim<total>, #xf.dim<batch>, #xf.dim<4>, #xf.dim<8>]},
                           %v: tensor<?x?x4x8xf32> {xf.dims = [#xf.dim<total>, #xf.dim<batch>, #xf.dim<4>, #xf.dim<8>]}) -> tensor<?x?x8xf32> {
  %q1 = xf.reshape %q {shape = [#xf.dim<seq>, #xf.dim<batch * 4>, #xf.dim<8>]} : (tensor<?x?x4x8xf32>) -> tensor<?x?x8xf32>
  %q2 = xf.transpose %q1 {permutation = array<i64: 1, 0, 2>} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %k1 = xf.reshape %k {shape = [#xf.dim<total>, #xf.dim<batch * 4>, #xf.dim<8>]} : (tensor<?x?x4x8xf32>) -> tensor<?x?x8xf32>
  %k2 = xf.transpose %k1 {permutation = array<i64: 1, 2, 0>} : (tensor<?x?x8xf32>) -> tensor<?x8x?xf32>
  %v1 = xf.reshape %v {shape = [#xf.dim<total>, #xf.dim<batch * 4>, #xf.dim<8>]} : (tensor<?x?x4x8xf32>) -> tensor<?x?x8xf32>
  %v2 = xf.transpose %v1 {permutation = array<i64: 1, 0, 2>} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %0 = xf.matmul %q2, %k2 : (tensor<?x?x8xf32>, tensor<?x8x?xf32>) -> tensor<?x?x?xf32>
  %1 = xf.reshape %0 {shape = [#xf.dim<batch>, #xf.dim<4>, #xf.dim<seq>, #xf.dim<total>]} : (tensor<?x?x?xf32>) -> tensor<?x4x?x?xf32>
  %2 = xf.softmax %1 {axis = 3 : i64} : (tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xf32>
  %3 = xf.reshape %2 {shape = [#xf.dim<batch * 4>, #xf.dim<seq>, #xf.dim<total>]} : (tensor<?x4x?x?xf32>) -> tensor<?x?x?xf32>
  %4 = xf.matmul %3, %v2 : (tensor<?x?x?xf32>, tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %4 : tensor<?x?x8xf32>
}

// ChatGLM 2: shared heads repeated while positions come first.
// CHECK-LABEL: func.func @repeated_positions_first
// CHECK-SAME: %{{.*}}: tensor<1x4x5x8xf32>, %[[K:.*]]: tensor<7x1x2x8xf32>, %[[V:[a-z0-9]*]]:
// CHECK-DAG: %[[KT:.*]] = xf.transpose %[[K]] {permutation = array<i64: 1, 2, 0, 3>}
// CHECK-DAG: %[[VT:.*]] = xf.transpose %[[V]] {permutation = array<i64: 1, 2, 0, 3>}
// CHECK: xf.attention %{{.*}}, %[[KT]], %[[VT]] {causal
func.func @repeated_positions_first(%q: tensor<1x4x5x8xf32>, %k: tensor<7x1x2x8xf32>, %v: tensor<7x1x2x8xf32>) -> tensor<1x4x5x8xf32> {
  %k1 = xf.reshape %k {shape = [#xf.dim<7>, #xf.dim<1>, #xf.dim<2>, #xf.dim<1>, #xf.dim<8>]} : (tensor<7x1x2x8xf32>) -> tensor<7x1x2x1x8xf32>
  %k2 = xf.broadcast %k1 {shape = [#xf.dim<7>, #xf.dim<1>, #xf.dim<2>, #xf.dim<2>, #xf.dim<8>]} : (tensor<7x1x2x1x8xf32>) -> tensor<7x1x2x2x8xf32>
  %k3 = xf.reshape %k2 {shape = [#xf.dim<7>, #xf.dim<1>, #xf.dim<4>, #xf.dim<8>]} : (tensor<7x1x2x2x8xf32>) -> tensor<7x1x4x8xf32>
  %k4 = xf.transpose %k3 {permutation = array<i64: 1, 2, 0, 3>} : (tensor<7x1x4x8xf32>) -> tensor<1x4x7x8xf32>
  %v1 = xf.reshape %v {shape = [#xf.dim<7>, #xf.dim<1>, #xf.dim<2>, #xf.dim<1>, #xf.dim<8>]} : (tensor<7x1x2x8xf32>) -> tensor<7x1x2x1x8xf32>
  %v2 = xf.broadcast %v1 {shape = [#xf.dim<7>, #xf.dim<1>, #xf.dim<2>, #xf.dim<2>, #xf.dim<8>]} : (tensor<7x1x2x1x8xf32>) -> tensor<7x1x2x2x8xf32>
  %v3 = xf.reshape %v2 {shape = [#xf.dim<7>, #xf.dim<1>, #xf.dim<4>, #xf.dim<8>]} : (tensor<7x1x2x2x8xf32>) -> tensor<7x1x4x8xf32>
  %v4 = xf.transpose %v3 {permutation = array<i64: 1, 2, 0, 3>} : (tensor<7x1x4x8xf32>) -> tensor<1x4x7x8xf32>
  %0 = xf.matmul %q, %k4 {transpose_b} : (tensor<1x4x5x8xf32>, tensor<1x4x7x8xf32>) -> tensor<1x4x5x7xf32>
  %1 = xf.softmax %0 {axis = 3 : i64} : (tensor<1x4x5x7xf32>) -> tensor<1x4x5x7xf32>
  %2 = xf.matmul %1, %v4 : (tensor<1x4x5x7xf32>, tensor<1x4x7x8xf32>) -> tensor<1x4x5x8xf32>
  return %2 : tensor<1x4x5x8xf32>
}

// Swin: the batch is split into images and windows for a mask of each window.
// CHECK-LABEL: func.func @windows
// CHECK: %[[W:.*]] = xf.broadcast %{{.*}} {shape = [#xf.dim<2>, #xf.dim<3>, #xf.dim<1>, #xf.dim<4>, #xf.dim<4>]}
// CHECK: %[[B:.*]] = xf.reshape %[[W]] {shape = [#xf.dim<6>, #xf.dim<1>, #xf.dim<4>, #xf.dim<4>]}
// CHECK: xf.attention %{{.*}} bias %[[B]]
func.func @windows(%q: tensor<6x2x4x8xf32>, %k: tensor<6x2x4x8xf32>, %v: tensor<6x2x4x8xf32>, %m: tensor<1x3x1x4x4xf32>) -> tensor<6x2x4x8xf32> {
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<6x2x4x8xf32>, tensor<6x2x4x8xf32>) -> tensor<6x2x4x4xf32>
  %1 = xf.reshape %0 {shape = [#xf.dim<2>, #xf.dim<3>, #xf.dim<2>, #xf.dim<4>, #xf.dim<4>]} : (tensor<6x2x4x4xf32>) -> tensor<2x3x2x4x4xf32>
  %2 = xf.add %1, %m : (tensor<2x3x2x4x4xf32>, tensor<1x3x1x4x4xf32>) -> tensor<2x3x2x4x4xf32>
  %3 = xf.reshape %2 {shape = [#xf.dim<6>, #xf.dim<2>, #xf.dim<4>, #xf.dim<4>]} : (tensor<2x3x2x4x4xf32>) -> tensor<6x2x4x4xf32>
  %4 = xf.softmax %3 {axis = 3 : i64} : (tensor<6x2x4x4xf32>) -> tensor<6x2x4x4xf32>
  %5 = xf.matmul %4, %v : (tensor<6x2x4x4xf32>, tensor<6x2x4x8xf32>) -> tensor<6x2x4x8xf32>
  return %5 : tensor<6x2x4x8xf32>
}

// Swin 2: cosine attention, a learned scale per head.
// CHECK-LABEL: func.func @scaled_heads
// CHECK: %[[Q:.*]] = xf.mul %arg0, %arg3 : (tensor<1x2x5x4xf32>, tensor<2x1x1xf32>)
// CHECK: xf.attention %[[Q]], %arg1, %arg2 bias %arg4
func.func @scaled_heads(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %v: tensor<1x2x7x4xf32>, %s: tensor<2x1x1xf32>, %m: tensor<1x2x5x7xf32>) -> tensor<1x2x5x4xf32> {
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x7xf32>
  %1 = xf.mul %s, %0 : (tensor<2x1x1xf32>, tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %2 = xf.add %1, %m : (tensor<1x2x5x7xf32>, tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %3 = xf.softmax %2 {axis = 3 : i64} : (tensor<1x2x5x7xf32>) -> tensor<1x2x5x7xf32>
  %4 = xf.matmul %3, %v : (tensor<1x2x5x7xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x5x4xf32>
  return %4 : tensor<1x2x5x4xf32>
}

// GPT-OSS: one more score per head, whose weight is dropped.
// CHECK-LABEL: func.func @sinks
// CHECK: %[[S:.*]] = xf.reshape %{{.*}} {shape = [#xf.dim<2>]} : (tensor<1x2x1xf32>) -> tensor<2xf32>
// CHECK: xf.attention %arg0, %arg1, %arg2 sinks %[[S]]
func.func @sinks(%q: tensor<3x2x5x4xf32>, %k: tensor<3x2x7x4xf32>, %v: tensor<3x2x7x4xf32>, %s: tensor<1x2x1xf32>) -> tensor<3x2x5x4xf32> {
  %0 = xf.matmul %q, %k {transpose_b} : (tensor<3x2x5x4xf32>, tensor<3x2x7x4xf32>) -> tensor<3x2x5x7xf32>
  %1 = xf.broadcast %s {shape = [#xf.dim<3>, #xf.dim<2>, #xf.dim<5>]} : (tensor<1x2x1xf32>) -> tensor<3x2x5xf32>
  %2 = xf.reshape %1 {shape = [#xf.dim<3>, #xf.dim<2>, #xf.dim<5>, #xf.dim<1>]} : (tensor<3x2x5xf32>) -> tensor<3x2x5x1xf32>
  %3 = xf.concat %0, %2 {axis = 3 : i64} : (tensor<3x2x5x7xf32>, tensor<3x2x5x1xf32>) -> tensor<3x2x5x8xf32>
  %4 = xf.softmax %3 {axis = 3 : i64} : (tensor<3x2x5x8xf32>) -> tensor<3x2x5x8xf32>
  %5 = xf.slice %4 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 3>, starts = [#xf.dim<0>], ends = [#xf.dim<-1>], steps = array<i64: 1>} : (tensor<3x2x5x8xf32>) -> tensor<3x2x5x7xf32>
  %6 = xf.matmul %5, %v : (tensor<3x2x5x7xf32>, tensor<3x2x7x4xf32>) -> tensor<3x2x5x4xf32>
  return %6 : tensor<3x2x5x4xf32>
}
