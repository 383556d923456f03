// RUN: hagane-opt %s -hagane-fuse-rotary --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] rotary | Category:fusion | Function=llama
// CHECK-DAG: [Missed] rotary | Category:fusion | Function=unproved | {{.*}}Reason="the tables are not proved to repeat each angle for both features of a pair"

xf.symbol @b {min = 1 : i64, max = 64 : i64}
xf.symbol @s {min = 1 : i64, max = 64 : i64}

// Llama: angles concatenated with themselves, scaled, unsqueezed over heads.
// CHECK-LABEL: func.func @llama
// CHECK-SAME: %[[X:.*]]: tensor<?x4x?x16xf32> {{.*}}, %[[F:.*]]: tensor<?x?x8xf32>
// CHECK-DAG: %[[C:.*]] = xf.cos %[[F]] : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
// CHECK-DAG: %[[CM:.*]] = xf.mul %[[C]]
// CHECK-DAG: %[[CR:.*]] = xf.reshape %[[CM]] {shape = [#xf.dim<b>, #xf.dim<1>, #xf.dim<s>, #xf.dim<8>]}
// CHECK-DAG: %[[S:.*]] = xf.sin %[[F]]
// CHECK-DAG: %[[SM:.*]] = xf.mul %[[S]]
// CHECK-DAG: %[[SR:.*]] = xf.reshape %[[SM]]
// CHECK: %[[Y:.*]] = xf.rotary %[[X]], %[[CR]], %[[SR]] {rotated = 16 : i64} : (tensor<?x4x?x16xf32>, tensor<?x1x?x8xf32>, tensor<?x1x?x8xf32>) -> tensor<?x4x?x16xf32>
// CHECK-NEXT: return %[[Y]]
func.func @llama(%x: tensor<?x4x?x16xf32> {xf.dims = [#xf.dim<b>, #xf.dim<4>, #xf.dim<s>, #xf.dim<16>]},
                 %f: tensor<?x?x8xf32> {xf.dims = [#xf.dim<b>, #xf.dim<s>, #xf.dim<8>]}) -> tensor<?x4x?x16xf32> {
  %k = xf.constant {value = dense<2.0> : tensor<f32>} : () -> tensor<f32>
  %e = xf.concat %f, %f {axis = 2 : i64} : (tensor<?x?x8xf32>, tensor<?x?x8xf32>) -> tensor<?x?x16xf32>
  %c0 = xf.cos %e : (tensor<?x?x16xf32>) -> tensor<?x?x16xf32>
  %c1 = xf.mul %c0, %k : (tensor<?x?x16xf32>, tensor<f32>) -> tensor<?x?x16xf32>
  %c = xf.reshape %c1 {shape = [#xf.dim<b>, #xf.dim<1>, #xf.dim<s>, #xf.dim<16>]} : (tensor<?x?x16xf32>) -> tensor<?x1x?x16xf32>
  %s0 = xf.sin %e : (tensor<?x?x16xf32>) -> tensor<?x?x16xf32>
  %s1 = xf.mul %s0, %k : (tensor<?x?x16xf32>, tensor<f32>) -> tensor<?x?x16xf32>
  %s = xf.reshape %s1 {shape = [#xf.dim<b>, #xf.dim<1>, #xf.dim<s>, #xf.dim<16>]} : (tensor<?x?x16xf32>) -> tensor<?x1x?x16xf32>
  %0 = xf.mul %x, %c : (tensor<?x4x?x16xf32>, tensor<?x1x?x16xf32>) -> tensor<?x4x?x16xf32>
  %1 = xf.slice %x {axes = array<i64: 3>, starts = [#xf.dim<0>], ends = [#xf.dim<8>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<?x4x?x16xf32>) -> tensor<?x4x?x8xf32>
  %2 = xf.slice %x {axes = array<i64: 3>, starts = [#xf.dim<8>], ends = [#xf.dim<9223372036854775807>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<?x4x?x16xf32>) -> tensor<?x4x?x8xf32>
  %3 = xf.neg %2 : (tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  %4 = xf.concat %3, %1 {axis = 3 : i64} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x16xf32>
  %5 = xf.mul %4, %s : (tensor<?x4x?x16xf32>, tensor<?x1x?x16xf32>) -> tensor<?x4x?x16xf32>
  %6 = xf.add %0, %5 : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  return %6 : tensor<?x4x?x16xf32>
}

// Tables that constant folding computed: their elements are the proof.
// CHECK-LABEL: func.func @constant_tables
// CHECK: %[[C:.*]] = xf.slice %{{.*}} {axes = array<i64: 1>, ends = [#xf.dim<2>], {{.*}}starts = [#xf.dim<0>], steps = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2x2xf32>
// CHECK: %[[S:.*]] = xf.slice
// CHECK: xf.rotary %{{.*}}, %[[C]], %[[S]] {rotated = 4 : i64}
func.func @constant_tables(%x: tensor<3x2x4xf32>) -> tensor<3x2x4xf32> {
  %c = xf.constant {value = dense<[[1.0, 2.0, 1.0, 2.0], [3.0, 4.0, 3.0, 4.0]]> : tensor<2x4xf32>} : () -> tensor<2x4xf32>
  %s = xf.constant {value = dense<[[5.0, 6.0, 5.0, 6.0], [7.0, 8.0, 7.0, 8.0]]> : tensor<2x4xf32>} : () -> tensor<2x4xf32>
  %1 = xf.slice %x {axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<2>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %2 = xf.slice %x {axes = array<i64: 2>, starts = [#xf.dim<2>], ends = [#xf.dim<4>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %3 = xf.neg %2 : (tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %4 = xf.concat %3, %1 {axis = 2 : i64} : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x4xf32>
  %5 = xf.mul %s, %4 : (tensor<2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x4xf32>
  %6 = xf.mul %c, %x : (tensor<2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x4xf32>
  %7 = xf.add %5, %6 : (tensor<3x2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x4xf32>
  return %7 : tensor<3x2x4xf32>
}

// Halves rotated one by one.
// CHECK-LABEL: func.func @pairwise
// CHECK-NEXT: xf.rotary %arg0, %arg1, %arg2 {rotated = 4 : i64}
func.func @pairwise(%x: tensor<3x2x4xf32>, %c: tensor<2x2xf32>, %s: tensor<2x2xf32>) -> tensor<3x2x4xf32> {
  %1 = xf.slice %x {axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<2>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %2 = xf.slice %x {axes = array<i64: 2>, starts = [#xf.dim<2>], ends = [#xf.dim<4>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %3 = xf.mul %1, %c : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %4 = xf.mul %2, %s : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %5 = xf.sub %3, %4 : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %6 = xf.mul %1, %s : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %7 = xf.mul %c, %2 : (tensor<2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %8 = xf.add %6, %7 : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %9 = xf.concat %5, %8 {axis = 2 : i64} : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x4xf32>
  return %9 : tensor<3x2x4xf32>
}

// GPT-J: neighbours turned, each angle repeated by a broadcast.
// CHECK-LABEL: func.func @interleaved
// CHECK-NEXT: xf.rotary %arg0, %arg1, %arg2 {interleaved, rotated = 4 : i64}
func.func @interleaved(%x: tensor<3x2x4xf32>, %ch: tensor<2x2xf32>, %sh: tensor<2x2xf32>) -> tensor<3x2x4xf32> {
  %c1 = xf.reshape %ch {shape = [#xf.dim<2>, #xf.dim<2>, #xf.dim<1>]} : (tensor<2x2xf32>) -> tensor<2x2x1xf32>
  %c2 = xf.broadcast %c1 {shape = [#xf.dim<2>, #xf.dim<2>, #xf.dim<2>]} : (tensor<2x2x1xf32>) -> tensor<2x2x2xf32>
  %c = xf.reshape %c2 {shape = [#xf.dim<2>, #xf.dim<4>]} : (tensor<2x2x2xf32>) -> tensor<2x4xf32>
  %s1 = xf.reshape %sh {shape = [#xf.dim<2>, #xf.dim<2>, #xf.dim<1>]} : (tensor<2x2xf32>) -> tensor<2x2x1xf32>
  %s2 = xf.broadcast %s1 {shape = [#xf.dim<2>, #xf.dim<2>, #xf.dim<2>]} : (tensor<2x2x1xf32>) -> tensor<2x2x2xf32>
  %s = xf.reshape %s2 {shape = [#xf.dim<2>, #xf.dim<4>]} : (tensor<2x2x2xf32>) -> tensor<2x4xf32>
  %0 = xf.mul %x, %c : (tensor<3x2x4xf32>, tensor<2x4xf32>) -> tensor<3x2x4xf32>
  %1 = xf.slice %x {axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<9223372036854775807>], steps = array<i64: 2>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %2 = xf.slice %x {axes = array<i64: 2>, starts = [#xf.dim<1>], ends = [#xf.dim<9223372036854775807>], steps = array<i64: 2>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %3 = xf.neg %2 : (tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %4 = xf.reshape %3 {shape = [#xf.dim<3>, #xf.dim<2>, #xf.dim<2>, #xf.dim<1>]} : (tensor<3x2x2xf32>) -> tensor<3x2x2x1xf32>
  %5 = xf.reshape %1 {shape = [#xf.dim<3>, #xf.dim<2>, #xf.dim<2>, #xf.dim<1>]} : (tensor<3x2x2xf32>) -> tensor<3x2x2x1xf32>
  %6 = xf.concat %4, %5 {axis = 3 : i64} : (tensor<3x2x2x1xf32>, tensor<3x2x2x1xf32>) -> tensor<3x2x2x2xf32>
  %7 = xf.reshape %6 {shape = [#xf.dim<3>, #xf.dim<2>, #xf.dim<4>]} : (tensor<3x2x2x2xf32>) -> tensor<3x2x4xf32>
  %8 = xf.mul %7, %s : (tensor<3x2x4xf32>, tensor<2x4xf32>) -> tensor<3x2x4xf32>
  %9 = xf.add %0, %8 : (tensor<3x2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x4xf32>
  return %9 : tensor<3x2x4xf32>
}

// CHECK-LABEL: func.func @unproved
// CHECK-NOT: xf.rotary
// CHECK: return
func.func @unproved(%x: tensor<3x2x4xf32>, %c: tensor<2x4xf32>, %s: tensor<2x4xf32>) -> tensor<3x2x4xf32> {
  %0 = xf.mul %x, %c : (tensor<3x2x4xf32>, tensor<2x4xf32>) -> tensor<3x2x4xf32>
  %1 = xf.slice %x {axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<2>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %2 = xf.slice %x {axes = array<i64: 2>, starts = [#xf.dim<2>], ends = [#xf.dim<4>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %3 = xf.neg %2 : (tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %4 = xf.concat %3, %1 {axis = 2 : i64} : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x4xf32>
  %5 = xf.mul %4, %s : (tensor<3x2x4xf32>, tensor<2x4xf32>) -> tensor<3x2x4xf32>
  %6 = xf.add %0, %5 : (tensor<3x2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x4xf32>
  return %6 : tensor<3x2x4xf32>
}

// Only the first features rotate; the signs stand elsewhere.
// CHECK-LABEL: func.func @partial
// CHECK: %[[Y:.*]] = xf.rotary %arg0, %{{.*}}, %{{.*}} {rotated = 4 : i64} : (tensor<3x2x6xf32>
// CHECK-NEXT: return %[[Y]]
func.func @partial(%x: tensor<3x2x6xf32>, %ch: tensor<2x2xf32>, %sh: tensor<2x2xf32>) -> tensor<3x2x6xf32> {
  %c = xf.concat %ch, %ch {axis = 1 : i64} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
  %s = xf.concat %sh, %sh {axis = 1 : i64} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
  %r = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<4>], steps = array<i64: 1>} : (tensor<3x2x6xf32>) -> tensor<3x2x4xf32>
  %p = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 2>, starts = [#xf.dim<4>], ends = [#xf.dim<9223372036854775807>], steps = array<i64: 1>} : (tensor<3x2x6xf32>) -> tensor<3x2x2xf32>
  %x1 = xf.slice %r {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<2>], steps = array<i64: 1>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %x2 = xf.slice %r {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 2>, starts = [#xf.dim<2>], ends = [#xf.dim<4>], steps = array<i64: 1>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %n = xf.neg %x1 : (tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %t = xf.concat %x2, %n {axis = 2 : i64} : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x4xf32>
  %0 = xf.mul %c, %r : (tensor<2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x4xf32>
  %1 = xf.mul %s, %t : (tensor<2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x4xf32>
  %2 = xf.sub %0, %1 : (tensor<3x2x4xf32>, tensor<3x2x4xf32>) -> tensor<3x2x4xf32>
  %3 = xf.concat %2, %p {axis = 2 : i64} : (tensor<3x2x4xf32>, tensor<3x2x2xf32>) -> tensor<3x2x6xf32>
  return %3 : tensor<3x2x6xf32>
}

// Pairs whose second parts are negated before the sum.
// CHECK-LABEL: func.func @signed_pairs
// CHECK: xf.rotary %arg0, %arg1, %arg2 {rotated = 4 : i64}
func.func @signed_pairs(%x: tensor<3x2x4xf32>, %c: tensor<2x2xf32>, %s: tensor<2x2xf32>) -> tensor<3x2x4xf32> {
  %x1 = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<2>], steps = array<i64: 1>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %x2 = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 2>, starts = [#xf.dim<2>], ends = [#xf.dim<4>], steps = array<i64: 1>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %n = xf.neg %x2 : (tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %0 = xf.mul %s, %n : (tensor<2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %1 = xf.mul %x1, %c : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %2 = xf.add %0, %1 : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %3 = xf.mul %x2, %c : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %4 = xf.mul %x1, %s : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %5 = xf.add %4, %3 : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %y = xf.concat %2, %5 {axis = 2 : i64} : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x4xf32>
  return %y : tensor<3x2x4xf32>
}

// The wrong sign: no rotation.
// CHECK-LABEL: func.func @mirrored
// CHECK-NOT: xf.rotary
// CHECK: return
func.func @mirrored(%x: tensor<3x2x4xf32>, %c: tensor<2x2xf32>, %s: tensor<2x2xf32>) -> tensor<3x2x4xf32> {
  %x1 = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<2>], steps = array<i64: 1>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %x2 = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 2>, starts = [#xf.dim<2>], ends = [#xf.dim<4>], steps = array<i64: 1>} : (tensor<3x2x4xf32>) -> tensor<3x2x2xf32>
  %0 = xf.mul %x1, %c : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %1 = xf.mul %x2, %s : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %2 = xf.add %0, %1 : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %3 = xf.mul %x2, %c : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %4 = xf.mul %x1, %s : (tensor<3x2x2xf32>, tensor<2x2xf32>) -> tensor<3x2x2xf32>
  %5 = xf.sub %3, %4 : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %y = xf.concat %2, %5 {axis = 2 : i64} : (tensor<3x2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x4xf32>
  return %y : tensor<3x2x4xf32>
}
