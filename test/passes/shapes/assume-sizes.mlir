// RUN: hagane-opt %s --hagane-resolve-shapes --split-input-file | FileCheck %s

// An input with a symbol of its own for what is past + seq: the symbol goes, and the runtime checks the input.
// CHECK-NOT: @total
// CHECK-NOT: xf.require
// CHECK-LABEL: func.func @sum
// CHECK-SAME: xf.dims = [#xf.dim<past + seq>]
xf.symbol @past {min = 0 : i64, max = 64 : i64}
xf.symbol @seq {min = 0 : i64, max = 64 : i64}
xf.symbol @total {min = 0 : i64, max = 128 : i64}
func.func @sum(%a: tensor<?xf32> {xf.dims = [#xf.dim<past>]}, %b: tensor<?xf32> {xf.dims = [#xf.dim<seq>]}, %m: tensor<?xf32> {xf.dims = [#xf.dim<total>]}) -> tensor<?xf32> {
  %c = xf.concat %a, %b {axis = 0 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %y = xf.add %c, %m : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// Of two lone symbols the one declared first stays; the other's range is kept.
// CHECK: xf.require #xf.dim<min(8, batch)>, #xf.dim<batch>, "greatest size of 'rows'"
// CHECK: xf.symbol @batch
// CHECK-NOT: xf.symbol @rows
// CHECK-LABEL: func.func @batches
// CHECK-SAME: %arg1: tensor<?x4xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<4>]}
xf.symbol @batch {min = 1 : i64, max = 64 : i64}
xf.symbol @rows {min = 1 : i64, max = 8 : i64}
func.func @batches(%a: tensor<?x4xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<4>]}, %b: tensor<?x4xf32> {xf.dims = [#xf.dim<rows>, #xf.dim<4>]}) -> tensor<?x8xf32> {
  %y = xf.concat %a, %b {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// A symbol that meets a constant is that constant, also in the types.
// CHECK-NOT: xf.symbol
// CHECK-LABEL: func.func @fixed
// CHECK-SAME: %arg0: tensor<2x6xf32>
xf.symbol @k {min = 1 : i64, max = 64 : i64}
func.func @fixed(%a: tensor<2x?xf32> {xf.dims = [#xf.dim<2>, #xf.dim<k>]}, %b: tensor<6x3xf32>) -> tensor<2x3xf32> {
  %y = xf.matmul %a, %b : (tensor<2x?xf32>, tensor<6x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// What no symbol settles is checked before each run.
// CHECK: xf.require #xf.dim<m * 2>, #xf.dim<n * 3>, "(M2) contracted sizes"
// CHECK-LABEL: func.func @residue
xf.symbol @m {min = 1 : i64, max = 64 : i64}
xf.symbol @n {min = 1 : i64, max = 64 : i64}
func.func @residue(%a: tensor<4x?xf32> {xf.dims = [#xf.dim<4>, #xf.dim<m * 2>]}, %b: tensor<?x5xf32> {xf.dims = [#xf.dim<n * 3>, #xf.dim<5>]}) -> tensor<4x5xf32> {
  %y = xf.matmul %a, %b : (tensor<4x?xf32>, tensor<?x5xf32>) -> tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// -----

// A size that is 1 for all but degenerate inputs broadcasts, rather than equals seq.
// CHECK: xf.require #xf.dim<min(1, seq)>, #xf.dim<1>, "sizes of axis 0"
// CHECK: xf.symbol @seq {max = 64 : i64, min = 0 : i64}
// CHECK-LABEL: func.func @one
xf.symbol @seq {min = 0 : i64, max = 64 : i64}
func.func @one(%a: tensor<?xf32> {xf.dims = [#xf.dim<seq>]}, %b: tensor<?xf32> {xf.dims = [#xf.dim<min(seq, 1)>]}) -> tensor<?xf32> {
  %y = xf.add %a, %b : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// The sign of a slice's start may depend on the symbols.
// CHECK-LABEL: func.func @signed_start
// CHECK: xf.slice
// CHECK-SAME: -> tensor<?xf32>
xf.symbol @n {min = 0 : i64, max = 9 : i64}
func.func @signed_start(%x: tensor<7xf32>, %y: tensor<?xf32> {xf.dims = [#xf.dim<n>]}) -> tensor<?xf32> {
  %s = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 0>, starts = [#xf.dim<n - 3>], ends = [#xf.dim<7>], steps = array<i64: 1>} : (tensor<7xf32>) -> tensor<?xf32>
  return %s : tensor<?xf32>
}

// -----

xf.computed_size @a {min = 0 : i64, max = 512 : i64}
xf.computed_size @b {min = 0 : i64, max = 512 : i64}

// Sizes that the run computes are compared as soon as both are known.
// CHECK-NOT: xf.require #
// CHECK-LABEL: func.func @computed
// CHECK: xf.bind @a
// CHECK-NEXT: xf.bind @b
// CHECK-NEXT: xf.require_equal {expected = #xf.dim<a * b>, found = #xf.dim<12>, what = "(R3) elements of both shapes"}
// CHECK: xf.reshape
func.func @computed(%x: tensor<12xf32>, %m: tensor<i64>, %n: tensor<i64>) -> tensor<?x?xf32> {
  xf.bind @a, %m : tensor<i64>
  xf.bind @b, %n : tensor<i64>
  %z = xf.neg %x : (tensor<12xf32>) -> tensor<12xf32>
  %y = xf.reshape %z {shape = [#xf.dim<a>, #xf.dim<b>]} : (tensor<12xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// An image without rows leaves a strided convolution with none, but the exporter's truncating (h - 1) / 2 + 1 with one:
// it is illegal, and no requirement is left.
// CHECK-NOT: xf.require
// CHECK: xf.symbol @h {max = 64 : i64, min = 1 : i64}
// CHECK-LABEL: func.func @halves
// CHECK: xf.reshape %arg0 {shape = [#xf.dim<floordiv(h + 1, 2)>, #xf.dim<1>]}
xf.symbol @h {min = 0 : i64, max = 64 : i64}
func.func @halves(%x: tensor<?xf32> {xf.dims = [#xf.dim<floordiv(h + 1, 2)>]}, %y: tensor<?xf32> {xf.dims = [#xf.dim<h>]}) -> tensor<?x?xf32> {
  %one = xf.constant {value = dense<1> : tensor<1xi64>} : () -> tensor<1xi64>
  %two = xf.constant {value = dense<2> : tensor<1xi64>} : () -> tensor<1xi64>
  %h = xf.shape_of %y : (tensor<?xf32>) -> tensor<1xi64>
  %less = xf.sub %h, %one : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %half = xf.div %less, %two : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %size = xf.add %half, %one : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %shape = xf.concat %size, %one {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %z = xf.reshape %x, %shape : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

// -----

// What is halved, doubled and as large as before is even: sizes are written without quotients from then on.
// CHECK: xf.require #xf.dim<h>, #xf.dim<floordiv(h + 1, 2) * 2>
// CHECK-NOT: xf.require
// CHECK-LABEL: func.func @even
// CHECK: xf.reshape %{{.*}} {shape = [#xf.dim<h * w>]} : (tensor<?x?x2xf32>) -> tensor<?xf32>
xf.symbol @h {min = 1 : i64, max = 64 : i64}
xf.symbol @w {min = 1 : i64, max = 64 : i64}
func.func @even(%x: tensor<?x?x2xf32> {xf.dims = [#xf.dim<floordiv(h + 1, 2)>, #xf.dim<w>, #xf.dim<2>]}, %y: tensor<?xf32> {xf.dims = [#xf.dim<h>]}, %z: tensor<?xf32> {xf.dims = [#xf.dim<floordiv(h + 1, 2) * 2>]}) -> (tensor<?xf32>, tensor<?x2xf32>) {
  %flat = xf.constant {value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
  %both = xf.constant {value = dense<[-1, 2]> : tensor<2xi64>} : () -> tensor<2xi64>
  %c = xf.concat %y, %z {axis = 0 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %t = xf.reshape %c, %both : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x2xf32>
  %s = xf.add %y, %z : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %r = xf.reshape %x, %flat : (tensor<?x?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  return %r, %t : tensor<?xf32>, tensor<?x2xf32>
}
