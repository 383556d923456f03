// RUN: hagane-opt %s --split-input-file --verify-diagnostics

func.func @x1(%a: tensor<4xf32>) {
  // expected-error @below {{(X1) expects one array of shapes per operand: 2, got 1}}
  %0 = kernel.map ins %a outs %a {maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], shapes = [[]]} body {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  } : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @p1(%a: tensor<4xf32>) {
  // expected-error @below {{(P1) expects 2 maps, got 1}}
  %0 = kernel.map ins %a outs %a {maps = [affine_map<(i) -> (i)>], shapes = [[], []]} body {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  } : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @p2(%a: tensor<4x4xf32>) {
  // expected-error @below {{(P2) expects the outs' maps to be identities}}
  %0 = kernel.map outs %a {maps = [affine_map<(i, j) -> (j, i)>], shapes = [[]]} body {
    %x = arith.constant 0.0 : f32
    kernel.yield %x : f32
  } : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @p3(%a: tensor<4xbf16>) {
  // expected-error @below {{(P3) expects arguments ('f32') of body}}
  %0 = kernel.map ins %a outs %a {maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], shapes = [[], []]} body {
  ^bb0(%x: bf16):
    kernel.yield %x : bf16
  } : (tensor<4xbf16>, tensor<4xbf16>) -> tensor<4xbf16>
  return
}

// -----

func.func @h1(%t: tensor<4x8xf32>, %i: tensor<3xi64>, %o: tensor<3x8xf32>) {
  // expected-error @below {{(H1) expects an axis of the table of rank 2, got 2}}
  %0 = kernel.gather %t, %i outs %o {axis = 2 : i64, shapes = [[], [], []]} : (tensor<4x8xf32>, tensor<3xi64>, tensor<3x8xf32>) -> tensor<3x8xf32>
  return
}

// -----

func.func @a2(%q: tensor<2x4x3x16xf32>) {
  // expected-error @below {{(A2) expects four layouts}}
  %0 = kernel.attention %q, %q, %q outs %q {layouts = ["bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}

// -----

func.func @g1(%a: tensor<8xf32>, %b: tensor<8x8xf32>) {
  // expected-error @below {{(G1) expects ranks 2 or 3, got 1, 2 and 1}}
  %0 = kernel.gemm %a, %b outs %a {b_layout = "rows", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// expected-error @below {{(S2) expects item sizes to be multiples of micro sizes, got 10x32 and 12x32}}
#bad = #kernel.gemm_schedule<item_m = 10, item_n = 32, block_k = 0, micro_m = 12, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = true>
func.func @s2() attributes {schedule = #bad} {
  return
}

// -----

func.func @missing() {
  // expected-error @below {{expects a kernel.global named w}}
  %0 = kernel.get_global @w : tensor<4xf32>
  return
}
