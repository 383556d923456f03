// RUN: hagane-opt %s --hagane-resolve-shapes --canonicalize --cse --split-input-file | FileCheck %s

xf.symbol @batch {min = 1 : i64, max = 64 : i64}
xf.symbol @seq {min = 1 : i64, max = 512 : i64}

// An exporter's Shape, Gather, Concat, Reshape vanishes, and types are refined.
// CHECK-LABEL: func.func @chain
// CHECK-NOT: xf.shape_of
// CHECK: xf.reshape %{{.*}} {shape = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<4>, #xf.dim<16>]} : (tensor<?x?x64xf32>) -> tensor<?x?x4x16xf32>
func.func @chain(%x: tensor<?x?x64xf32> {xf.dims = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<64>]}) -> tensor<?x?x4x?xf32> {
  %zero = xf.constant {value = dense<0> : tensor<1xi64>} : () -> tensor<1xi64>
  %rest = xf.constant {value = dense<[-1, 4, 16]> : tensor<3xi64>} : () -> tensor<3xi64>
  %s = xf.shape_of %x : (tensor<?x?x64xf32>) -> tensor<3xi64>
  %b = xf.gather %s, %zero {axis = 0 : i64} : (tensor<3xi64>, tensor<1xi64>) -> tensor<1xi64>
  %t = xf.concat %b, %rest {axis = 0 : i64} : (tensor<1xi64>, tensor<3xi64>) -> tensor<4xi64>
  %y = xf.reshape %x, %t : (tensor<?x?x64xf32>, tensor<4xi64>) -> tensor<?x?x4x?xf32>
  return %y : tensor<?x?x4x?xf32>
}

// -----

xf.symbol @seq {min = 1 : i64, max = 512 : i64}

// A size that is used as a value stays, as the dimension it is.
// CHECK-LABEL: func.func @value
// CHECK: xf.dims {elements = [#xf.dim<seq>]
func.func @value(%x: tensor<?xf32> {xf.dims = [#xf.dim<seq>]}) -> tensor<1xi64> {
  %s = xf.shape_of %x : (tensor<?xf32>) -> tensor<1xi64>
  return %s : tensor<1xi64>
}

// -----

// Sizes that only running the model tells get names, and are bound before they are used. Known ones stay.
// CHECK-DAG: xf.computed_size @computed0
// CHECK-DAG: xf.computed_size @computed1
// CHECK-LABEL: func.func @contents
// CHECK-DAG: %[[FIRST:.*]] = xf.slice %arg1 {axes = array<i64: 0>, ends = [#xf.dim<1>]
// CHECK-DAG: %[[REST:.*]] = xf.div %{{.*}}, %{{.*}} : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
// CHECK: %[[INFERRED:.*]] = xf.select %{{.*}}, %[[REST]], %[[FIRST]]
// CHECK: xf.bind @computed0, %[[INFERRED]] : tensor<1xi64>
// CHECK-NEXT: xf.bind @computed1
// CHECK-NEXT: xf.require_equal
// CHECK: xf.reshape %arg0 {shape = [#xf.dim<computed0>, #xf.dim<computed1>]} : (tensor<12xf32>) -> tensor<?x?xf32>
func.func @contents(%x: tensor<12xf32>, %shape: tensor<2xi64>) -> tensor<?x?xf32> {
  %y = xf.reshape %x, %shape : (tensor<12xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// Their elements are counted before coordinates are listed; what follows from the count is symbolic.
// CHECK-LABEL: func.func @count
// CHECK: %[[COUNT:.*]] = xf.reduce %{{.*}} {axes = array<i64: 0, 1>, kind = #xf.reduce_kind<sum>}
// CHECK-NEXT: xf.bind @computed0, %[[COUNT]] : tensor<i64>
// CHECK-NEXT: xf.compact %arg0 {count = [#xf.dim<computed0>]} : (tensor<3x4xf32>) -> tensor<2x?xi64>
// CHECK: xf.dims {elements = [#xf.dim<2>, #xf.dim<computed0>]
func.func @count(%x: tensor<3x4xf32>) -> (tensor<2x?xi64>, tensor<2xi64>) {
  %y = xf.nonzero %x : (tensor<3x4xf32>) -> tensor<2x?xi64>
  %s = xf.shape_of %y : (tensor<2x?xi64>) -> tensor<2xi64>
  return %y, %s : tensor<2x?xi64>, tensor<2xi64>
}

// -----

// CHECK-LABEL: func.func @range
// CHECK: xf.div
// CHECK: xf.max
// CHECK-NEXT: %[[LENGTH:.*]] = xf.cast
// CHECK-NEXT: xf.bind @computed0, %[[LENGTH]]
// CHECK-NEXT: xf.range  {bounds = [#xf.dim<0>, #xf.dim<computed0>, #xf.dim<1>], operandSegmentSizes = array<i32: 0, 0, 0>, to = f32}
func.func @range(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<f32>) -> tensor<?xf32> {
  %y = xf.range %a, %b, %c {operandSegmentSizes = array<i32: 1, 1, 1>, to = f32} : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// A table cut to min(seq, 512) rows only meets seq rows while seq <= 512: the symbol gets that bound, for the runtime
// to check.
// CHECK: xf.symbol @seq {max = 512 : i64, min = 1 : i64}
// CHECK-LABEL: func.func @bound
xf.symbol @seq {min = 1 : i64, max = 9223372036854775807 : i64}
func.func @bound(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<seq>, #xf.dim<8>]}, %t: tensor<?x8xf32> {xf.dims = [#xf.dim<min(seq, 512)>, #xf.dim<8>]}) -> tensor<?x8xf32> {
  %y = xf.add %x, %t : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// A single row may also be broadcast: that says nothing of seq.
// CHECK: xf.symbol @seq {max = 9223372036854775807 : i64, min = 1 : i64}
// CHECK-LABEL: func.func @broadcast_row
xf.symbol @seq {min = 1 : i64, max = 9223372036854775807 : i64}
func.func @broadcast_row(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<seq>, #xf.dim<8>]}, %t: tensor<?x8xf32> {xf.dims = [#xf.dim<min(seq, 1)>, #xf.dim<8>]}) -> tensor<?x8xf32> {
  %y = xf.add %x, %t : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// A cut table that meets no seq rows bounds nothing.
// CHECK: xf.symbol @seq {max = 9223372036854775807 : i64, min = 1 : i64}
// CHECK-LABEL: func.func @cut_alone
xf.symbol @seq {min = 1 : i64, max = 9223372036854775807 : i64}
func.func @cut_alone(%t: tensor<?x8xf32> {xf.dims = [#xf.dim<min(seq, 512)>, #xf.dim<8>]}) -> tensor<?x8xf32> {
  %y = xf.add %t, %t : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// A bound that the symbol already keeps is not widened.
// CHECK: xf.symbol @seq {max = 128 : i64, min = 1 : i64}
// CHECK-LABEL: func.func @within
xf.symbol @seq {min = 1 : i64, max = 128 : i64}
func.func @within(%x: tensor<?x8xf32> {xf.dims = [#xf.dim<seq>, #xf.dim<8>]}, %t: tensor<?x8xf32> {xf.dims = [#xf.dim<min(seq, 512)>, #xf.dim<8>]}) -> tensor<?x8xf32> {
  %y = xf.add %x, %t : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
