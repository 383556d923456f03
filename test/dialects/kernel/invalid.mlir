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

func.func @g4(%a: tensor<4x8xbf16>, %b: tensor<1x8x32x1xbf16>, %o: tensor<4x32xf32>) {
  // expected-error @below {{(G4) expects the last size of b from 2 to 16, got 'tensor<1x8x32x1xbf16>'}}
  %0 = kernel.gemm %a, %b outs %o {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x8xbf16>, tensor<1x8x32x1xbf16>, tensor<4x32xf32>) -> tensor<4x32xf32>
  return
}

// -----

kernel.global @interleave : tensor<2x4x32x2xbf16> {
  %c = xf.constant {value = dense<0.0> : tensor<7x40xbf16>} : () -> tensor<7x40xbf16>
  // expected-error @below {{(B1) expects a static matrix, a positive panel and a positive interleave, got 'tensor<7x40xbf16>', 32 and 0}}
  %p = kernel.pack %c {panel = 32 : i64, interleave = 0 : i64} : tensor<7x40xbf16> -> tensor<2x4x32x2xbf16>
  kernel.yield %p : tensor<2x4x32x2xbf16>
}

// -----

kernel.global @pairs : tensor<2x3x32x2xbf16> {
  %c = xf.constant {value = dense<0.0> : tensor<7x40xbf16>} : () -> tensor<7x40xbf16>
  // expected-error @below {{(B3) expects a result of type 'tensor<2x4x32x2xbf16>', got 'tensor<2x3x32x2xbf16>'}}
  %p = kernel.pack %c {panel = 32 : i64, interleave = 2 : i64} : tensor<7x40xbf16> -> tensor<2x3x32x2xbf16>
  kernel.yield %p : tensor<2x3x32x2xbf16>
}

// -----

kernel.global @groups_of_columns : tensor<2x8x32xf32> {
  %c = xf.constant {value = dense<0.0> : tensor<8x41xf32>} : () -> tensor<8x41xf32>
  // expected-error @below {{(B2) expects groups to divide columns and panel, got 2 groups of 41 columns in panels of 32}}
  %p = kernel.pack %c {panel = 32 : i64, groups = 2 : i64} : tensor<8x41xf32> -> tensor<2x8x32xf32>
  kernel.yield %p : tensor<2x8x32xf32>
}

// -----

kernel.global @groups_of_a_panel : tensor<2x8x32xf32> {
  %c = xf.constant {value = dense<0.0> : tensor<8x45xf32>} : () -> tensor<8x45xf32>
  // expected-error @below {{(B2) expects groups to divide columns and panel, got 5 groups of 45 columns in panels of 32}}
  %p = kernel.pack %c {panel = 32 : i64, groups = 5 : i64} : tensor<8x45xf32> -> tensor<2x8x32xf32>
  kernel.yield %p : tensor<2x8x32xf32>
}

// -----

kernel.global @no_groups : tensor<2x8x32xf32> {
  %c = xf.constant {value = dense<0.0> : tensor<8x40xf32>} : () -> tensor<8x40xf32>
  // expected-error @below {{(B2) expects groups to divide columns and panel, got 0 groups of 40 columns in panels of 32}}
  %p = kernel.pack %c {panel = 32 : i64, groups = 0 : i64} : tensor<8x40xf32> -> tensor<2x8x32xf32>
  kernel.yield %p : tensor<2x8x32xf32>
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

func.func @j1(%x: tensor<2x1x4xf32>, %s: tensor<2xi64>, %p: tensor<2x?x4xf32>, %o: tensor<2x?x4xf32>) {
  // expected-error @below {{(J1) expects an axis behind the first of the out of rank 3, got 0}}
  %0 = kernel.write %x, %s past %p outs %o {axis = 0 : i64, x_map = affine_map<(b, t, d) -> (b, t, d)>, shapes = [[], [], [], []]} : (tensor<2x1x4xf32>, tensor<2xi64>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return
}

// -----

func.func @j2_x(%x: tensor<1x4xf32>, %s: tensor<2xi64>, %p: tensor<2x?x4xf32>, %o: tensor<2x?x4xf32>) {
  // expected-error @below {{(J2) expects operands of the out's rank 3, got 'tensor<1x4xf32>'}}
  %0 = kernel.write %x, %s past %p outs %o {axis = 1 : i64, x_map = affine_map<(b, t, d) -> (b, t, d)>, shapes = [[], [], [], []]} : (tensor<1x4xf32>, tensor<2xi64>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return
}

// -----

func.func @j2_starts(%x: tensor<2x1x4xf32>, %s: tensor<2xf32>, %p: tensor<2x?x4xf32>, %o: tensor<2x?x4xf32>) {
  // expected-error @below {{(J2) expects integers for the starts, [batch], got 'tensor<2xf32>'}}
  %0 = kernel.write %x, %s past %p outs %o {axis = 1 : i64, x_map = affine_map<(b, t, d) -> (b, t, d)>, shapes = [[], [], [], []]} : (tensor<2x1x4xf32>, tensor<2xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return
}

// -----

func.func @j3(%x: tensor<2x1x4xf32>, %s: tensor<2xi64>, %p: tensor<2x?x4xf32>, %o: tensor<2x?x4xf32>) {
  // expected-error @below {{(J3) expects a permutation of 3 axes, got affine_map<(d0, d1, d2) -> (d0, d1, d1)>}}
  %0 = kernel.write %x, %s past %p outs %o {axis = 1 : i64, x_map = affine_map<(b, t, d) -> (b, t, t)>, shapes = [[], [], [], []]} : (tensor<2x1x4xf32>, tensor<2xi64>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
  return
}

// -----

func.func @j4(%x: tensor<2x1x4xf16>, %s: tensor<2xi64>, %p: tensor<2x?x4xf32>, %o: tensor<2x?x4xf32>) {
  // expected-error @below {{(J4) expects elements of type 'f32', got 'tensor<2x1x4xf16>'}}
  %0 = kernel.write %x, %s past %p outs %o {axis = 1 : i64, x_map = affine_map<(b, t, d) -> (b, t, d)>, shapes = [[], [], [], []]} : (tensor<2x1x4xf16>, tensor<2xi64>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> tensor<2x?x4xf32>
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

// -----

// expected-error @below {{(S1) expects micro_m to be positive, got 0}}
func.func private @s1() attributes {s = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 0, micro_m = 0, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>}

// -----

// expected-error @below {{(S1) expects micro_m to be at most 256, got 9223372036854775807}}
func.func private @s1_unrolled() attributes {s = #kernel.attention_schedule<block_q = 24, block_k = 32, micro_m = 9223372036854775807, micro_n = 16>}

// -----

// expected-error @below {{(S1) expects item_size to be at most 4294967296, got 4294967297}}
func.func private @s1_item() attributes {s = #kernel.loop_schedule<item_size = 4294967297, vector = 4>}

// -----

// expected-error @below {{(S1) expects block_k and prefetch to be at least 0 and at most 4294967296, got -1 and 0}}
func.func private @s1_block() attributes {s = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = -1, micro_m = 4, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>}

// -----

// expected-error @below {{(S2) expects block_k to be a multiple of micro_n, got 24 and 16}}
func.func private @s2() attributes {s = #kernel.attention_schedule<block_q = 16, block_k = 24, micro_m = 2, micro_n = 16>}

// -----

// expected-error @below {{(S3) expects block_k to be a multiple of unroll_k, got 6 and 4}}
func.func private @s3() attributes {s = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 6, micro_m = 4, micro_n = 32, unroll_k = 4, prefetch = 0, pack_a = false>}

// -----

// expected-error @below {{(S4) expects a positive block_k with pack_a}}
func.func private @s4() attributes {s = #kernel.gemm_schedule<item_m = 4, item_n = 32, block_k = 0, micro_m = 4, micro_n = 32, unroll_k = 4, prefetch = 0, pack_a = true>}

// -----

func.func @g2(%a: tensor<4x8xf32>, %b: tensor<8x16xf32>, %bias: tensor<16xf32>, %o: tensor<4x16xf32>) {
  // expected-error @below {{(G2) expects 1 maps, got 0}}
  %0 = kernel.gemm %a, %b extras %bias outs %o {b_layout = "rows", groups = 1 : i64, extra_maps = [], shapes = [[], [], [], []]} epilogue {
  ^bb0(%acc: f32, %c: f32):
    kernel.yield %acc : f32
  } : (tensor<4x8xf32>, tensor<8x16xf32>, tensor<16xf32>, tensor<4x16xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @g3(%a: tensor<4x8xf32>, %b: tensor<8x16xf32>, %o: tensor<4x16xf32>) {
  // expected-error @below {{(G3) expects 1 or 2 groups, got 3}}
  %0 = kernel.gemm %a, %b outs %o {b_layout = "rows", groups = 3 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x8xf32>, tensor<8x16xf32>, tensor<4x16xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @a1(%q: tensor<2x4x3x16xf32>, %v: tensor<4x3x16xf32>) {
  // expected-error @below {{(A1) expects rank 4, got 'tensor<4x3x16xf32>'}}
  %0 = kernel.attention %q, %q, %v outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<4x3x16xf32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}

// -----

func.func @a4(%q: tensor<2x4x3x?xf32>) {
  // expected-error @below {{(A4) expects a static innermost size, got 'tensor<2x4x3x?xf32>'}}
  %0 = kernel.attention %q, %q, %q outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []]}
    : (tensor<2x4x3x?xf32>, tensor<2x4x3x?xf32>, tensor<2x4x3x?xf32>, tensor<2x4x3x?xf32>) -> tensor<2x4x3x?xf32>
  return
}

// -----

func.func @a5(%q: tensor<2x4x3x16xf32>, %m: tensor<3x3xf32>) {
  // expected-error @below {{(A5) expects a bias of rank 4, got 'tensor<3x3xf32>'}}
  %0 = kernel.attention %q, %q, %q bias %m outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<3x3xf32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}

// -----

func.func @w1(%x: tensor<4x8xf32>, %r: tensor<4xf32>) {
  // expected-error @below {{(W1) expects a map to 2 distinct dimensions or zeros}}
  %0 = kernel.rows ins %x outs %r {kinds = [], maps = [affine_map<(i, j) -> (j, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []]} stages finish {
    kernel.yield
  } map {
  ^bb0(%e: f32):
    kernel.yield
  } : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @w2(%x: tensor<4x8xf32>, %r: tensor<4xf32>) {
  // expected-error @below {{(W2) expects one of sum, max, min, prod per stage, got ["mean"]}}
  %0 = kernel.rows ins %x outs %r {kinds = ["mean"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } map {
  ^bb0(%e: f32, %s: f32, %carry: f32):
    kernel.yield
  } : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @w3(%x: tensor<4x8xf32>, %r: tensor<4xf32>) {
  // expected-error @below {{(W3) expects finish to yield ('f32'), got ()}}
  %0 = kernel.rows ins %x outs %r {kinds = ["sum"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield
  } map {
  ^bb0(%e: f32, %s: f32, %carry: f32):
    kernel.yield
  } : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @w4(%x: tensor<4x8xf32>, %r: tensor<4xf32>) {
  // expected-error @below {{(W4) expects element outs before row outs}}
  %0:2 = kernel.rows ins %x outs %r, %x {kinds = ["sum"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], shapes = [[], [], []]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } map {
  ^bb0(%e: f32, %s: f32, %carry: f32):
    kernel.yield %e : f32
  } : (tensor<4x8xf32>, tensor<4xf32>, tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>)
  return
}

// -----

func.func @e1(%x: tensor<4x8xf32>, %r: tensor<4xf32>) {
  // expected-error @below {{(E1) expects 2 maps, got 1}}
  %0 = kernel.reduce ins %x outs %r {kind = "max", reduced = array<i64: 1>, maps = [affine_map<(i, j) -> (i, j)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @e2(%x: tensor<4x8xf32>, %r: tensor<8xf32>) {
  // expected-error @below {{(E2) expects the outs' maps to give the dimensions that are not reduced, in order}}
  %0 = kernel.reduce ins %x outs %r {kind = "max", reduced = array<i64: 1>, maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @e4(%x: tensor<f32>, %r: tensor<4xf32>) {
  // expected-error @below {{(E4) expects an operand with an axis for dimension 1}}
  %0 = kernel.reduce ins %x outs %r {kind = "sum", reduced = array<i64: 1>,
      maps = [affine_map<(m, n) -> ()>, affine_map<(m, n) -> (m)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @e3(%x: tensor<4x8xf32>, %r: tensor<4xf32>) {
  // expected-error @below {{(E3) expects body to yield one value, got 2}}
  %0 = kernel.reduce ins %x outs %r {kind = "max", reduced = array<i64: 1>, maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e, %e : f32, f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @h2(%t: tensor<4x8xf32>, %i: tensor<3xi64>, %o: tensor<3x4x8xf32>) {
  // expected-error @below {{(H2) expects an out of rank 2, got 'tensor<3x4x8xf32>'}}
  %0 = kernel.gather %t, %i outs %o {axis = 0 : i64, shapes = [[], [], []]} : (tensor<4x8xf32>, tensor<3xi64>, tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return
}

// -----

func.func @k1(%r: tensor<4xf32>) {
  // expected-error @below {{(K1) expects a memref like 'tensor<4xf32>', got 'memref<?x?xf32>'}}
  %0 = kernel.task ins %r outs %r {item_count = #xf.dim<4>, shapes = [[], []]} body {
  ^bb0(%in: memref<?x?xf32>, %out: memref<?xf32>, %item: index):
    kernel.yield
  } : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func private @silent(memref<8xf32>, index, index, memref<?xi8>)
func.func @f(%a: memref<8xf32>) {
  // expected-error @below {{expects a check exactly where silent has the attribute kernel.reports}}
  kernel.launch @silent(%a) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<32>, kind = "task", schedule = "", nodes = [], check = "index"} : memref<8xf32>
  return
}

// -----

func.func private @checked(memref<8xf32>, index, index, memref<?xi8>) attributes {kernel.reports}
func.func @f(%a: memref<8xf32>) {
  // expected-error @below {{expects operands of checked's types, then report, check, begin, end and scratch there}}
  kernel.launch @checked(%a) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<32>, kind = "task", schedule = "", nodes = [], check = "index"} : memref<8xf32>
  return
}

// -----

// expected-error @below {{(S1) expects few_q to be at least 0 and at most 256, got -1}}
func.func private @s1_few() attributes {s = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16, few_q = -1>}

// -----

// expected-error @below {{(S3) expects few_q to be positive with several parts, got 2 parts}}
func.func private @s3_parts() attributes {s = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16, parts = 2>}

// -----

func.func @a6(%q: tensor<1x2x3x16xf32>, %o: tensor<1x2x3x16xf32>) {
  // expected-error @below {{(A6) expects one out or three, got 2}}
  %0:2 = kernel.attention %q, %q, %q outs %o, %o {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], []]}
    : (tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>) -> (tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>)
  return
}

// -----

func.func @a6_rank(%q: tensor<1x2x3x16xf32>, %o: tensor<1x2x3x16xf32>, %m: tensor<1x2x3xf32>) {
  // expected-error @below {{(A6) expects rank 3 for the second and third out, got 'tensor<1x2x3x16xf32>'}}
  %0:3 = kernel.attention %q, %q, %q outs %o, %m, %o {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], [], []]}
    : (tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>, tensor<1x2x3xf32>, tensor<1x2x3x16xf32>) -> (tensor<1x2x3x16xf32>, tensor<1x2x3xf32>, tensor<1x2x3x16xf32>)
  return
}

// -----

func.func @a7(%q: tensor<1x2x3x16xf32>, %o: tensor<1x2x3x16xf32>) {
  // expected-error @below {{(A7) expects three outs with 2 parts}}
  %0 = kernel.attention %q, %q, %q outs %o {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16, few_q = 4, parts = 2>}
    : (tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>, tensor<1x2x3x16xf32>) -> tensor<1x2x3x16xf32>
  return
}

// -----

func.func @a1_buffer() {
  // expected-error @below {{(A1) is of buffer -1, expected 0 or more}}
  %o = kernel.buffer_offset {buffer = -1 : i64} : index
  return
}

// -----

func.func @a8_rank(%q: tensor<2x4x3x16xf32>, %s: tensor<9x4x64x16xf32>, %n: tensor<2xi32>, %e: tensor<2xi64>) {
  // expected-error @below {{(A8) expects pages of rank 2 and i32, got}}
  %0 = kernel.attention %q, %s, %s lengths %e pages %n outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<9x4x64x16xf32>, tensor<9x4x64x16xf32>, tensor<2xi64>, tensor<2xi32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}

// -----

func.func @a8_type(%q: tensor<2x4x3x16xf32>, %s: tensor<9x4x64x16xf32>, %n: tensor<2x3xi64>, %e: tensor<2xi64>) {
  // expected-error @below {{(A8) expects pages of rank 2 and i32, got}}
  %0 = kernel.attention %q, %s, %s lengths %e pages %n outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<9x4x64x16xf32>, tensor<9x4x64x16xf32>, tensor<2xi64>, tensor<2x3xi64>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}

// -----

func.func @a8_lengths(%q: tensor<2x4x3x16xf32>, %s: tensor<9x4x64x16xf32>, %n: tensor<2x3xi32>, %e: tensor<2xi64>) {
  // expected-error @below {{(A8) expects lengths with pages}}
  %0 = kernel.attention %q, %s, %s pages %n outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<9x4x64x16xf32>, tensor<9x4x64x16xf32>, tensor<2x3xi32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}

// -----

func.func @a8_layout(%q: tensor<2x4x3x16xf32>, %s: tensor<9x4x64x16xf32>, %n: tensor<2x3xi32>, %e: tensor<2xi64>) {
  // expected-error @below {{(A8) expects states in layout "bhsd", got "bshd"}}
  %0 = kernel.attention %q, %s, %s lengths %e pages %n outs %q {layouts = ["bhsd", "bshd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<9x4x64x16xf32>, tensor<9x4x64x16xf32>, tensor<2xi64>, tensor<2x3xi32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}

// -----

func.func @a8_page(%q: tensor<2x4x3x16xf32>, %s: tensor<9x4x24x16xf32>, %n: tensor<2x3xi32>, %e: tensor<2xi64>) {
  // expected-error @below {{(A8) expects equal sizes of a page, a multiple of 16, got}}
  %0 = kernel.attention %q, %s, %s lengths %e pages %n outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<9x4x24x16xf32>, tensor<9x4x24x16xf32>, tensor<2xi64>, tensor<2x3xi32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}

// -----

func.func @a8_block(%q: tensor<2x4x3x16xf32>, %s: tensor<9x4x64x16xf32>, %n: tensor<2x3xi32>, %e: tensor<2xi64>) {
  // expected-error @below {{(A8) expects block_k to divide 64 positions of a page, got 128}}
  %0 = kernel.attention %q, %s, %s lengths %e pages %n outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], [], []], schedule = #kernel.attention_schedule<block_q = 32, block_k = 128, micro_m = 8, micro_n = 32>}
    : (tensor<2x4x3x16xf32>, tensor<9x4x64x16xf32>, tensor<9x4x64x16xf32>, tensor<2xi64>, tensor<2x3xi32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  return
}
