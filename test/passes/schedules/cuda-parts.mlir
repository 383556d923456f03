// Attention of a GPU whose keys are cut in parts.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" | FileCheck %s

// One query sees 8192 keys: parts of them for all multiprocessors, which another kernel merges.
// CHECK-LABEL: func.func @few
// CHECK: kernel.attention {{.*}} schedule = #kernel.cuda_attention<{{.*}}few_q = 1, few_rows = 4, parts = 16>
// CHECK: kernel.map
func.func @few(%q: tensor<1x32x1x128xbf16>, %k: tensor<1x8x8192x128xbf16>, %y: tensor<1x32x1x128xbf16>) -> tensor<1x32x1x128xbf16> {
  %z = kernel.attention %q, %k, %k outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.125 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []]}
    : (tensor<1x32x1x128xbf16>, tensor<1x8x8192x128xbf16>, tensor<1x8x8192x128xbf16>, tensor<1x32x1x128xbf16>) -> tensor<1x32x1x128xbf16>
  return %z : tensor<1x32x1x128xbf16>
}
