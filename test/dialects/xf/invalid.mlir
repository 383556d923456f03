// RUN: hagane-opt %s --split-input-file --verify-diagnostics

// Every numbered rule of the operations' documentation. The second error is MLIR's own.

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(R1) has neither}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.reshape %x : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(R2) has 2 sizes of -1, expected at most 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.reshape %x {shape = [#xf.dim<-1>, #xf.dim<-1>]} : (tensor<4xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<0xf32>) {
  // expected-error @+2 {{(R2) has a size of -1 beside a size of 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.reshape %x {shape = [#xf.dim<-1>, #xf.dim<0>]} : (tensor<0xf32>) -> tensor<?x0xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(R2) copies the size of axis 1 of an operand of rank 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.reshape %x {shape = [#xf.dim<4>, #xf.dim<0>], copy_zero} : (tensor<4xf32>) -> tensor<4x1xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(R3) has 4 elements, but the new shape has 6}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.reshape %x {shape = [#xf.dim<2>, #xf.dim<3>]} : (tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(R3) has a size of -1 for 4 elements, expected a multiple of 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.reshape %x {shape = [#xf.dim<-1>, #xf.dim<3>]} : (tensor<4xf32>) -> tensor<?x3xf32>
  return
}

// -----

func.func @f(%x: tensor<4x2xf32>) {
  // expected-error @+2 {{(T1) permutation has 1 axes, expected 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.transpose %x {permutation = array<i64: 0>} : (tensor<4x2xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%x: tensor<4x2xf32>) {
  // expected-error @+2 {{(T1) permutation holds axis 1 twice}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.transpose %x {permutation = array<i64: 1, 1>} : (tensor<4x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<4x2xf32>) {
  // expected-error @+2 {{(T1) has axis 7, expected 0 <= axis < 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.transpose %x {permutation = array<i64: 1, 7>} : (tensor<4x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1xf32>, %s: tensor<1xi64>) {
  // expected-error @+2 {{(R1) has both}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.broadcast %x, %s {shape = [#xf.dim<3>]} : (tensor<1xf32>, tensor<1xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected-error @+2 {{do not broadcast, expected equal ones or 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.add %a, %b : (tensor<2xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>, %b: tensor<2xf64>) {
  // expected-error @+2 {{(B1) found element types}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cmp %a, %b {kind = #xf.cmp_kind<lt>} : (tensor<2xf32>, tensor<2xf64>) -> tensor<2xi1>
  return
}

// -----

func.func @f(%c: tensor<2xi1>, %a: tensor<2xf32>, %b: tensor<2xf64>) {
  // expected-error @+2 {{(B1) found element types}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.select %c, %a, %b : (tensor<2xi1>, tensor<2xf32>, tensor<2xf64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error @+2 {{(C1) has axis 1, expected 0 <= axis < 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.concat %a, %a {axis = 1 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>, %b: tensor<2x2xf32>) {
  // expected-error @+2 {{(C2) operand has rank 2, expected 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.concat %a, %b {axis = 0 : i64} : (tensor<2xf32>, tensor<2x2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected-error @+2 {{(C3) sizes of axis 1: found 3 and 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.concat %a, %b {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{expected 1 or more operands, but found 0}}
  %y = xf.concat {axis = 0 : i64} : () -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error @+2 {{(C1) has axis -1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cache_append %a, %a {axis = -1 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(S1) has 1 axes, 1 starts, 1 ends and 2 steps}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 0>, starts = [#xf.dim<0>], ends = [#xf.dim<1>], steps = array<i64: 1, 1>} : (tensor<4xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(S2) has axis 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 3>, starts = [#xf.dim<0>], ends = [#xf.dim<1>], steps = array<i64: 1>} : (tensor<4xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(S2) slices axis 0 twice}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 0, 0>, starts = [#xf.dim<0>, #xf.dim<0>], ends = [#xf.dim<1>, #xf.dim<1>], steps = array<i64: 1, 1>} : (tensor<4xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(S3) has a step of 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 0>, starts = [#xf.dim<0>], ends = [#xf.dim<1>], steps = array<i64: 0>} : (tensor<4xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+2 {{(E1) has 1 elements}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.dims {elements = [#xf.dim<n>], to = tensor<2xi64>} : () -> tensor<2xi64>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(P1) has 1 pads, expected 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.pad %x {operandSegmentSizes = array<i32: 1, 0, 0>, pads = [#xf.dim<1>], kind = #xf.pad_kind<constant>} : (tensor<4xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %v: tensor<f64>) {
  // expected-error @+2 {{(P2) found element types}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.pad %x, %v {operandSegmentSizes = array<i32: 1, 0, 1>, pads = [#xf.dim<1>, #xf.dim<1>], kind = #xf.pad_kind<constant>} : (tensor<4xf32>, tensor<f64>) -> tensor<6xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{result size of axis 0 is -2, expected at least 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.pad %x {operandSegmentSizes = array<i32: 1, 0, 0>, pads = [#xf.dim<-3>, #xf.dim<-3>], kind = #xf.pad_kind<constant>} : (tensor<4xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{(G1) has axis 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather %x, %i {axis = 1 : i64} : (tensor<4xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2x1xi64>) {
  // expected-error @+2 {{(G2) indices has rank 2, expected 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather_elements %x, %i {axis = 0 : i64} : (tensor<4xf32>, tensor<2x1xi64>) -> tensor<2x1xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2x?xi64>) {
  // expected-error @+2 {{(N1) indices have a last axis of unknown size}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather_nd %x, %i {batch_dims = 0 : i64} : (tensor<4xf32>, tensor<2x?xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2x1xi64>) {
  // expected-error @+2 {{(N2) has 2 batch axes}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather_nd %x, %i {batch_dims = 2 : i64} : (tensor<4xf32>, tensor<2x1xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<3x2xi64>) {
  // expected-error @+2 {{(N3) has index tuples of length 2, expected 1 to 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather_nd %x, %i {batch_dims = 0 : i64} : (tensor<4xf32>, tensor<3x2xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<4x2xf32>, %i: tensor<3x1xi64>) {
  // expected-error @+2 {{(N4) batch axis 0: found 4 and 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather_nd %x, %i {batch_dims = 1 : i64} : (tensor<4x2xf32>, tensor<3x1xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<3x1xi64>, %u: tensor<3xf64>) {
  // expected-error @+2 {{(N5) found element types}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.scatter_nd %x, %i, %u {kind = #xf.scatter_kind<set>} : (tensor<4xf32>, tensor<3x1xi64>, tensor<3xf64>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<3x1xi64>, %u: tensor<2xf32>) {
  // expected-error @+2 {{(N6) axis 0 of updates: found 2 and 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.scatter_nd %x, %i, %u {kind = #xf.scatter_kind<set>} : (tensor<4xf32>, tensor<3x1xi64>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<3xi64>, %u: tensor<2xf32>) {
  // expected-error @+2 {{(N6) axis 0 of indices and updates}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.scatter_elements %x, %i, %u {axis = 0 : i64, kind = #xf.scatter_kind<set>} : (tensor<4xf32>, tensor<3xi64>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+2 {{(W1) has 2 bounds and 0 operands}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<1>], to = i64} : () -> tensor<1xi64>
  return
}

// -----

func.func @f() {
  // expected-error @+2 {{(W2) has a delta of 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<1>, #xf.dim<0>], to = i64} : () -> tensor<1xi64>
  return
}

// -----

func.func @f() {
  // expected-error @+2 {{(W2) has a delta of n, expected a constant}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<1>, #xf.dim<n>], to = i64} : () -> tensor<1xi64>
  return
}

// -----

func.func @f(%s: tensor<i64>, %v: tensor<1xi64>) {
  // expected-error @+2 {{(W3) operand has rank 1, expected 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.range %s, %v, %s {operandSegmentSizes = array<i32: 1, 1, 1>, to = i64} : (tensor<i64>, tensor<1xi64>, tensor<i64>) -> tensor<?xi64>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(U1) operand has rank 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.trilu %x : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>, %k: tensor<1xi64>) {
  // expected-error @+2 {{(U2) k has rank 1, expected 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.trilu %x, %k : (tensor<4x4xf32>, tensor<1xi64>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(K1) has 2 values of k}}
  // expected-error @+1 {{failed to infer returned types}}
  %v, %i = xf.topk %x {k = [#xf.dim<1>, #xf.dim<1>], axis = 0 : i64, largest = true} : (tensor<4xf32>) -> (tensor<1xf32>, tensor<1xi64>)
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{(K2) takes 5 of 4 elements}}
  // expected-error @+1 {{failed to infer returned types}}
  %v, %i = xf.topk %x {k = [#xf.dim<5>], axis = 0 : i64, largest = true} : (tensor<4xf32>) -> (tensor<5xf32>, tensor<5xi64>)
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  // expected-error @+2 {{(Z1) has 1 sizes and 2 scales}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.resize %x {operandSegmentSizes = array<i32: 1, 0, 0, 0>, sizes = [#xf.dim<8>], scales = array<f64: 1.0, 2.0>, kind = #xf.resize_kind<nearest>, coordinates = "asymmetric", nearest_mode = "floor"} : (tensor<4x4xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<4x4xf32>) {
  // expected-error @+2 {{(M1) operands have ranks 1 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.matmul %a, %b : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<4x4xf32>) {
  // expected-error @+2 {{(M2) contracted sizes: found 3 and 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.matmul %a, %b : (tensor<2x3xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4xf32>, %b: tensor<4x4xf64>) {
  // expected-error @+2 {{(M3) found element types}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.matmul %a, %b : (tensor<2x4xf32>, tensor<4x4xf64>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %w: tensor<1x3x4xf32>) {
  // expected-error @+2 {{(L1) weight has rank 3, expected 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.linear %x, %w : (tensor<2x3xf32>, tensor<1x3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  // expected-error @+2 {{(L2) contracted sizes: found 3 and 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.linear %x, %w {transpose_weight} : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %b: tensor<5xf32>) {
  // expected-error @+2 {{(L3) sizes of bias and result: found 5 and 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.linear %x, %w, %b : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<5xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %w: tensor<3x4xf64>) {
  // expected-error @+2 {{(L4) found element types}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.linear %x, %w : (tensor<2x3xf32>, tensor<3x4xf64>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{(D1) has axis 0 after axis 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.reduce %x {kind = #xf.reduce_kind<sum>, axes = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{(A1) has axis 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.softmax %x {axis = 2 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{(A1) has axis 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.arg_reduce %x {axis = 2 : i64, largest = true} : (tensor<2x3xf32>) -> tensor<2xi64>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{(A1) has axis -1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cumsum %x {axis = -1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{(A1) has axis 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.layer_norm %x {operandSegmentSizes = array<i32: 1, 0, 0>, axis = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %s: tensor<4xf32>) {
  // expected-error @+2 {{a parameter of the norm has size 4 at axis 0, expected 1 or 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.rms_norm %x, %s {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>, %s: tensor<2xf32>) {
  // expected-error @+2 {{(H1) x has rank 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.group_norm %x, %s, %s {groups = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %s: tensor<2xf32>) {
  // expected-error @+2 {{(H2) channels of x and parameter: found 3 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.group_norm %x, %s, %s {groups = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x3xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error @+2 {{(H3) has 2 groups for 3 channels}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.group_norm %x, %s, %s {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %c: tensor<2x2xf32>) {
  // expected-error @+2 {{(O1) rotates 3 of 4 features}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.rotary %x, %c, %c {rotated = 3 : i64} : (tensor<2x4xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %c: tensor<2xf32>) {
  // expected-error @+2 {{(O2) x has rank 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.rotary %x, %c, %c {rotated = 4 : i64} : (tensor<4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %c: tensor<2x3xf32>) {
  // expected-error @+2 {{(O3) cos or sin has size 3 at axis 1, expected 1 or 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.rotary %x, %c, %c {rotated = 4 : i64} : (tensor<2x4xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected-error @+2 {{(J1) axis 0 of gate and up: found 2 and 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gated %a, %b {activation = #xf.activation_kind<silu>} : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error @+2 {{(Q1) has a block of -1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.quantize %x, %s {axis = 0 : i64, block = -1 : i64, to = i8} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %s: tensor<f32>, %z: tensor<4xi8>) {
  // expected-error @+2 {{(Q2) zero point has rank 1, expected 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.quantize %x, %s, %z {axis = 0 : i64, block = 0 : i64, to = i8} : (tensor<4xf32>, tensor<f32>, tensor<4xi8>) -> tensor<4xi8>
  return
}

// -----

func.func @f(%x: tensor<4xi8>, %s: tensor<4xf32>) {
  // expected-error @+2 {{(Q3) has axis 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.dequantize %x, %s {axis = 1 : i64, block = 0 : i64} : (tensor<4xi8>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xi8>, %s: tensor<3xf32>) {
  // expected-error @+2 {{(Q4) number of scales and size of axis 0: found 3 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.dequantize %x, %s {axis = 0 : i64, block = 2 : i64} : (tensor<4xi8>, tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %w: tensor<2x4x1xf32>) {
  // expected-error @+2 {{(V1) has 2 strides}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x8xf32>, tensor<2x4x1xf32>) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %w: tensor<2x4x1xf32>) {
  // expected-error @+2 {{(V2) has 3 groups for 2 output channels}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 3 : i64} : (tensor<1x4x8xf32>, tensor<2x4x1xf32>) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %w: tensor<2x3x1xf32>) {
  // expected-error @+2 {{(V2) channels of x and of all groups of the weight: found 4 and 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x8xf32>, tensor<2x3x1xf32>) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %w: tensor<2x4x1xf32>) {
  // expected-error @+2 {{(V3) has a stride or dilation below 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.conv %x, %w {strides = array<i64: 0>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x8xf32>, tensor<2x4x1xf32>) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %w: tensor<2x4x1x1xf32>) {
  // expected-error @+2 {{(V4) x and weight have ranks 3 and 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x8xf32>, tensor<2x4x1x1xf32>) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %w: tensor<2x4x1xf32>, %b: tensor<3xf32>) {
  // expected-error @+2 {{(V5) sizes of bias and output channels: found 3 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.conv %x, %w, %b {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x8xf32>, tensor<2x4x1xf32>, tensor<3xf32>) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>) {
  // expected-error @+2 {{(V6) has a window of rank 2, expected 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.pool %x {kind = #xf.pool_kind<max>, window = array<i64: 2, 2>, strides = array<i64: 2>, pads = array<i64: 0, 0>, dilations = array<i64: 1>} : (tensor<1x4x8xf32>) -> tensor<1x4x4xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x5x8xf32>, %k: tensor<2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @+2 {{(A1) k has rank 3, expected 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.attention %q, %k, %v  {scale = 1.0 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x5x8xf32>, tensor<2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x7xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @+2 {{(A2) features of q and k: found 8 and 7}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.attention %q, %k, %v  {scale = 1.0 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x5x8xf32>, tensor<1x2x6x7xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x5x8xf32>, %k: tensor<1x3x6x8xf32>, %v: tensor<1x3x6x8xf32>) {
  // expected-error @+2 {{(A3) has 4 heads and 3 key/value heads}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.attention %q, %k, %v  {scale = 1.0 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x5x8xf32>, tensor<1x3x6x8xf32>, tensor<1x3x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf64>) {
  // expected-error @+2 {{(A4) found element types}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.attention %q, %k, %v  {scale = 1.0 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf64>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x7x8xf32>) {
  // expected-error @+2 {{(A5) keys of k and v: found 6 and 7}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.attention %q, %k, %v  {scale = 1.0 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x7x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %e: tensor<1x1x5x7xf32>) {
  // expected-error @+2 {{(A6) bias has size 7 at axis 3, expected 1 or 6}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.attention %q, %k, %v bias %e {scale = 1.0 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<1x1x5x7xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %e: tensor<2xi64>) {
  // expected-error @+2 {{(A7) batches of q and key lengths: found 1 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.attention %q, %k, %v lengths %e {scale = 1.0 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<2xi64>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %e: tensor<2xf32>) {
  // expected-error @+2 {{(A8) heads of q and sinks: found 4 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.attention %q, %k, %v sinks %e {scale = 1.0 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<2xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @+2 {{(X1) x has rank 2, expected 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<lstm>, direction = #xf.direction_kind<forward>, activations = [], hidden = 4 : i64} : (tensor<5x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x12x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @+2 {{(X2) gates of w: found 16 and 12}}
  // expected-error @+1 {{failed to infer returned types}}
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<lstm>, direction = #xf.direction_kind<forward>, activations = [], hidden = 4 : i64} : (tensor<5x2x3xf32>, tensor<1x12x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+2 {{inferred type(s) 'tensor<4xf32>' are incompatible with return type(s) of operation 'tensor<5xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.softmax %x {axis = 0 : i64} : (tensor<4xf32>) -> tensor<5xf32>
  return
}

// -----

// expected-error @+1 {{(Y1) ranges from 5 to 4, expected 0 <= min <= max}}
xf.symbol @s {min = 5 : i64, max = 4 : i64}

// -----

// expected-error @+1 {{expected an integer, a symbol or '(' in dimension, found its end}}
xf.symbol @s {min = 0 : i64, max = 1 : i64, test = #xf.dim<seq +>}

// -----

// expected-error @+1 {{expected 2 operands of 'floordiv', found 1}}
xf.symbol @s {min = 0 : i64, max = 1 : i64, test = #xf.dim<floordiv(seq)>}

// -----

// expected-error @+1 {{expected '(' after 'min'}}
xf.symbol @s {min = 0 : i64, max = 1 : i64, test = #xf.dim<min>}

// -----

// expected-error @+1 {{expected the end of the dimension, found 'seq'}}
xf.symbol @s {min = 0 : i64, max = 1 : i64, test = #xf.dim<seq seq>}

// -----

// expected-error @+1 {{dimension is out of range: expected 64-bit values and positive divisors}}
xf.symbol @s {min = 0 : i64, max = 1 : i64, test = #xf.dim<mod(seq, 0)>}

// -----

// expected-error @+1 {{dimension is out of range}}
xf.symbol @s {min = 0 : i64, max = 1 : i64, test = #xf.dim<9223372036854775807 * 2>}

// -----

// expected-error @+1 {{expected a 64-bit integer in dimension, found '99999999999999999999'}}
xf.symbol @s {min = 0 : i64, max = 1 : i64, test = #xf.dim<99999999999999999999>}

// -----

// expected-error @+1 {{expected a name between}}
xf.symbol @s {min = 0 : i64, max = 1 : i64, test = #xf.dim<"">}

// -----

func.func @f(%x: tensor<4xf32>) {
  %i = xf.constant {value = dense<[0, -5]> : tensor<2xi64>} : () -> tensor<2xi64>
  // expected-error @+2 {{(G2) has index -5, expected -4 <= index < 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather %x, %i {axis = 0 : i64} : (tensor<4xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  %i = xf.constant {value = dense<[[0], [4]]> : tensor<2x1xi64>} : () -> tensor<2x1xi64>
  // expected-error @+2 {{(G3) has index 4, expected -4 <= index < 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather_elements %x, %i {axis = 0 : i64} : (tensor<4x4xf32>, tensor<2x1xi64>) -> tensor<2x1xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>, %u: tensor<2x1xf32>) {
  %i = xf.constant {value = dense<[[0], [7]]> : tensor<2x1xi32>} : () -> tensor<2x1xi32>
  // expected-error @+2 {{(G3) has index 7}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.scatter_elements %x, %i, %u {axis = 0 : i64, kind = #xf.scatter_kind<set>} : (tensor<4x4xf32>, tensor<2x1xi32>, tensor<2x1xf32>) -> tensor<4x4xf32>
  return
}

// -----

// Each place of a tuple counts along its own axis.
func.func @f(%x: tensor<5x2xf32>) {
  %i = xf.constant {value = dense<[[4, 1], [1, 4]]> : tensor<2x2xi64>} : () -> tensor<2x2xi64>
  // expected-error @+2 {{(N7) has index 4, expected -2 <= index < 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.gather_nd %x, %i {batch_dims = 0 : i64} : (tensor<5x2xf32>, tensor<2x2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<5x2xf32>, %u: tensor<2x2xf32>) {
  %i = xf.constant {value = dense<[[4], [5]]> : tensor<2x1xi64>} : () -> tensor<2x1xi64>
  // expected-error @+2 {{(N7) has index 5, expected -5 <= index < 5}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.scatter_nd %x, %i, %u {kind = #xf.scatter_kind<set>} : (tensor<5x2xf32>, tensor<2x1xi64>, tensor<2x2xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1x4xf32>, %s: tensor<2xi64>) {
  // expected-error @+2 {{(C1) has axis 0, expected 0 < axis < 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cache_write %x, %s {operandSegmentSizes = array<i32: 1, 1, 0, 0>, axis = 0 : i64, extent = [#xf.dim<4>]} : (tensor<2x1x4xf32>, tensor<2xi64>) -> tensor<2x4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1x4xf32>, %s: tensor<2xi64>, %past: tensor<2x3x5xf32>) {
  // expected-error @+2 {{(C3) axis 2: found 4 and 5}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cache_write %x, %s, %past {operandSegmentSizes = array<i32: 1, 1, 1, 0>, axis = 1 : i64} : (tensor<2x1x4xf32>, tensor<2xi64>, tensor<2x3x5xf32>) -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1x4xf32>, %s: tensor<2xi64>, %past: tensor<2x3xf32>) {
  // expected-error @+2 {{(C5) past has rank 2, expected 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cache_write %x, %s, %past {operandSegmentSizes = array<i32: 1, 1, 1, 0>, axis = 1 : i64} : (tensor<2x1x4xf32>, tensor<2xi64>, tensor<2x3xf32>) -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1x4xf32>, %s: tensor<3xi64>, %past: tensor<2x3x4xf32>) {
  // expected-error @+2 {{(C6) the number of starts: found 3 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cache_write %x, %s, %past {operandSegmentSizes = array<i32: 1, 1, 1, 0>, axis = 1 : i64} : (tensor<2x1x4xf32>, tensor<3xi64>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1x4xf32>, %s: tensor<2xi64>) {
  // expected-error @+2 {{(C7) expects an extent, or a past to take it from}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cache_write %x, %s {operandSegmentSizes = array<i32: 1, 1, 0, 0>, axis = 1 : i64} : (tensor<2x1x4xf32>, tensor<2xi64>) -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1x4xf32>, %s: tensor<2xi64>, %past: tensor<2x3x4xf16>) {
  // expected-error @+2 {{(C8) found element types}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.cache_write %x, %s, %past {operandSegmentSizes = array<i32: 1, 1, 1, 0>, axis = 1 : i64} : (tensor<2x1x4xf32>, tensor<2xi64>, tensor<2x3x4xf16>) -> tensor<2x3x4xf32>
  return
}

// -----

// expected-error @below {{(Y1) ranges from 5 to 4}}
xf.computed_size @s {min = 5 : i64, max = 4 : i64}

// -----

xf.computed_size @s {min = 0 : i64, max = 4 : i64}
func.func @f(%n: tensor<2xi64>) {
  // expected-error @below {{(B1) expects one i64 element, got 'tensor<2xi64>'}}
  xf.bind @s, %n : tensor<2xi64>
  return
}

// -----

xf.symbol @s {min = 0 : i64, max = 4 : i64}
func.func @f(%n: tensor<i64>) {
  // expected-error @below {{(B2) expects an xf.computed_size named s}}
  xf.bind @s, %n : tensor<i64>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{(N8) has 2 counts, expected 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.compact %x {count = [#xf.dim<2>, #xf.dim<3>]} : (tensor<2xf32>) -> tensor<1x?xi64>
  return
}

// -----

xf.computed_size @s {min = 0 : i64, max = 4 : i64}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{(M1) has 1 dimensions for 2 axes}}
  %y = xf.measure %x {binds = array<i64>, dims = [#xf.dim<s>]} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

xf.computed_size @s {min = 0 : i64, max = 4 : i64}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{(M2) cannot bind the size of axis 1}}
  %y = xf.measure %x {binds = array<i64: 1>, dims = [#xf.dim<s>, #xf.dim<4>]} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

xf.computed_size @s {min = 0 : i64, max = 4 : i64}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{(M2) cannot bind the size of axis 0}}
  %y = xf.measure %x {binds = array<i64: 0, 0>, dims = [#xf.dim<s>, #xf.dim<4>]} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

xf.computed_size @s {min = 0 : i64, max = 4 : i64}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{(M2) expects an xf.computed_size named "t"}}
  %y = xf.measure %x {binds = array<i64: 0>, dims = [#xf.dim<t>, #xf.dim<4>]} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

xf.computed_size @s {min = 0 : i64, max = 4 : i64}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{(M3) expects the result to be of type 'tensor<?x4xf32>'}}
  %y = xf.measure %x {binds = array<i64>, dims = [#xf.dim<s>, #xf.dim<4>]} : (tensor<?x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{(I1) has axis 2, expected 0 <= axis < 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.item %x {at = #xf.dim<0>, axis = 2 : i64} : (tensor<3x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>, %i: tensor<4xf32>) {
  // expected-error @+2 {{(I1) has axis 2, expected 0 <= axis < 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.put_item %i, %x {at = #xf.dim<0>, axis = 2 : i64} : (tensor<4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>, %i: tensor<1x4xf32>) {
  // expected-error @+2 {{(I2)}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.put_item %i, %x {at = #xf.dim<0>, axis = 0 : i64} : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>, %i: tensor<3xf32>) {
  // expected-error @+2 {{(I3)}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.put_item %i, %x {at = #xf.dim<0>, axis = 0 : i64} : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>, %i: tensor<4xf16>) {
  // expected-error @+2 {{(I4)}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.put_item %i, %x {at = #xf.dim<0>, axis = 0 : i64} : (tensor<4xf16>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{(S4) has rank 2, expected at most 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.stretch %x {shape = [#xf.dim<4>]} : (tensor<3x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{(S5) has size 3 at axis 0, expected 1 or 5}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = xf.stretch %x {shape = [#xf.dim<5>, #xf.dim<4>]} : (tensor<3x4xf32>) -> tensor<5x4xf32>
  return
}
