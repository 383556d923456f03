// RUN: hagane-opt %s --hagane-lower-kernels --verify-diagnostics

func.func private @block(%q: memref<1x1x4x16xf32>, %y: memref<1x1x4x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{block_q 24 and micro_n 16 must be multiples of 16 lanes}}
  kernel.attention %q, %q, %q outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 24, block_k = 32, micro_m = 2, micro_n = 16>}
    : (memref<1x1x4x16xf32>, memref<1x1x4x16xf32>, memref<1x1x4x16xf32>, memref<1x1x4x16xf32>) -> ()
  return
}

func.func private @heads(%q: memref<1x?x4x16xf32>, %y: memref<1x?x4x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{few_q needs static numbers of heads}}
  kernel.attention %q, %q, %q outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16, few_q = 1>}
    : (memref<1x?x4x16xf32>, memref<1x?x4x16xf32>, memref<1x?x4x16xf32>, memref<1x?x4x16xf32>) -> ()
  return
}

func.func private @features(%q: memref<1x1x4x16385xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{expected heads of at most 16384 features, found 16385}}
  kernel.attention %q, %q, %q outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 16, block_k = 32, micro_m = 2, micro_n = 16>}
    : (memref<1x1x4x16385xf32>, memref<1x1x4x16385xf32>, memref<1x1x4x16385xf32>, memref<1x1x4x16385xf32>) -> ()
  return
}
