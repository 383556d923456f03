// RUN: hagane-opt %s --hagane-form-kernels --canonicalize --cse --hagane-fuse-kernels --cse --split-input-file | FileCheck %s

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// A norm whose rows become codes: its elements are not stored. The third stage
// computes them anew, the map once more.
// CHECK-LABEL: func.func @codes
// CHECK: kernel.rows ins %arg0, %arg1 outs %{{.*}}, %{{.*}} {kinds = ["sum", "max"]
// CHECK: math.sqrt
// CHECK: arith.mulf %{{.*}}, %[[G:arg[0-9]]]
// CHECK: math.absf
// CHECK: } finish {
// CHECK: arith.cmpf olt
// CHECK: kernel.yield %{{.*}} : f32
// CHECK: } map {
// CHECK: math.sqrt
// CHECK: math.roundeven
// CHECK: kernel.yield %{{.*}} : i8
// CHECK: -> (tensor<?x64xi8>, tensor<?xf32>)
// CHECK-NOT: kernel.rows
func.func @codes(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}, %g: tensor<64xf32> {xf.dims = [#xf.dim<64>]}) -> (tensor<?x64xi8>, tensor<?x1xf32>) {
  %n = xf.rms_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %c, %s = xf.quantize_rows %n {block = 0 : i64} : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x1xf32>)
  return %c, %s : tensor<?x64xi8>, tensor<?x1xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Declined: somebody else reads the norm, too.
// CHECK-LABEL: func.func @stored
// CHECK-COUNT-2: kernel.rows
func.func @stored(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}) -> (tensor<?x64xf32>, tensor<?x64xi8>, tensor<?x1xf32>) {
  %n = xf.rms_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %e = xf.exp %n : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %c, %s = xf.quantize_rows %n {block = 0 : i64} : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x1xf32>)
  return %e, %c, %s : tensor<?x64xf32>, tensor<?x64xi8>, tensor<?x1xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Elements of a tensor in bf16 are rounded when they are computed anew.
// CHECK-LABEL: func.func @rounded
// CHECK: kernel.rows
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: arith.extf
// CHECK: math.absf
// CHECK-NOT: kernel.rows
func.func @rounded(%x: tensor<?x64xbf16> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}) -> (tensor<?x64xi8>, tensor<?x1xf32>) {
  %n = xf.rms_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x64xbf16>) -> tensor<?x64xbf16>
  %c, %s = xf.quantize_rows %n {block = 0 : i64} : (tensor<?x64xbf16>) -> (tensor<?x64xi8>, tensor<?x1xf32>)
  return %c, %s : tensor<?x64xi8>, tensor<?x1xf32>
}

// -----

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// Declined: a softmax's elements are what a stage kept, and rows in blocks are
// other rows.
// CHECK-LABEL: func.func @declines
// CHECK-COUNT-4: kernel.rows
func.func @declines(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}) -> (tensor<?x64xi8>, tensor<?x1xf32>, tensor<?x64xi8>, tensor<?x2xf32>) {
  %p = xf.softmax %x {axis = 1 : i64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %c, %s = xf.quantize_rows %p {block = 0 : i64} : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x1xf32>)
  %n = xf.rms_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %d, %t = xf.quantize_rows %n {block = 32 : i64} : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x2xf32>)
  return %c, %s, %d, %t : tensor<?x64xi8>, tensor<?x1xf32>, tensor<?x64xi8>, tensor<?x2xf32>
}
