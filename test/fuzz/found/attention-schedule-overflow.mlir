func.func private @block(%q: memref<1x1x4x16xf32>, %y: memref<1x1x4x16xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.attention %q, %q, %q outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 24, block_k = 32, micro_m = 9223372036854775807, micro_n = 16>}
    : (memref<1x1x4x16xf32>, memref<1x1x4x16xf32>, memref<1x1x4x16xf32>, memref<1x1x4x16xf32>) -> ()
  return
}
