// RUN: hagane-opt %s --hagane-form-kernels --split-input-file --remarks-filter=kernels 2>&1 | FileCheck %s

xf.symbol @n {min = 0 : i64, max = 512 : i64}

// One work item per tuple of the indices.
// CHECK-DAG: remark: {{.*}}xf.gather_nd
// CHECK-LABEL: func.func @gather_nd
// CHECK: kernel.task ins {{.*}} outs {{.*}} {item_count = #xf.dim<n>
// CHECK-COUNT-2: memref.load {{.*}} : memref<?x2xi64
// CHECK: scf.for
func.func @gather_nd(%x: tensor<3x4x5xf32>, %i: tensor<?x2xi64> {xf.dims = [#xf.dim<n>, #xf.dim<2>]}) -> tensor<?x5xf32> {
  %y = xf.gather_nd %x, %i {batch_dims = 0 : i64} : (tensor<3x4x5xf32>, tensor<?x2xi64>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// -----

xf.symbol @n {min = 0 : i64, max = 512 : i64}

// Updates that may meet are applied by one work item, in order.
// CHECK-LABEL: func.func @scatter_nd
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<2>
// CHECK-LABEL: func.func @scatter_elements
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<n>
// CHECK: arith.addf
func.func @scatter_nd(%x: tensor<8x20xf32>, %i: tensor<?x1xi64> {xf.dims = [#xf.dim<n>, #xf.dim<1>]}, %u: tensor<?x20xf32> {xf.dims = [#xf.dim<n>, #xf.dim<20>]}) -> tensor<8x20xf32> {
  %y = xf.scatter_nd %x, %i, %u {kind = #xf.scatter_kind<set>} : (tensor<8x20xf32>, tensor<?x1xi64>, tensor<?x20xf32>) -> tensor<8x20xf32>
  return %y : tensor<8x20xf32>
}
func.func @scatter_elements(%x: tensor<?x5xf32> {xf.dims = [#xf.dim<n>, #xf.dim<5>]}, %i: tensor<2x2xi64>, %u: tensor<2x2xf32>) -> tensor<?x5xf32> {
  %y = xf.scatter_elements %x, %i, %u {axis = 1 : i64, kind = #xf.scatter_kind<add>} : (tensor<?x5xf32>, tensor<2x2xi64>, tensor<2x2xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// -----

xf.symbol @n {min = 1 : i64, max = 512 : i64}

// Lines along the axis are the work items of scans.
// CHECK-LABEL: func.func @scans
// CHECK-COUNT-3: kernel.task {{.*}} {item_count = #xf.dim<n>
func.func @scans(%x: tensor<?x6xf32> {xf.dims = [#xf.dim<n>, #xf.dim<6>]}) -> (tensor<?x6xf32>, tensor<?xi64>, tensor<?x2xf32>, tensor<?x2xi64>) {
  %s = xf.cumsum %x {axis = 1 : i64} : (tensor<?x6xf32>) -> tensor<?x6xf32>
  %a = xf.arg_reduce %x {axis = 1 : i64, largest = true} : (tensor<?x6xf32>) -> tensor<?xi64>
  %v, %i = xf.topk %x {k = [#xf.dim<2>], axis = 1 : i64, largest = true} : (tensor<?x6xf32>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %s, %a, %v, %i : tensor<?x6xf32>, tensor<?xi64>, tensor<?x2xf32>, tensor<?x2xi64>
}

// -----

xf.symbol @n {min = 1 : i64, max = 512 : i64}

// Blocks of an axis become an axis of their own.
// CHECK-DAG: affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @quantize
// CHECK: tensor.expand_shape {{.*}} into tensor<?x4x16xf32>
// CHECK: kernel.map
// CHECK: math.roundeven
// CHECK: tensor.collapse_shape
func.func @quantize(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<n>, #xf.dim<64>]}, %s: tensor<?x4xf32> {xf.dims = [#xf.dim<n>, #xf.dim<4>]}) -> tensor<?x64xi8> {
  %y = xf.quantize %x, %s {axis = 1 : i64, block = 16 : i64, to = i8} : (tensor<?x64xf32>, tensor<?x4xf32>) -> tensor<?x64xi8>
  return %y : tensor<?x64xi8>
}

// -----

// Statistics of groups, then an element-wise kernel.
// CHECK-LABEL: func.func @group_norm
// CHECK: kernel.rows {{.*}} {kinds = ["sum", "sum"]
// CHECK: kernel.map
func.func @group_norm(%x: tensor<2x6x4x4xf32>, %s: tensor<6xf32>, %b: tensor<6xf32>) -> tensor<2x6x4x4xf32> {
  %y = xf.group_norm %x, %s, %b {groups = 3 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x6x4x4xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<2x6x4x4xf32>
  return %y : tensor<2x6x4x4xf32>
}

// -----

xf.symbol @past {min = 0 : i64, max = 512 : i64}
xf.symbol @total {min = 1 : i64, max = 512 : i64}

// What stands behind a transpose is read where it is.
// CHECK: #[[MOVED:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1, d3)>
// CHECK: #[[PLAIN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func.func @cache_write
// CHECK-SAME: %[[X:.*]]: tensor<3x1x2x8xf32>, %[[S:.*]]: tensor<3xi64>, %[[PAST:.*]]: tensor<3x2x?x8xf32>
// CHECK: kernel.write %[[X]], %[[S]] past %[[PAST]] outs %{{.*}} {axis = 2 : i64, shapes = {{.*}}, x_map = #[[MOVED]]}
// CHECK: kernel.write %[[X]], %[[S]] outs %{{.*}} {axis = 1 : i64, keep_rest, shapes = {{.*}}, x_map = #[[PLAIN]]}
// CHECK-NOT: kernel.task
func.func @cache_write(%x: tensor<3x1x2x8xf32>, %s: tensor<3xi64>, %past: tensor<3x2x?x8xf32> {xf.dims = [#xf.dim<3>, #xf.dim<2>, #xf.dim<past>, #xf.dim<8>]}) -> (tensor<3x2x?x8xf32>, tensor<3x4x2x8xf32>) {
  %t = xf.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : (tensor<3x1x2x8xf32>) -> tensor<3x2x1x8xf32>
  %y = xf.cache_write %t, %s, %past {operandSegmentSizes = array<i32: 1, 1, 1, 0>, axis = 2 : i64, extent = [#xf.dim<total>]} : (tensor<3x2x1x8xf32>, tensor<3xi64>, tensor<3x2x?x8xf32>) -> tensor<3x2x?x8xf32>
  %z = xf.cache_write %x, %s {operandSegmentSizes = array<i32: 1, 1, 0, 0>, axis = 1 : i64, keep_rest, extent = [#xf.dim<4>]} : (tensor<3x1x2x8xf32>, tensor<3xi64>) -> tensor<3x4x2x8xf32>
  return %y, %z : tensor<3x2x?x8xf32>, tensor<3x4x2x8xf32>
}

// -----

xf.computed_size @count {min = 0 : i64, max = 512 : i64}

// CHECK-LABEL: func.func @compact
// CHECK: xf.bind @count
// CHECK: %[[N:.*]] = xf.dim_value {dim = #xf.dim<count>}
// CHECK: tensor.empty(%[[N]]) : tensor<2x?xi64>
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<1>
func.func @compact(%x: tensor<3x4xf32>, %n: tensor<i64>) -> tensor<2x?xi64> {
  xf.bind @count, %n : tensor<i64>
  %y = xf.compact %x {count = [#xf.dim<count>]} : (tensor<3x4xf32>) -> tensor<2x?xi64>
  return %y : tensor<2x?xi64>
}

// -----

xf.computed_size @i {min = 0 : i64, max = 6 : i64}

// An item is a view, and takes its place in a tensor by an insertion.

// CHECK-LABEL: func.func @items
// CHECK-SAME: %[[X:.*]]: tensor<3x7x4xf32>, %[[Y:.*]]: tensor<7x3xf32>
// CHECK: %[[I:.*]] = xf.dim_value {dim = #xf.dim<i>} : index
// CHECK: tensor.extract_slice %[[X]][0, %[[I]], 0] [3, 1, 4] [1, 1, 1] : tensor<3x7x4xf32> to tensor<3x4xf32>
// CHECK: %[[J:.*]] = xf.dim_value {dim = #xf.dim<-i + 6>} : index
// CHECK: %[[P:.*]] = tensor.insert_slice %{{.*}} into %[[Y]][%[[J]], 0] [1, 3] [1, 1] : tensor<3xf32> into tensor<7x3xf32>
// CHECK: return %[[P]]
func.func @items(%x: tensor<3x7x4xf32>, %y: tensor<7x3xf32>, %n: tensor<i64>) -> tensor<7x3xf32> {
  xf.bind @i, %n : tensor<i64>
  %0 = xf.item %x {at = #xf.dim<i>, axis = 1 : i64} : (tensor<3x7x4xf32>) -> tensor<3x4xf32>
  %1 = xf.reduce %0 {axes = array<i64: 1>, kind = #xf.reduce_kind<sum>} : (tensor<3x4xf32>) -> tensor<3xf32>
  %2 = xf.put_item %1, %y {at = #xf.dim<6 - i>, axis = 0 : i64} : (tensor<3xf32>, tensor<7x3xf32>) -> tensor<7x3xf32>
  return %2 : tensor<7x3xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// A table that is a product's weight as well is stored once, in panels: rows are columns of those.
// CHECK-LABEL: kernel.global @weight_0 : tensor<3x17x32x2xbf16>
// CHECK: kernel.pack {{.*}}interleave = 2 : i64, panel = 32 : i64, transposed{{.*}} : tensor<67x33xbf16>
// CHECK-NOT: kernel.global
// CHECK-LABEL: func.func @tied
// CHECK: %[[TABLE:.*]] = kernel.get_global @weight_0
// CHECK: kernel.task ins %[[TABLE]], %{{.*}}item_count = #xf.dim<s>
// CHECK: ^bb0(%[[PANELS:.*]]: memref<3x17x32x2xbf16{{.*}}>, %[[I:[^:]*]]: memref
// CHECK: %[[ROW:.*]] = kernel.position %{{.*}} of %c67
// CHECK-DAG: arith.divui %[[ROW]], %c32
// CHECK-DAG: arith.remui %[[ROW]], %c32
// CHECK: scf.for %[[PAIR:.*]] = %c0{{.*}} to %c16
// CHECK: memref.load %[[PANELS]][%{{.*}}, %[[PAIR]], %{{.*}}, %c0
// CHECK: memref.load %[[PANELS]][%{{.*}}, %[[PAIR]], %{{.*}}, %c1
// The last element has no second one.
// CHECK: memref.load %[[PANELS]][%{{.*}}, %c16{{[^,]*}}, %{{.*}}, %c0
// CHECK: kernel.gemm {{.*}}b_layout = "interleaved"
func.func @tied(%i: tensor<?xi64> {xf.dims = [#xf.dim<s>]}) -> tensor<?x67xf32> {
  %t = xf.constant {value = dense<1.0> : tensor<67x33xf32>} : () -> tensor<67x33xf32>
  %0 = xf.gather %t, %i {axis = 0 : i64, xf.factor_type = bf16} : (tensor<67x33xf32>, tensor<?xi64>) -> tensor<?x33xf32>
  %1 = xf.linear %0, %t {transpose_weight, xf.factor_type = bf16} : (tensor<?x33xf32>, tensor<67x33xf32>) -> tensor<?x67xf32>
  return %1 : tensor<?x67xf32>
}
