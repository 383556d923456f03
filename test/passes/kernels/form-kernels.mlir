// RUN: hagane-opt %s --hagane-form-kernels --cse --split-input-file | FileCheck %s

xf.symbol @n {min = 1 : i64, max = 512 : i64}

// A weight becomes a packed global; equal constants share one.
// CHECK: kernel.global @weight_0 : tensor<2x8x32xf32>
// CHECK: kernel.pack %{{.*}} {panel = 32 : i64, transposed}
// CHECK: kernel.global @weight_1 : tensor<40xf32>
// CHECK-NOT: kernel.global
// CHECK-LABEL: func.func @linear
// CHECK: tensor.collapse_shape %{{.*}} {{\[}}[0, 1], [2]]
// CHECK: kernel.gemm {{.*}} extras {{.*}} {b_layout = "panels"
// CHECK: tensor.expand_shape
// CHECK: kernel.gemm
func.func @linear(%x: tensor<2x?x8xf32> {xf.dims = [#xf.dim<2>, #xf.dim<n>, #xf.dim<8>]}) -> (tensor<2x?x40xf32>, tensor<2x?x40xf32>) {
  %w = xf.constant {value = dense_resource<w> : tensor<40x8xf32>} : () -> tensor<40x8xf32>
  %b = xf.constant {value = dense_resource<b> : tensor<40xf32>} : () -> tensor<40xf32>
  %y = xf.linear %x, %w, %b {transpose_weight} : (tensor<2x?x8xf32>, tensor<40x8xf32>, tensor<40xf32>) -> tensor<2x?x40xf32>
  %z = xf.linear %x, %w {transpose_weight} : (tensor<2x?x8xf32>, tensor<40x8xf32>) -> tensor<2x?x40xf32>
  return %y, %z : tensor<2x?x40xf32>, tensor<2x?x40xf32>
}

// -----

xf.symbol @n {min = 1 : i64, max = 512 : i64}

// Scalars go into the body, sizes of 1 broadcast, i1 stays i1.
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-LABEL: func.func @elementwise
// CHECK: kernel.map ins %{{.*}}, %{{.*}} outs %{{.*}} {maps = [#[[ID]], #[[ROW]], #[[ID]]]
// CHECK: kernel.map
// CHECK: arith.constant 2.000000e+00 : f32
// CHECK: arith.cmpf olt
func.func @elementwise(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<n>, #xf.dim<8>]}, %r: tensor<?x1xf32> {xf.dims = [#xf.dim<n>, #xf.dim<1>]}) -> tensor<?x8xi1> {
  %two = xf.constant {value = dense<2.0> : tensor<f32>} : () -> tensor<f32>
  %a = xf.add %x, %r : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %c = xf.cmp %a, %two {kind = #xf.cmp_kind<lt>} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  return %c : tensor<?x8xi1>
}

// -----

xf.symbol @n {min = 1 : i64, max = 512 : i64}

// Softmax along another axis reads through permuted maps; a mean over the
// last axis is a row kernel; a mean over an unknown size divides by it.
// CHECK-DAG: #[[T:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func.func @rows
// CHECK: kernel.rows ins %{{.*}} outs %{{.*}} {kinds = ["max", "sum"], maps = [#[[T]], #[[T]]]
// CHECK: kernel.rows {{.*}} {kinds = ["sum"]
// CHECK: kernel.reduce {{.*}} {kind = "sum"
// CHECK: tensor.from_elements
// CHECK: arith.divf
func.func @rows(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<n>, #xf.dim<8>]}) -> (tensor<?x8xf32>, tensor<?xf32>, tensor<8xf32>) {
  %s = xf.softmax %x {axis = 0 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %m = xf.reduce %x {kind = #xf.reduce_kind<mean>, axes = array<i64: 1>} : (tensor<?x8xf32>) -> tensor<?xf32>
  %c = xf.reduce %x {kind = #xf.reduce_kind<mean>, axes = array<i64: 0>} : (tensor<?x8xf32>) -> tensor<8xf32>
  return %s, %m, %c : tensor<?x8xf32>, tensor<?xf32>, tensor<8xf32>
}

// -----

xf.symbol @p {min = 0 : i64, max = 512 : i64}

// A concatenation copies each operand into its part of the result.
// CHECK-LABEL: func.func @concat
// CHECK: %[[E:.*]] = tensor.empty
// CHECK: %[[S:.*]] = tensor.extract_slice %[[E]][0, 0]
// CHECK: kernel.map ins %{{.*}} outs %[[S]]
// CHECK: tensor.insert_slice
// CHECK: tensor.extract_slice %{{.*}}[%{{.*}}, 0] [2, 8]
// CHECK: kernel.map
// CHECK: tensor.insert_slice
func.func @concat(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<p>, #xf.dim<8>]}, %y: tensor<2x8xf32>) -> tensor<?x8xf32> {
  %z = xf.concat %x, %y {axis = 0 : i64} : (tensor<?x8xf32>, tensor<2x8xf32>) -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}
