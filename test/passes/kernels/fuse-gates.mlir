// RUN: hagane-opt %s --hagane-form-kernels --canonicalize --cse --hagane-fuse-kernels --hagane-fuse-gates --split-input-file --remarks-filter=fusion 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// The product wrote 80 floats a row, of which the map read all and wrote 40:
// 40 are left.
// REMARK-DAG: [Passed] gate-into-epilogue | Category:fusion | Function=gated | {{.*}}SavedBytes="s * 640"
// CHECK: kernel.global @[[W:.*]] : tensor<3x64x32xf32>
// CHECK: kernel.pack %{{.*}} {groups = 2 : i64, panel = 32 : i64} : tensor<64x80xf32> -> tensor<3x64x32xf32>
// CHECK-NOT: kernel.pack
// CHECK-LABEL: func.func @gated
// CHECK: %[[B:.*]] = kernel.get_global @{{.*}} : tensor<80xf32>
// CHECK-DAG: %[[B0:.*]] = tensor.extract_slice %[[B]][0] [40] [1]
// CHECK-DAG: %[[B1:.*]] = tensor.extract_slice %[[B]][40] [40] [1]
// CHECK-DAG: %[[P:.*]] = kernel.get_global @[[W]]
// CHECK: kernel.gemm %{{.*}}, %[[P]] extras %[[B0]], %[[B1]], %{{.*}} outs %{{.*}} {b_layout = "panels", {{.*}}groups = 2
// CHECK: ^bb0(%[[G:.*]]: f32, %[[U:.*]]: f32, %[[BG:.*]]: f32, %[[BU:.*]]: f32, %[[R:.*]]: f32)
// CHECK-DAG: %[[GB:.*]] = arith.addf %[[G]], %[[BG]]
// CHECK-DAG: %[[UB:.*]] = arith.addf %[[U]], %[[BU]]
// CHECK: math.exp
// CHECK: %[[M:.*]] = arith.mulf %{{.*}}, %[[UB]]
// CHECK: %[[Y:.*]] = arith.addf %[[M]], %[[R]]
// CHECK: kernel.yield %[[Y]]
// CHECK: : (tensor<?x64xf32>, tensor<3x64x32xf32>, tensor<40xf32>, tensor<40xf32>, tensor<?x40xf32>, tensor<?x40xf32>) -> tensor<?x40xf32>
// CHECK-NOT: kernel.map
// CHECK: return
func.func @gated(%x: tensor<1x?x64xf32> {xf.dims = [#xf.dim<1>, #xf.dim<s>, #xf.dim<64>]}, %r: tensor<1x?x40xf32> {xf.dims = [#xf.dim<1>, #xf.dim<s>, #xf.dim<40>]}) -> tensor<1x?x40xf32> {
  %w = xf.constant {value = dense_resource<w> : tensor<64x80xf32>} : () -> tensor<64x80xf32>
  %b = xf.constant {value = dense_resource<b> : tensor<80xf32>} : () -> tensor<80xf32>
  %p = xf.linear %x, %w, %b : (tensor<1x?x64xf32>, tensor<64x80xf32>, tensor<80xf32>) -> tensor<1x?x80xf32>
  %g = xf.slice %p {axes = array<i64: 2>, starts = [#xf.dim<0>], ends = [#xf.dim<40>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<1x?x80xf32>) -> tensor<1x?x40xf32>
  %u = xf.slice %p {axes = array<i64: 2>, starts = [#xf.dim<40>], ends = [#xf.dim<80>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<1x?x80xf32>) -> tensor<1x?x40xf32>
  %y = xf.gated %g, %u {activation = #xf.activation_kind<silu>} : (tensor<1x?x40xf32>, tensor<1x?x40xf32>) -> tensor<1x?x40xf32>
  %z = xf.add %y, %r : (tensor<1x?x40xf32>, tensor<1x?x40xf32>) -> tensor<1x?x40xf32>
  return %z : tensor<1x?x40xf32>
}

// -----

// The second half is the gate, of bf16 in pairs.
// CHECK: kernel.pack %{{.*}} {groups = 2 : i64, interleave = 2 : i64, panel = 32 : i64, transposed} : tensor<34x7xbf16> -> tensor<2x4x32x2xbf16>
// CHECK-LABEL: func.func @second
// CHECK: kernel.gemm {{.*}}b_layout = "interleaved", {{.*}}groups = 2
// CHECK: ^bb0(%[[U:.*]]: f32, %[[G:.*]]: f32):
// CHECK: arith.maximumf %[[G]]
// CHECK: arith.mulf %{{.*}}, %[[U]]
// CHECK: -> tensor<3x17xbf16>
func.func @second(%x: tensor<3x7xbf16>) -> tensor<3x17xbf16> {
  %w = xf.constant {value = dense_resource<w> : tensor<34x7xbf16>} : () -> tensor<34x7xbf16>
  %p = xf.linear %x, %w {transpose_weight} : (tensor<3x7xbf16>, tensor<34x7xbf16>) -> tensor<3x34xbf16>
  %u = xf.slice %p {axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<17>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x34xbf16>) -> tensor<3x17xbf16>
  %g = xf.slice %p {axes = array<i64: 1>, starts = [#xf.dim<17>], ends = [#xf.dim<34>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x34xbf16>) -> tensor<3x17xbf16>
  %y = xf.gated %g, %u {activation = #xf.activation_kind<relu>} : (tensor<3x17xbf16>, tensor<3x17xbf16>) -> tensor<3x17xbf16>
  return %y : tensor<3x17xbf16>
}

// -----

// REMARK-DAG: [Missed] gate-into-epilogue | Category:fusion | Function=read_twice | {{.*}}Reason="others read columns of the product, or it is outside of a loop"
// CHECK-LABEL: func.func @read_twice
// CHECK: groups = 1
// CHECK: kernel.map
func.func @read_twice(%x: tensor<3x8xf32>) -> (tensor<3x8xf32>, tensor<3x8xf32>) {
  %w = xf.constant {value = dense_resource<w> : tensor<8x16xf32>} : () -> tensor<8x16xf32>
  %p = xf.linear %x, %w : (tensor<3x8xf32>, tensor<8x16xf32>) -> tensor<3x16xf32>
  %g = xf.slice %p {axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<8>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x16xf32>) -> tensor<3x8xf32>
  %u = xf.slice %p {axes = array<i64: 1>, starts = [#xf.dim<8>], ends = [#xf.dim<16>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x16xf32>) -> tensor<3x8xf32>
  %y = xf.mul %g, %u : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y, %u : tensor<3x8xf32>, tensor<3x8xf32>
}

// -----

// REMARK-DAG: [Missed] gate-into-epilogue | Category:fusion | Function=computed | {{.*}}Reason="the weight is no constant in panels"
// CHECK-LABEL: func.func @computed
// CHECK: groups = 1
func.func @computed(%x: tensor<3x8xf32>, %w: tensor<8x16xf32>) -> tensor<3x8xf32> {
  %p = xf.matmul %x, %w : (tensor<3x8xf32>, tensor<8x16xf32>) -> tensor<3x16xf32>
  %g = xf.slice %p {axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<8>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x16xf32>) -> tensor<3x8xf32>
  %u = xf.slice %p {axes = array<i64: 1>, starts = [#xf.dim<8>], ends = [#xf.dim<16>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x16xf32>) -> tensor<3x8xf32>
  %y = xf.mul %g, %u : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

// The weight is packed in one way for all that read it.
// REMARK-DAG: [Missed] gate-into-epilogue | Category:fusion | Function=shared | {{.*}}Reason="others read its weight"
// CHECK-LABEL: func.func @shared
// CHECK-COUNT-2: groups = 1
func.func @shared(%x: tensor<3x8xf32>, %z: tensor<5x8xf32>) -> (tensor<3x8xf32>, tensor<5x16xf32>) {
  %w = xf.constant {value = dense_resource<w> : tensor<8x16xf32>} : () -> tensor<8x16xf32>
  %p = xf.linear %x, %w : (tensor<3x8xf32>, tensor<8x16xf32>) -> tensor<3x16xf32>
  %g = xf.slice %p {axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<8>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x16xf32>) -> tensor<3x8xf32>
  %u = xf.slice %p {axes = array<i64: 1>, starts = [#xf.dim<8>], ends = [#xf.dim<16>], steps = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<3x16xf32>) -> tensor<3x8xf32>
  %y = xf.mul %g, %u : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<3x8xf32>
  %q = xf.linear %z, %w : (tensor<5x8xf32>, tensor<8x16xf32>) -> tensor<5x16xf32>
  return %y, %q : tensor<3x8xf32>, tensor<5x16xf32>
}

// -----

// A map of a scalar has no columns to look for.
// CHECK-LABEL: func.func @scalar
// CHECK: kernel.map
func.func @scalar(%x: tensor<f32>) -> tensor<f32> {
  %y = xf.exp %x : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
