// RUN: hagane-opt %s -hagane-simplify-forms | FileCheck %s

xf.symbol @b {min = 1 : i64, max = 64 : i64}
xf.symbol @s {min = 1 : i64, max = 64 : i64}

// CHECK-LABEL: func.func @index_tuples
// CHECK: %[[I:.*]] = xf.reshape %{{.*}} {shape = [#xf.dim<3>, #xf.dim<1>]}
// CHECK: xf.gather %arg0, %[[I]] {axis = 0 : i64} : (tensor<6x4xf32>, tensor<3x1xi64>) -> tensor<3x1x4xf32>
func.func @index_tuples(%x: tensor<6x4xf32>, %i: tensor<3x1x1xi1>) -> tensor<3x1x4xf32> {
  %j = xf.cast %i {to = i64} : (tensor<3x1x1xi1>) -> tensor<3x1x1xi64>
  %0 = xf.gather_nd %x, %j {batch_dims = 0 : i64} : (tensor<6x4xf32>, tensor<3x1x1xi64>) -> tensor<3x1x4xf32>
  return %0 : tensor<3x1x4xf32>
}

// Queries, keys and values as an axis of their own, before or behind the heads.
// CHECK-LABEL: func.func @packed_outside
// CHECK: %[[S:.*]] = xf.slice %arg0 {axes = array<i64: 2>, ends = [#xf.dim<16>], {{.*}}starts = [#xf.dim<8>]
// CHECK: xf.reshape %[[S]] {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<2>, #xf.dim<4>]}
func.func @packed_outside(%x: tensor<?x?x24xf32> {xf.dims = [#xf.dim<b>, #xf.dim<s>, #xf.dim<24>]}) -> tensor<?x?x2x4xf32> {
  %one = xf.constant {value = dense<1> : tensor<i64>} : () -> tensor<i64>
  %0 = xf.reshape %x {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<3>, #xf.dim<2>, #xf.dim<4>]} : (tensor<?x?x24xf32>) -> tensor<?x?x3x2x4xf32>
  %1 = xf.transpose %0 {permutation = array<i64: 2, 0, 1, 3, 4>} : (tensor<?x?x3x2x4xf32>) -> tensor<3x?x?x2x4xf32>
  %2 = xf.gather %1, %one {axis = 0 : i64} : (tensor<3x?x?x2x4xf32>, tensor<i64>) -> tensor<?x?x2x4xf32>
  return %2 : tensor<?x?x2x4xf32>
}

// CHECK-LABEL: func.func @packed_inside
// CHECK: %[[R:.*]] = xf.reshape %arg0 {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<2>, #xf.dim<12>]}
// CHECK: %[[S:.*]] = xf.slice %[[R]] {axes = array<i64: 3>, ends = [#xf.dim<12>], {{.*}}starts = [#xf.dim<8>]
// CHECK: return %[[S]]
func.func @packed_inside(%x: tensor<?x?x24xf32> {xf.dims = [#xf.dim<b>, #xf.dim<s>, #xf.dim<24>]}) -> tensor<?x?x2x4xf32> {
  %last = xf.constant {value = dense<-1> : tensor<i64>} : () -> tensor<i64>
  %0 = xf.reshape %x {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<2>, #xf.dim<3>, #xf.dim<4>]} : (tensor<?x?x24xf32>) -> tensor<?x?x2x3x4xf32>
  %1 = xf.gather %0, %last {axis = 3 : i64} : (tensor<?x?x2x3x4xf32>, tensor<i64>) -> tensor<?x?x2x4xf32>
  return %1 : tensor<?x?x2x4xf32>
}

// The second of each pair.
// CHECK-LABEL: func.func @pairs
// CHECK: %[[S:.*]] = xf.slice %arg0 {axes = array<i64: 1>, ends = [#xf.dim<8>], {{.*}}starts = [#xf.dim<1>], steps = array<i64: 2>}
// CHECK: return %[[S]]
func.func @pairs(%x: tensor<3x8xf32>) -> tensor<3x4xf32> {
  %one = xf.constant {value = dense<1> : tensor<i64>} : () -> tensor<i64>
  %0 = xf.reshape %x {shape = [#xf.dim<3>, #xf.dim<4>, #xf.dim<2>]} : (tensor<3x8xf32>) -> tensor<3x4x2xf32>
  %1 = xf.gather %0, %one {axis = 2 : i64} : (tensor<3x4x2xf32>, tensor<i64>) -> tensor<3x4xf32>
  return %1 : tensor<3x4xf32>
}

// Rotary embeddings are found by the halves of what they rotate.
// CHECK-LABEL: func.func @last_axis
// CHECK: xf.transpose
// CHECK: xf.slice
func.func @last_axis(%x: tensor<2x5x3x8xf32>) -> tensor<2x3x5x4xf32> {
  %0 = xf.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x5x3x8xf32>) -> tensor<2x3x5x8xf32>
  %1 = xf.slice %0 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 3>, starts = [#xf.dim<0>], ends = [#xf.dim<4>], steps = array<i64: 1>} : (tensor<2x3x5x8xf32>) -> tensor<2x3x5x4xf32>
  return %1 : tensor<2x3x5x4xf32>
}

// mask[i, j] for all i and j, as PyTorch's functional masks are exported.
// CHECK-LABEL: func.func @gather_grid
// CHECK-NEXT: return %arg0
func.func @gather_grid(%m: tensor<?x?xi1> {xf.dims = [#xf.dim<b>, #xf.dim<s>]}) -> tensor<?x?xi1> {
  %0 = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<b>, #xf.dim<1>], to = i64} : () -> tensor<?xi64>
  %1 = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<s>, #xf.dim<1>], to = i64} : () -> tensor<?xi64>
  %2 = xf.reshape %0 {shape = [#xf.dim<b>, #xf.dim<1>]} : (tensor<?xi64>) -> tensor<?x1xi64>
  %3 = xf.broadcast %2 {shape = [#xf.dim<b>, #xf.dim<s>]} : (tensor<?x1xi64>) -> tensor<?x?xi64>
  %4 = xf.reshape %3 {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<1>]} : (tensor<?x?xi64>) -> tensor<?x?x1xi64>
  %5 = xf.broadcast %1 {shape = [#xf.dim<b>, #xf.dim<s>]} : (tensor<?xi64>) -> tensor<?x?xi64>
  %6 = xf.reshape %5 {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<1>]} : (tensor<?x?xi64>) -> tensor<?x?x1xi64>
  %7 = xf.concat %4, %6 {axis = 2 : i64} : (tensor<?x?x1xi64>, tensor<?x?x1xi64>) -> tensor<?x?x2xi64>
  %8 = xf.gather_nd %m, %7 {batch_dims = 0 : i64} : (tensor<?x?xi1>, tensor<?x?x2xi64>) -> tensor<?x?xi1>
  return %8 : tensor<?x?xi1>
}

// A mask of keys by positions in the flat mask, as vectorized maps write it.
// CHECK-LABEL: func.func @gather_flat
// CHECK-NEXT: %[[R:.*]] = xf.reshape %arg0 {shape = [#xf.dim<b>, #xf.dim<1>, #xf.dim<1>, #xf.dim<s>, #xf.dim<1>]}
// CHECK-NEXT: return %[[R]]
func.func @gather_flat(%m: tensor<?x?xi1> {xf.dims = [#xf.dim<b>, #xf.dim<s>]}) -> tensor<?x1x1x?x1xi1> {
  %0 = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<b>, #xf.dim<1>], to = i64} : () -> tensor<?xi64>
  %1 = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<s>, #xf.dim<1>], to = i64} : () -> tensor<?xi64>
  %2 = xf.reshape %0 {shape = [#xf.dim<b>, #xf.dim<1>, #xf.dim<1>, #xf.dim<1>]} : (tensor<?xi64>) -> tensor<?x1x1x1xi64>
  %3 = xf.reshape %1 {shape = [#xf.dim<1>, #xf.dim<1>, #xf.dim<1>, #xf.dim<s>]} : (tensor<?xi64>) -> tensor<1x1x1x?xi64>
  %4 = xf.dims {elements = [#xf.dim<s>], to = tensor<1xi64>} : () -> tensor<1xi64>
  %5 = xf.mul %2, %4 : (tensor<?x1x1x1xi64>, tensor<1xi64>) -> tensor<?x1x1x1xi64>
  %6 = xf.add %3, %5 : (tensor<1x1x1x?xi64>, tensor<?x1x1x1xi64>) -> tensor<?x1x1x?xi64>
  %7 = xf.reshape %m {shape = [#xf.dim<b * s>, #xf.dim<1>]} : (tensor<?x?xi1>) -> tensor<?x1xi1>
  %8 = xf.gather %7, %6 {axis = 0 : i64} : (tensor<?x1xi1>, tensor<?x1x1x?xi64>) -> tensor<?x1x1x?x1xi1>
  return %8 : tensor<?x1x1x?x1xi1>
}

// Along the other axis first: not the mask's order.
// CHECK-LABEL: func.func @gather_flat_swapped
// CHECK: xf.gather
func.func @gather_flat_swapped(%m: tensor<4x4xf32>) -> tensor<4x4x1xf32> {
  %0 = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<4>, #xf.dim<1>], to = i64} : () -> tensor<4xi64>
  %1 = xf.reshape %0 {shape = [#xf.dim<1>, #xf.dim<4>]} : (tensor<4xi64>) -> tensor<1x4xi64>
  %2 = xf.reshape %0 {shape = [#xf.dim<4>, #xf.dim<1>]} : (tensor<4xi64>) -> tensor<4x1xi64>
  %3 = xf.constant {value = dense<4> : tensor<i64>} : () -> tensor<i64>
  %4 = xf.mul %1, %3 : (tensor<1x4xi64>, tensor<i64>) -> tensor<1x4xi64>
  %5 = xf.add %4, %2 : (tensor<1x4xi64>, tensor<4x1xi64>) -> tensor<4x4xi64>
  %6 = xf.reshape %m {shape = [#xf.dim<16>, #xf.dim<1>]} : (tensor<4x4xf32>) -> tensor<16x1xf32>
  %7 = xf.gather %6, %5 {axis = 0 : i64} : (tensor<16x1xf32>, tensor<4x4xi64>) -> tensor<4x4x1xf32>
  return %7 : tensor<4x4x1xf32>
}

// Transposed: not the tensor as it is.
// CHECK-LABEL: func.func @gather_transposed
// CHECK: xf.gather_nd
func.func @gather_transposed(%m: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<3>, #xf.dim<1>], to = i64} : () -> tensor<3xi64>
  %2 = xf.reshape %0 {shape = [#xf.dim<3>, #xf.dim<1>]} : (tensor<3xi64>) -> tensor<3x1xi64>
  %3 = xf.broadcast %2 {shape = [#xf.dim<3>, #xf.dim<3>]} : (tensor<3x1xi64>) -> tensor<3x3xi64>
  %4 = xf.reshape %3 {shape = [#xf.dim<3>, #xf.dim<3>, #xf.dim<1>]} : (tensor<3x3xi64>) -> tensor<3x3x1xi64>
  %5 = xf.broadcast %0 {shape = [#xf.dim<3>, #xf.dim<3>]} : (tensor<3xi64>) -> tensor<3x3xi64>
  %6 = xf.reshape %5 {shape = [#xf.dim<3>, #xf.dim<3>, #xf.dim<1>]} : (tensor<3x3xi64>) -> tensor<3x3x1xi64>
  %7 = xf.concat %6, %4 {axis = 2 : i64} : (tensor<3x3x1xi64>, tensor<3x3x1xi64>) -> tensor<3x3x2xi64>
  %8 = xf.gather_nd %m, %7 {batch_dims = 0 : i64} : (tensor<3x3xf32>, tensor<3x3x2xi64>) -> tensor<3x3xf32>
  return %8 : tensor<3x3xf32>
}

// x[:, :] = y by TorchScript.
// CHECK-LABEL: func.func @scatter_grid
// CHECK-NEXT: return %arg1
func.func @scatter_grid(%x: tensor<1x3xf32>, %y: tensor<1x3xf32>) -> tensor<1x3xf32> {
  %zero = xf.constant {value = dense<0> : tensor<i64>} : () -> tensor<i64>
  %1 = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<3>, #xf.dim<1>], to = i64} : () -> tensor<3xi64>
  %3 = xf.broadcast %zero {shape = [#xf.dim<1>, #xf.dim<3>]} : (tensor<i64>) -> tensor<1x3xi64>
  %4 = xf.reshape %3 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<1>]} : (tensor<1x3xi64>) -> tensor<1x3x1xi64>
  %5 = xf.broadcast %1 {shape = [#xf.dim<1>, #xf.dim<3>]} : (tensor<3xi64>) -> tensor<1x3xi64>
  %6 = xf.reshape %5 {shape = [#xf.dim<1>, #xf.dim<3>, #xf.dim<1>]} : (tensor<1x3xi64>) -> tensor<1x3x1xi64>
  %7 = xf.concat %4, %6 {axis = 2 : i64} : (tensor<1x3x1xi64>, tensor<1x3x1xi64>) -> tensor<1x3x2xi64>
  %8 = xf.scatter_nd %x, %7, %y {kind = #xf.scatter_kind<set>} : (tensor<1x3xf32>, tensor<1x3x2xi64>, tensor<1x3xf32>) -> tensor<1x3xf32>
  return %8 : tensor<1x3xf32>
}

// CHECK-LABEL: func.func @swapped_before
// CHECK: %[[R:.*]] = xf.reshape %arg0 {shape = [#xf.dim<2>, #xf.dim<3>, #xf.dim<5>, #xf.dim<4>]}
// CHECK: xf.transpose %[[R]] {permutation = array<i64: 0, 1, 3, 2>}
func.func @swapped_before(%x: tensor<6x5x4xf32>) -> tensor<2x3x4x5xf32> {
  %0 = xf.transpose %x {permutation = array<i64: 0, 2, 1>} : (tensor<6x5x4xf32>) -> tensor<6x4x5xf32>
  %1 = xf.reshape %0 {shape = [#xf.dim<2>, #xf.dim<3>, #xf.dim<4>, #xf.dim<5>]} : (tensor<6x4x5xf32>) -> tensor<2x3x4x5xf32>
  return %1 : tensor<2x3x4x5xf32>
}

// CHECK-LABEL: func.func @unit_axes
// CHECK-NEXT: %[[R:.*]] = xf.reshape %arg0
// CHECK-NEXT: return %[[R]]
func.func @unit_axes(%x: tensor<4x1x5xf32>) -> tensor<1x4x5xf32> {
  %0 = xf.transpose %x {permutation = array<i64: 1, 0, 2>} : (tensor<4x1x5xf32>) -> tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// CHECK-LABEL: func.func @there_and_back
// CHECK-NEXT: return %arg0
func.func @there_and_back(%x: tensor<4xf16>) -> tensor<4xf16> {
  %0 = xf.cast %x {to = f32} : (tensor<4xf16>) -> tensor<4xf32>
  %1 = xf.cast %0 {to = f16} : (tensor<4xf32>) -> tensor<4xf16>
  return %1 : tensor<4xf16>
}

// CHECK-LABEL: func.func @back_and_there
// CHECK-COUNT-2: xf.cast
func.func @back_and_there(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xf.cast %x {to = f16} : (tensor<4xf32>) -> tensor<4xf16>
  %1 = xf.cast %0 {to = f32} : (tensor<4xf16>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: func.func @subtracted
// CHECK: %[[C:.*]] = xf.constant {value = dense<-2.0{{0*}}e+00> : tensor<f32>}
// CHECK: xf.add %arg0, %[[C]]
func.func @subtracted(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = xf.constant {value = dense<2.0> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.sub %x, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func.func @negated_mask
// CHECK-NEXT: xf.select %arg0, %arg1, %arg2
func.func @negated_mask(%m: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xf.not %m : (tensor<4xi1>) -> tensor<4xi1>
  %1 = xf.select %0, %y, %x : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: func.func @differences
// CHECK-NEXT: xf.sub %arg0, %arg1
// CHECK-NEXT: xf.sub %arg0, %arg1
func.func @differences(%x: tensor<4x8xf32>, %y: tensor<4x1xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = xf.neg %y : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %1 = xf.add %x, %0 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  %2 = xf.add %0, %x : (tensor<4x1xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @outer
// CHECK-NEXT: xf.mul %arg0, %arg1
func.func @outer(%x: tensor<2x4x1xf32>, %y: tensor<2x1x3xf32>) -> tensor<2x4x3xf32> {
  %0 = xf.matmul %x, %y : (tensor<2x4x1xf32>, tensor<2x1x3xf32>) -> tensor<2x4x3xf32>
  return %0 : tensor<2x4x3xf32>
}

// CHECK-LABEL: func.func @mean
// CHECK: xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>}
// CHECK-NEXT: return
func.func @mean(%x: tensor<?x8xf32>) -> tensor<?x1xf32> {
  %c = xf.constant {value = dense<8.0> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.reduce %x {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<sum>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %1 = xf.div %0, %c : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  return %1 : tensor<?x1xf32>
}

// CHECK-LABEL: func.func @expanded
// CHECK-NEXT: xf.add %arg0, %arg1
func.func @expanded(%x: tensor<2x4xf32>, %y: tensor<1x4xf32>) -> tensor<2x4xf32> {
  %0 = xf.broadcast %y {shape = [#xf.dim<2>, #xf.dim<4>]} : (tensor<1x4xf32>) -> tensor<2x4xf32>
  %1 = xf.add %x, %0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @split_before
// CHECK: %[[R:.*]] = xf.reshape %arg0 {shape = [#xf.dim<5>, #xf.dim<2>, #xf.dim<3>, #xf.dim<4>]}
// CHECK: xf.transpose %[[R]] {permutation = array<i64: 1, 2, 0, 3>}
func.func @split_before(%x: tensor<5x6x4xf32>) -> tensor<2x3x5x4xf32> {
  %0 = xf.transpose %x {permutation = array<i64: 1, 0, 2>} : (tensor<5x6x4xf32>) -> tensor<6x5x4xf32>
  %1 = xf.reshape %0 {shape = [#xf.dim<2>, #xf.dim<3>, #xf.dim<5>, #xf.dim<4>]} : (tensor<6x5x4xf32>) -> tensor<2x3x5x4xf32>
  return %1 : tensor<2x3x5x4xf32>
}

// CHECK-LABEL: func.func @flattened_rows
// CHECK: %[[Y:.*]] = xf.linear %arg0, %{{.*}} : (tensor<?x?x4xf32>, tensor<4x3xf32>, tensor<3xf32>) -> tensor<?x?x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @flattened_rows(%x: tensor<?x?x4xf32> {xf.dims = [#xf.dim<b>, #xf.dim<s>, #xf.dim<4>]}) -> tensor<?x?x3xf32> {
  %w = xf.constant {value = dense<0.5> : tensor<4x3xf32>} : () -> tensor<4x3xf32>
  %b = xf.constant {value = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  %0 = xf.reshape %x {shape = [#xf.dim<b * s>, #xf.dim<4>]} : (tensor<?x?x4xf32>) -> tensor<?x4xf32>
  %1 = xf.linear %0, %w, %b : (tensor<?x4xf32>, tensor<4x3xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  %2 = xf.reshape %1 {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<3>]} : (tensor<?x3xf32>) -> tensor<?x?x3xf32>
  return %2 : tensor<?x?x3xf32>
}

// One key: its weight is 1, and the product an attention's.
// CHECK-LABEL: func.func @one_key
// CHECK: xf.softmax
// CHECK: xf.matmul
func.func @one_key(%s: tensor<2x4x1xf32>, %v: tensor<2x1x3xf32>) -> tensor<2x4x3xf32> {
  %0 = xf.softmax %s {axis = 2 : i64} : (tensor<2x4x1xf32>) -> tensor<2x4x1xf32>
  %1 = xf.matmul %0, %v : (tensor<2x4x1xf32>, tensor<2x1x3xf32>) -> tensor<2x4x3xf32>
  return %1 : tensor<2x4x3xf32>
}

// Queries and keys packed as axes of their own, one position of which leaves a
// transpose behind a reshape: halves for a rotary embedding stay behind both.
// CHECK-LABEL: func.func @halves_behind_units
// CHECK: xf.transpose
// CHECK: xf.reshape
// CHECK: xf.slice
func.func @halves_behind_units(%x: tensor<2x5x1x4x16xf32>) -> tensor<2x4x5x8xf32> {
  %0 = xf.transpose %x {permutation = array<i64: 0, 3, 2, 1, 4>} : (tensor<2x5x1x4x16xf32>) -> tensor<2x4x1x5x16xf32>
  %1 = xf.reshape %0 {shape = [#xf.dim<2>, #xf.dim<4>, #xf.dim<5>, #xf.dim<16>]} : (tensor<2x4x1x5x16xf32>) -> tensor<2x4x5x16xf32>
  %2 = xf.slice %1 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 3>, starts = [#xf.dim<0>], ends = [#xf.dim<8>], steps = array<i64: 1>} : (tensor<2x4x5x16xf32>) -> tensor<2x4x5x8xf32>
  return %2 : tensor<2x4x5x8xf32>
}

// CHECK-LABEL: func.func @shifted
// CHECK-NEXT: xf.softmax %arg0 {axis = 1 : i64}
func.func @shifted(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = xf.reduce %x {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<max>} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %1 = xf.sub %x, %0 : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %2 = xf.softmax %1 {axis = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
