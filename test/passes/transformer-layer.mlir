// A layer of a Transformer through all phases, with unknown batch and sequence.
// RUN: hagane-opt %s --hagane-phase-shapes --hagane-phase-kernels | FileCheck %s --check-prefix=KERNELS
// RUN: hagane-opt %s --hagane-phase-shapes --hagane-phase-kernels --hagane-phase-bufferize \
// RUN:   --hagane-phase-outline | FileCheck %s --check-prefix=OUTLINE

xf.symbol @batch {min = 1 : i64, max = 64 : i64}
xf.symbol @seq {min = 1 : i64, max = 512 : i64}

// KERNELS-LABEL: func.func @main
// The three projections, then attention on their layouts: no transpose is left.
// KERNELS-COUNT-3: kernel.gemm
// KERNELS: kernel.attention {{.*}}layouts = ["bshd", "bshd", "bshd", "bshd"]
// The residual joins the output projection's epilogue.
// KERNELS: kernel.gemm {{.*}} extras %{{[^,]+}}, %{{.*}} outs
// KERNELS: kernel.rows
// KERNELS: kernel.gemm
// KERNELS: math.erf
// KERNELS: kernel.gemm
// KERNELS: kernel.rows
// KERNELS-NOT: kernel.map
// KERNELS-NOT: xf.linear

// OUTLINE-LABEL: func.func @main
// OUTLINE-SAME: memref<?x?x64xf32> {kernel.output = 0 : i64
// OUTLINE-SAME: memref<?xi8> {kernel.arena}
// OUTLINE-SAME: kernel.arena_bytes = #xf.dim<
// OUTLINE-NOT: memref.alloc
// OUTLINE-NOT: memref.copy
// OUTLINE-COUNT-9: kernel.launch
// OUTLINE-NOT: kernel.launch
// The three projections share one function, and so do the two norms.
// OUTLINE: func.func private @gemm_0
// OUTLINE-SAME: kernel.body
// OUTLINE: func.func private @attention_0
// OUTLINE: func.func private @gemm_1
// OUTLINE: func.func private @rows_0
// OUTLINE: func.func private @gemm_2
// OUTLINE: func.func private @gemm_3
// OUTLINE-NOT: func.func private
func.func @main(%x: tensor<?x?x64xf32> {onnx.name = "x", xf.dims = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<64>]},
                %mask: tensor<?x?xf32> {onnx.name = "mask", xf.dims = [#xf.dim<batch>, #xf.dim<seq>]})
    -> (tensor<?x?x64xf32> {onnx.name = "y"}) {
  %w0 = xf.constant {value = dense_resource<w0> : tensor<64x64xf32>} : () -> tensor<64x64xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<64x64xf32>} : () -> tensor<64x64xf32>
  %w2 = xf.constant {value = dense_resource<w2> : tensor<64x64xf32>} : () -> tensor<64x64xf32>
  %w3 = xf.constant {value = dense_resource<w3> : tensor<64x64xf32>} : () -> tensor<64x64xf32>
  %w4 = xf.constant {value = dense_resource<w4> : tensor<64x128xf32>} : () -> tensor<64x128xf32>
  %w5 = xf.constant {value = dense_resource<w5> : tensor<128x64xf32>} : () -> tensor<128x64xf32>
  %b0 = xf.constant {value = dense_resource<b0> : tensor<64xf32>} : () -> tensor<64xf32>
  %b1 = xf.constant {value = dense_resource<b1> : tensor<128xf32>} : () -> tensor<128xf32>
  %q = xf.linear %x, %w0, %b0 : (tensor<?x?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  %k = xf.linear %x, %w1, %b0 : (tensor<?x?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  %v = xf.linear %x, %w2, %b0 : (tensor<?x?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  %shape = xf.constant {value = dense<[0, -1, 4, 16]> : tensor<4xi64>} : () -> tensor<4xi64>
  %q4 = xf.reshape %q, %shape {copy_zero} : (tensor<?x?x64xf32>, tensor<4xi64>) -> tensor<?x?x4x16xf32>
  %k4 = xf.reshape %k, %shape {copy_zero} : (tensor<?x?x64xf32>, tensor<4xi64>) -> tensor<?x?x4x16xf32>
  %v4 = xf.reshape %v, %shape {copy_zero} : (tensor<?x?x64xf32>, tensor<4xi64>) -> tensor<?x?x4x16xf32>
  %qt = xf.transpose %q4 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x4x16xf32>) -> tensor<?x4x?x16xf32>
  %kt = xf.transpose %k4 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x4x16xf32>) -> tensor<?x4x?x16xf32>
  %vt = xf.transpose %v4 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x4x16xf32>) -> tensor<?x4x?x16xf32>
  %bias = xf.reshape %mask {shape = [#xf.dim<batch>, #xf.dim<1>, #xf.dim<1>, #xf.dim<seq>]} : (tensor<?x?xf32>) -> tensor<?x1x1x?xf32>
  %att = xf.attention %qt, %kt, %vt bias %bias {scale = 0.25 : f64, causal = #xf.causal_kind<none>} : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x1x1x?xf32>) -> tensor<?x4x?x16xf32>
  %at = xf.transpose %att {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x4x?x16xf32>) -> tensor<?x?x4x16xf32>
  %back = xf.constant {value = dense<[0, 0, 64]> : tensor<3xi64>} : () -> tensor<3xi64>
  %flat = xf.reshape %at, %back {copy_zero} : (tensor<?x?x4x16xf32>, tensor<3xi64>) -> tensor<?x?x64xf32>
  %o = xf.linear %flat, %w3, %b0 : (tensor<?x?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  %r0 = xf.add %o, %x : (tensor<?x?x64xf32>, tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %n0 = xf.layer_norm %r0, %b0, %b0 {axis = 2 : i64, epsilon = 1.0e-12 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<?x?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  %h = xf.linear %n0, %w4, %b1 : (tensor<?x?x64xf32>, tensor<64x128xf32>, tensor<128xf32>) -> tensor<?x?x128xf32>
  %g = xf.gelu %h : (tensor<?x?x128xf32>) -> tensor<?x?x128xf32>
  %d = xf.linear %g, %w5, %b0 : (tensor<?x?x128xf32>, tensor<128x64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  %r1 = xf.add %d, %n0 : (tensor<?x?x64xf32>, tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %n1 = xf.layer_norm %r1, %b0, %b0 {axis = 2 : i64, epsilon = 1.0e-12 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<?x?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  return %n1 : tensor<?x?x64xf32>
}
