// RUN: hagane-opt %s --hagane-resolve-shapes --split-input-file | FileCheck %s

// Nothing hints that two inputs' sizes are equal: either may be 1 in some run.
// CHECK: xf.require #xf.dim<
// CHECK-SAME: "sizes of axis 0"
// CHECK: xf.symbol @a
// CHECK: xf.symbol @b
// CHECK-LABEL: func.func @free
// CHECK: %[[X:.*]] = xf.stretch %arg0 {shape = [#xf.dim<max(a, b)>, #xf.dim<4>]}
// CHECK: %[[Y:.*]] = xf.stretch %arg1 {shape = [#xf.dim<max(a, b)>, #xf.dim<4>]}
// CHECK: %[[S:.*]] = xf.add %[[X]], %[[Y]]
// What was stretched meets an operand again.
// CHECK: %[[Z:.*]] = xf.stretch %arg0 {shape = [#xf.dim<max(a, b)>, #xf.dim<4>]}
// CHECK: xf.mul %[[S]], %[[Z]]
xf.symbol @a {min = 1 : i64, max = 64 : i64}
xf.symbol @b {min = 1 : i64, max = 64 : i64}
func.func @free(%x: tensor<?x4xf32> {xf.dims = [#xf.dim<a>, #xf.dim<4>]}, %y: tensor<?x4xf32> {xf.dims = [#xf.dim<b>, #xf.dim<4>]}) -> tensor<?x4xf32> {
  %s = xf.add %x, %y : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %p = xf.mul %s, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %p : tensor<?x4xf32>
}

// -----

// Nothing at all may be there: 0 and 1 broadcast to 0.
// CHECK-LABEL: func.func @empty
// CHECK: xf.stretch %arg0 {shape = [#xf.dim<
// CHECK-NOT: [#xf.dim<max(a, b)>]
// CHECK: return
xf.symbol @a {min = 0 : i64, max = 64 : i64}
xf.symbol @b {min = 0 : i64, max = 64 : i64}
func.func @empty(%x: tensor<?xf32> {xf.dims = [#xf.dim<a>]}, %y: tensor<?xf32> {xf.dims = [#xf.dim<b>]}) -> tensor<?xf32> {
  %s = xf.add %x, %y : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %s : tensor<?xf32>
}

// -----

// A concatenation needs the sizes equal, so the sum repeats nothing.
// CHECK-NOT: xf.symbol @b
// CHECK-LABEL: func.func @needed
// CHECK-NOT: xf.stretch
// CHECK: return
xf.symbol @a {min = 1 : i64, max = 64 : i64}
xf.symbol @b {min = 1 : i64, max = 64 : i64}
func.func @needed(%x: tensor<?x4xf32> {xf.dims = [#xf.dim<a>, #xf.dim<4>]}, %y: tensor<?x4xf32> {xf.dims = [#xf.dim<b>, #xf.dim<4>]}) -> (tensor<?x4xf32>, tensor<?x8xf32>) {
  %s = xf.add %x, %y : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %c = xf.concat %x, %y {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return %s, %c : tensor<?x4xf32>, tensor<?x8xf32>
}

// -----

// Integers (token ids, masks, positions) go with what they describe.
// CHECK-NOT: xf.symbol @b
// CHECK-LABEL: func.func @described
// CHECK-NOT: xf.stretch
// CHECK: return
xf.symbol @a {min = 1 : i64, max = 64 : i64}
xf.symbol @b {min = 1 : i64, max = 64 : i64}
func.func @described(%x: tensor<?xf32> {xf.dims = [#xf.dim<a>]}, %m: tensor<?xi64> {xf.dims = [#xf.dim<b>]}) -> tensor<?xf32> {
  %f = xf.cast %m {to = f32} : (tensor<?xi64>) -> tensor<?xf32>
  %s = xf.add %x, %f : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %s : tensor<?xf32>
}
