// Every operation parses, verifies and prints the same again.
// RUN: hagane-opt %s | hagane-opt | FileCheck %s

// CHECK: kernel.global @w : tensor<2x8x32xf32>
kernel.global @w : tensor<2x8x32xf32> {
  %c = xf.constant {value = dense<0.0> : tensor<8x40xf32>} : () -> tensor<8x40xf32>
  // CHECK: kernel.pack
  %p = kernel.pack %c {panel = 32 : i64} : tensor<8x40xf32> -> tensor<2x8x32xf32>
  kernel.yield %p : tensor<2x8x32xf32>
}

// CHECK: kernel.global @pairs : tensor<2x4x32x2xbf16>
kernel.global @pairs : tensor<2x4x32x2xbf16> {
  %c = xf.constant {value = dense<0.0> : tensor<7x40xbf16>} : () -> tensor<7x40xbf16>
  // CHECK: kernel.pack %{{.*}} {interleave = 2 : i64, panel = 32 : i64}
  %p = kernel.pack %c {panel = 32 : i64, interleave = 2 : i64} : tensor<7x40xbf16> -> tensor<2x4x32x2xbf16>
  kernel.yield %p : tensor<2x4x32x2xbf16>
}

// CHECK: kernel.global @halves : tensor<2x8x32xf32>
kernel.global @halves : tensor<2x8x32xf32> {
  %c = xf.constant {value = dense<0.0> : tensor<8x40xf32>} : () -> tensor<8x40xf32>
  // CHECK: kernel.pack %{{.*}} {groups = 2 : i64, panel = 32 : i64}
  %p = kernel.pack %c {panel = 32 : i64, groups = 2 : i64} : tensor<8x40xf32> -> tensor<2x8x32xf32>
  kernel.yield %p : tensor<2x8x32xf32>
}

// CHECK: kernel.global @codes : tensor<2x576xui8>
kernel.global @codes : tensor<2x576xui8> {
  %c = xf.constant {value = dense<0> : tensor<7x40xi4>} : () -> tensor<7x40xi4>
  %s = xf.constant {value = dense<0.0> : tensor<1x40xf16>} : () -> tensor<1x40xf16>
  // CHECK: kernel.pack_codes %{{.*}}, %{{.*}} {codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>} : (tensor<7x40xi4>, tensor<1x40xf16>) -> tensor<2x576xui8>
  %p = kernel.pack_codes %c, %s {codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>}
    : (tensor<7x40xi4>, tensor<1x40xf16>) -> tensor<2x576xui8>
  kernel.yield %p : tensor<2x576xui8>
}

// CHECK: kernel.global @codes_and_zeros : tensor<3x1088xui8>
kernel.global @codes_and_zeros : tensor<3x1088xui8> {
  %c = xf.constant {value = dense<0> : tensor<70x40xui8>} : () -> tensor<70x40xui8>
  %s = xf.constant {value = dense<0.0> : tensor<70x2xf32>} : () -> tensor<70x2xf32>
  %z = xf.constant {value = dense<0> : tensor<70x2xui8>} : () -> tensor<70x2xui8>
  // CHECK: kernel.pack_codes %{{.*}}, %{{.*}}, %{{.*}} {codes = #kernel.codes<bits = 3, block = 20, scale = f32>, groups = 2 : i64, transposed}
  %p = kernel.pack_codes %c, %s, %z {codes = #kernel.codes<bits = 3, block = 20, scale = f32>, groups = 2 : i64, transposed}
    : (tensor<70x40xui8>, tensor<70x2xf32>, tensor<70x2xui8>) -> tensor<3x1088xui8>
  kernel.yield %p : tensor<3x1088xui8>
}

// CHECK-LABEL: func.func @products_of_codes
func.func @products_of_codes(%a: tensor<4x7xi8>, %x: tensor<?x7xbf16>, %s: tensor<4x1xf32>, %bias: tensor<40xf32>, %c: tensor<4x40xf32>, %d: tensor<?x40xf32>) {
  %w = kernel.get_global @codes : tensor<2x576xui8>
  // CHECK: kernel.gemm %{{.*}}, %{{.*}} extras %{{.*}} a_scales %{{.*}} outs %{{.*}} {b_layout = "codes", codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>
  %0 = kernel.gemm %a, %w extras %bias a_scales %s outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [affine_map<(m, n) -> (n)>],
      codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], [], [], []]} epilogue {
  ^bb0(%acc: f32, %e: f32):
    %y = arith.addf %acc, %e : f32
    kernel.yield %y : f32
  } : (tensor<4x7xi8>, tensor<2x576xui8>, tensor<40xf32>, tensor<4x1xf32>, tensor<4x40xf32>) -> tensor<4x40xf32>
  // CHECK: kernel.gemm %{{.*}}, %{{.*}} outs
  %1 = kernel.gemm %x, %w outs %d {b_layout = "codes", groups = 1 : i64, extra_maps = [],
      codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<?x7xbf16>, tensor<2x576xui8>, tensor<?x40xf32>) -> tensor<?x40xf32>
  return
}

// CHECK-LABEL: func.func @anchors
func.func @anchors(%a: tensor<4x8xf32>, %c: tensor<4x40xf32>, %x: tensor<4x8xbf16>, %r: tensor<4xf32>, %i: tensor<3xi64>, %g: tensor<3x8xf32>,
                   %q: tensor<2x4x3x16xf32>, %o: tensor<2x3x4x16xf32>, %po: tensor<4x4x3x16xf32>, %pm: tensor<4x4x3xf32>) {
  // CHECK: kernel.get_global @w : tensor<2x8x32xf32>
  %w = kernel.get_global @w : tensor<2x8x32xf32>
  // CHECK: kernel.gemm
  %0 = kernel.gemm %a, %w outs %c {b_layout = "panels", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 12, item_n = 32, block_k = 64, micro_m = 12, micro_n = 32, unroll_k = 4, prefetch = 0, pack_a = true>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x8xf32>, tensor<2x8x32xf32>, tensor<4x40xf32>) -> tensor<4x40xf32>
  // CHECK: kernel.attention
  %1 = kernel.attention %q, %q, %q outs %o {layouts = ["bhsd", "bhsd", "bhsd", "bshd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>,
      shapes = [[], [], [], []], schedule = #kernel.attention_schedule<block_q = 32, block_k = 128, micro_m = 8, micro_n = 32>}
    : (tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<2x3x4x16xf32>) -> tensor<2x3x4x16xf32>
  // In parts: sums, their largest scores and weights.
  // CHECK: kernel.attention{{.*}}block_q = 32, block_k = 128, micro_m = 8, micro_n = 32, pack = true, few_q = 4, parts = 2>
  %p:3 = kernel.attention %q, %q, %q outs %po, %pm, %pm {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>,
      shapes = [[], [], [], [], [], []], schedule = #kernel.attention_schedule<block_q = 32, block_k = 128, micro_m = 8, micro_n = 32, pack = true, few_q = 4, parts = 2>}
    : (tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<2x4x3x16xf32>, tensor<4x4x3x16xf32>, tensor<4x4x3xf32>, tensor<4x4x3xf32>) -> (tensor<4x4x3x16xf32>, tensor<4x4x3xf32>, tensor<4x4x3xf32>)
  // Keys and values in pages.
  // CHECK: kernel.attention %{{.*}} lengths %{{.*}} pages %{{.*}} outs
  %pages = tensor.empty() : tensor<2x3xi32>
  %ends = tensor.empty() : tensor<2xi64>
  %state = tensor.empty() : tensor<9x2x64x16xf32>
  %paged = kernel.attention %q, %state, %state lengths %ends pages %pages outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64,
      causal = #xf.causal_kind<bottom_right>, shapes = [[], [], [], [], [], []]}
    : (tensor<2x4x3x16xf32>, tensor<9x2x64x16xf32>, tensor<9x2x64x16xf32>, tensor<2xi64>, tensor<2x3xi32>, tensor<2x4x3x16xf32>) -> tensor<2x4x3x16xf32>
  // 16-bit floats are computed in f32.
  // CHECK: kernel.rows
  %2 = kernel.rows ins %x outs %r {kinds = ["sum"], maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []],
      schedule = #kernel.rows_schedule<item_rows = 4, vector = 16>} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } map {
  ^bb0(%e: f32, %s: f32, %carry: f32):
    kernel.yield
  } : (tensor<4x8xbf16>, tensor<4xf32>) -> tensor<4xf32>
  // CHECK: kernel.map
  %3 = kernel.map outs %r {maps = [affine_map<(i) -> (i)>], shapes = [[]]} body {
    // CHECK: kernel.index 0
    %n = kernel.index 0
    %m = arith.index_cast %n : index to i64
    %f = arith.sitofp %m : i64 to f32
    kernel.yield %f : f32
  } : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: kernel.reduce
  %4 = kernel.reduce ins %a outs %r {kind = "max", reduced = array<i64: 1>, maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4xf32>
  // CHECK: kernel.gather
  %5 = kernel.gather %a, %i outs %g {axis = 0 : i64, shapes = [[], [], []]} : (tensor<4x8xf32>, tensor<3xi64>, tensor<3x8xf32>) -> tensor<3x8xf32>
  // CHECK: kernel.write {{.*}} past {{.*}} circular, keep_rest
  %starts = tensor.empty() : tensor<4xi64>
  %written = kernel.write %a, %starts past %a outs %a {axis = 1 : i64, circular, keep_rest, x_map = affine_map<(b, t) -> (b, t)>, shapes = [[], [], [], []]} : (tensor<4x8xf32>, tensor<4xi64>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK: kernel.task
  %6 = kernel.task ins %r outs %r {item_count = #xf.dim<4>, shapes = [[], []]} body {
  ^bb0(%in: memref<?xf32>, %out: memref<?xf32>, %item: index):
    %v = memref.load %in[%item] : memref<?xf32>
    memref.store %v, %out[%item] : memref<?xf32>
    kernel.yield
  } : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// CHECK-LABEL: func.func @host
func.func @host(%a: memref<8xf32>) {
  // CHECK: kernel.launch @body(%{{.*}})
  kernel.launch @body(%a) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<32>, kind = "map", schedule = "", nodes = ["Relu"]} : memref<8xf32>
  return
}
func.func private @body(memref<8xf32>, index, index, memref<?xi8>)

// CHECK-LABEL: func.func @report
func.func @report(%a: memref<8xf32>) {
  // CHECK: kernel.launch @checked(%{{.*}}) {{.*}}check = "index {got} of {want}"
  kernel.launch @checked(%a) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<32>, kind = "task", schedule = "", nodes = ["Gather"], check = "index {got} of {want}"} : memref<8xf32>
  return
}
func.func private @checked(memref<8xf32>, memref<3xi64>, index, index, index, memref<?xi8>) attributes {kernel.reports}

// CHECK-LABEL: func.func @position
func.func @position(%i: index, %n: index) -> (index, index) {
  // CHECK: kernel.position %{{.*}} of %{{.*}}
  %p = kernel.position %i of %n
  // CHECK: kernel.position %{{.*}} of %{{.*}} {from_start}
  %q = kernel.position %i of %n {from_start}
  return %p, %q : index, index
}

// CHECK-LABEL: func.func @buffer_offset
func.func @buffer_offset() -> index {
  // CHECK: kernel.buffer_offset {buffer = 3 : i64} : index
  %o = kernel.buffer_offset {buffer = 3 : i64} : index
  return %o : index
}
