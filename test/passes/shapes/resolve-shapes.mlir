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

// What only running the model tells is left alone.
// CHECK-LABEL: func.func @unknown
// CHECK: xf.reshape %{{.*}}, %{{.*}} : (tensor<12xf32>, tensor<2xi64>) -> tensor<?x?xf32>
func.func @unknown(%x: tensor<12xf32>, %shape: tensor<2xi64>) -> tensor<?x?xf32> {
  %y = xf.reshape %x, %shape : (tensor<12xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
