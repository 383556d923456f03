// RUN: hagane-opt %s --hagane-lower-kernels="bf16-dots=llvm.x86.avx512bf16.dpbf16ps.512" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,DOTS
// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,WIDE

// Beside queries in bf16, keys and values in f32 are rounded while blocks of them are copied, if pairs are multiplied;
// a single query reads them as they are.
// CHECK-LABEL: func.func private @caches
// CHECK-SAME: %[[Q:[^:]*]]: memref<1x2x?x32xbf16>, %[[K:[^:]*]]: memref<1x2x?x32xf32>, %[[V:[^:]*]]: memref<1x2x?x32xf32>
// CHECK: scf.if
// CHECK-NOT: llvm.call_intrinsic
// CHECK: vector.load %[[K]]{{.*}} vector<16xf32>
// CHECK: scf.if
// DOTS: memref.view {{.*}} : memref<?xi8> to memref<64x32xbf16>
// DOTS: memref.view {{.*}} : memref<?xi8> to memref<32x32xi32>
// DOTS: %[[ROW:.*]] = vector.load %[[K]]{{.*}} vector<32xf32>
// DOTS: arith.truncf %[[ROW]] : vector<32xf32> to vector<32xbf16>
// DOTS: vector.load %[[V]]{{.*}} vector<16xf32>
// DOTS: arith.truncf
// DOTS: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// WIDE-NOT: truncf
// WIDE: return
func.func private @caches(%q: memref<1x2x?x32xbf16>, %k: memref<1x2x?x32xf32>, %v: memref<1x2x?x32xf32>, %y: memref<1x2x?x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.attention %q, %k, %v outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.5 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], []],
      schedule = #kernel.attention_schedule<block_q = 32, block_k = 64, micro_m = 4, micro_n = 32, pack = false, few_q = 1, parts = 1>}
    : (memref<1x2x?x32xbf16>, memref<1x2x?x32xf32>, memref<1x2x?x32xf32>, memref<1x2x?x32xf32>) -> ()
  return
}
