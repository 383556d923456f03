// RUN: hagane-opt %s --hagane-lower-kernels="bf16-dots=llvm.x86.avx512bf16.dpbf16ps.512" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,DOTS
// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,WIDE

// A step takes two terms: a pair of a's elements, read as one word, for each vector of b's pairs. Where nothing sums
// their products, both are widened in registers, and b is read by whole vectors nevertheless.
// CHECK-LABEL: func.func private @pairs
// CHECK-SAME: %[[A:[^:]*]]: memref<2x7xbf16>
// CHECK: %[[W:.*]] = memref.collapse_shape %{{.*}} {{\[\[}}0], [1], [2, 3]] : memref<1x4x32x2xbf16> into memref<1x4x64xbf16>
// CHECK: %[[SUM:.*]]:4 = scf.for %[[STEP:.*]] = %c0 to %c3 step %c1 iter_args
// CHECK: vector.load %{{.*}}[%c0, %[[STEP]], %c0] : memref<1x4x64xi16>, vector<32xi16>
// DOTS: vector.load %{{.*}}[%{{.*}}, %{{.*}}] : memref<2x7xi16>, vector<2xi16>
// DOTS: vector.bitcast %{{.*}} : vector<2xbf16> to vector<1xi32>
// DOTS: vector.broadcast %{{.*}} : i32 to vector<16xi32>
// DOTS: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"(%{{.*}}, %{{.*}}, %{{.*}}) : (vector<16xf32>, vector<32xbf16>, vector<32xbf16>) -> vector<16xf32>
// WIDE: arith.shli %{{.*}} : vector<16xi32>
// WIDE: arith.addf {{.*}} fastmath<contract> : vector<16xf32>
// WIDE: arith.andi %{{.*}} : vector<16xi32>
// WIDE: arith.addf {{.*}} fastmath<contract> : vector<16xf32>
// WIDE-NOT: llvm.call_intrinsic
// The last term is alone: what is behind it in a is not read.
// CHECK: vector.load %{{.*}}[%c0, %c3, %c0] : memref<1x4x64xi16>, vector<32xi16>
// DOTS: memref.load %{{.*}}[%c0, %c6] : memref<2x7xi16>
// DOTS: arith.extui %{{.*}} : i16 to i32
// DOTS: llvm.call_intrinsic
func.func private @pairs(%a: memref<2x7xbf16>, %w: memref<1x4x32x2xbf16>, %y: memref<2x32xbf16>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 2, item_n = 32, block_k = 0, micro_m = 2, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<2x7xbf16>, memref<1x4x32x2xbf16>, memref<2x32xbf16>) -> ()
  return
}

// Elements of a in f32 are as they are, whatever the processor can.
// CHECK-LABEL: func.func private @mixed
// CHECK-NOT: x86vector
// CHECK: memref.load %{{.*}} : memref<1x8xf32>
// CHECK: memref.load %{{.*}} : memref<1x8xf32>
func.func private @mixed(%a: memref<1x8xf32>, %w: memref<1x4x32x2xbf16>, %y: memref<1x32xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 1, item_n = 32, block_k = 0, micro_m = 1, micro_n = 32, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x8xf32>, memref<1x4x32x2xbf16>, memref<1x32xf32>) -> ()
  return
}

// Rows of b that were not packed are interleaved on the way, and a is copied as it is.
// CHECK-LABEL: func.func private @rows
// DOTS: memref.view %{{.*}} : memref<?xi8> to memref<4x96xbf16>
// WIDE: memref.view %{{.*}} : memref<?xi8> to memref<4x80xf32>
// DOTS: vector.interleave %{{.*}}, %{{.*}} : vector<16xbf16> -> vector<32xbf16>
// DOTS: llvm.call_intrinsic
func.func private @rows(%a: memref<4x128xbf16>, %b: memref<128x16xbf16>, %y: memref<4x16xbf16>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %b outs %y {b_layout = "rows", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 16, block_k = 64, micro_m = 2, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = true>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<4x128xbf16>, memref<128x16xbf16>, memref<4x16xbf16>) -> ()
  return
}

// Up to sixteen rows are two strips that take turns with a part of a panel, each asking for half of what comes next.
// CHECK-LABEL: func.func private @few
// CHECK: %[[ROWS:.*]] = memref.dim
// CHECK: %[[STRIP:.*]] = arith.cmpi sle, %[[ROWS]], %c12
// CHECK: %[[FEW:.*]] = arith.cmpi sle, %[[ROWS]], %c16
// CHECK: scf.if %[[STRIP]]
// CHECK: %[[TWO:.*]] = arith.xori %[[STRIP]], %[[FEW]]
// CHECK: scf.if %[[TWO]]
// CHECK: scf.for %{{.*}} = %c0 to %c4096 step %c256
// CHECK-COUNT-2: iter_args({{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
func.func private @few(%a: memref<?x4096xbf16>, %w: memref<1x2048x32x2xbf16>, %y: memref<?x32xbf16>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 24, item_n = 32, block_k = 0, micro_m = 12, micro_n = 32, unroll_k = 1, prefetch = 4096, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<?x4096xbf16>, memref<1x2048x32x2xbf16>, memref<?x32xbf16>) -> ()
  return
}
