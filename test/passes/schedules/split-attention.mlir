// RUN: hagane-opt %s --hagane-assign-schedules=threads=8 --split-input-file --verify-diagnostics | FileCheck %s

// Two heads of keys would keep two of eight threads busy: each is cut in four. Another kernel merges the parts, in
// their order.
// CHECK-LABEL: func.func @split
// CHECK: %[[BATCH:.*]] = xf.dim_value {dim = #xf.dim<b * 4>}
// CHECK: tensor.empty(%[[BATCH]]) : tensor<?x4x1x16xf32>
// CHECK: %[[PARTS:.*]]:3 = kernel.attention %{{.*}} kernel.merged_type = bf16{{.*}}layouts = ["bhsd", "bhsd", "bhsd", "bhsd"]{{.*}}few_q = 1, parts = 4>
// CHECK: tensor.extract_slice %[[PARTS]]#0[0, 0, 0, 0]
// CHECK: %[[SECOND:.*]] = xf.dim_value {dim = #xf.dim<b>}
// CHECK: tensor.extract_slice %[[PARTS]]#0[%[[SECOND]], 0, 0, 0]
// CHECK: tensor.extract_slice %[[PARTS]]#2
// CHECK: kernel.map ins
// CHECK-SAME: maps = [#map, #map, #map, #map, #map1
// CHECK-COUNT-3: arith.maximumf
// CHECK-COUNT-4: math.exp
// CHECK: arith.divf
func.func @split(%q: tensor<?x4x1x16xbf16>, %k: tensor<?x2x?x16xbf16>, %o: tensor<?x1x4x16xbf16>) -> tensor<?x1x4x16xbf16> {
  %y = kernel.attention %q, %k, %k outs %o {layouts = ["bhsd", "bhsd", "bhsd", "bshd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>,
      shapes = [[#xf.dim<b>, #xf.dim<4>, #xf.dim<1>, #xf.dim<16>], [#xf.dim<b>, #xf.dim<2>, #xf.dim<t>, #xf.dim<16>], [#xf.dim<b>, #xf.dim<2>, #xf.dim<t>, #xf.dim<16>], [#xf.dim<b>, #xf.dim<1>, #xf.dim<4>, #xf.dim<16>]]}
    : (tensor<?x4x1x16xbf16>, tensor<?x2x?x16xbf16>, tensor<?x2x?x16xbf16>, tensor<?x1x4x16xbf16>) -> tensor<?x1x4x16xbf16>
  return %y : tensor<?x1x4x16xbf16>
}

// -----

// Few keys are not worth it.
// CHECK-LABEL: func.func @short
// CHECK-NOT: parts
func.func @short(%q: tensor<1x4x1x16xf32>, %k: tensor<1x2x256x16xf32>, %o: tensor<1x4x1x16xf32>) -> tensor<1x4x1x16xf32> {
  %y = kernel.attention %q, %k, %k outs %o {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>,
      shapes = [[#xf.dim<1>, #xf.dim<4>, #xf.dim<1>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<2>, #xf.dim<256>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<2>, #xf.dim<256>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<4>, #xf.dim<1>, #xf.dim<16>]]}
    : (tensor<1x4x1x16xf32>, tensor<1x2x256x16xf32>, tensor<1x2x256x16xf32>, tensor<1x4x1x16xf32>) -> tensor<1x4x1x16xf32>
  return %y : tensor<1x4x1x16xf32>
}

// -----

// What has no place for parts yet cannot be split where memory is given.
func.func @memory(%q: memref<1x4x1x16xf32>, %k: memref<1x1x512x16xf32>) {
  // expected-error @below {{expects attention on tensors to split it in 8 parts}}
  kernel.attention %q, %k, %k outs %q {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64, causal = #xf.causal_kind<none>,
      shapes = [[#xf.dim<1>, #xf.dim<4>, #xf.dim<1>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<1>, #xf.dim<512>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<1>, #xf.dim<512>, #xf.dim<16>], [#xf.dim<1>, #xf.dim<4>, #xf.dim<1>, #xf.dim<16>]]}
    : (memref<1x4x1x16xf32>, memref<1x1x512x16xf32>, memref<1x1x512x16xf32>, memref<1x4x1x16xf32>) -> ()
  return
}
