// RUN: hagane-opt %s --hagane-lower-kernels="mixed-dots=llvm.x86.avx512.vpdpbusd.512" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,MIXED
// RUN: hagane-opt %s --hagane-lower-kernels="vector-bits=128 signed-dots=llvm.aarch64.neon.sdot.v4i32.v16i8" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,SIGNED
// RUN: hagane-opt %s --hagane-lower-kernels="pair-products=llvm.x86.avx512.pmaddw.d.512" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,PAIRS
// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,ONE

// A step takes four terms of a row, as one word, for each vector of b's quads. What is unsigned is the first factor of
// an instruction for both signs; one for signed factors gets a - 128, and one more row, of ones, makes up for that.
// CHECK-LABEL: func.func private @quads
// SIGNED-DAG: %[[SIGNS:.*]] = arith.constant dense<-2139062144> : vector<4xi32>
// SIGNED-DAG: %[[ONES:.*]] = arith.constant dense<1> : vector<16xi8>
// CHECK: memref.collapse_shape %{{.*}} {{\[\[}}0], [1], [2, 3]] : memref<1x2x16x4xi8> into memref<1x2x64xi8>
// MIXED: vector.load %{{.*}} : memref<1x2x64xi8>, vector<64xi8>
// MIXED: %[[WORD:.*]] = vector.broadcast %{{.*}} : i32 to vector<16xi32>
// MIXED-NOT: arith.xori
// MIXED: %[[A:.*]] = vector.bitcast %[[WORD]] : vector<16xi32> to vector<64xi8>
// MIXED: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[A]], %{{.*}}) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
// SIGNED: %[[FLIPPED:.*]] = arith.xori %{{.*}}, %[[SIGNS]] : vector<4xi32>
// SIGNED: vector.bitcast %[[FLIPPED]] : vector<4xi32> to vector<16xi8>
// SIGNED: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"
// SIGNED: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%{{.*}}, %[[ONES]], %{{.*}})
// SIGNED: %[[SUMS:.*]] = arith.shli %{{.*}} : vector<4xi32>
// SIGNED: arith.addi %{{.*}}, %[[SUMS]] : vector<4xi32>
// PAIRS: arith.shli %{{.*}} : vector<32xi16>
// PAIRS: arith.shrsi %{{.*}} : vector<32xi16>
// PAIRS: arith.andi %{{.*}} : vector<32xi16>
// PAIRS: llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"(%{{.*}}, %{{.*}}) : (vector<32xi16>, vector<32xi16>) -> vector<16xi32>
// PAIRS: arith.addi %{{.*}} : vector<16xi32>
// ONE: arith.shrsi %{{.*}} : vector<16xi32>
// ONE: arith.extui %{{.*}} : i8 to i32
// ONE: arith.muli %{{.*}} : vector<16xi32>
// ONE: arith.addi %{{.*}} : vector<16xi32>
func.func private @quads(%a: memref<1x8xui8>, %w: memref<1x2x16x4xi8>, %y: memref<1x16xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 1, item_n = 16, block_k = 0, micro_m = 1, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: i32):
    kernel.yield %acc : i32
  } : (memref<1x8xui8>, memref<1x2x16x4xi8>, memref<1x16xi32>) -> ()
  return
}

// Both signed: an instruction for both signs gets a + 128.
// CHECK-LABEL: func.func private @signs
// MIXED: arith.xori %{{.*}} : vector<16xi32>
// MIXED: arith.subi %{{.*}} : vector<16xi32>
// SIGNED-NOT: arith.xori
// PAIRS-NOT: arith.andi %{{.*}} : vector<32xi16>
// ONE: arith.extsi %{{.*}} : i8 to i32
func.func private @signs(%a: memref<1x8xi8>, %w: memref<1x2x16x4xi8>, %y: memref<1x16xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 1, item_n = 16, block_k = 0, micro_m = 1, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: i32):
    kernel.yield %acc : i32
  } : (memref<1x8xi8>, memref<1x2x16x4xi8>, memref<1x16xi32>) -> ()
  return
}

// Unsigned weights are the instruction's first factor.
// CHECK-LABEL: func.func private @swapped
// MIXED: %[[B:.*]] = vector.load %{{.*}} : memref<1x2x64xi8>, vector<64xi8>
// MIXED: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%{{.*}}, %[[B]], %{{.*}})
// SIGNED-NOT: llvm.call_intrinsic
func.func private @swapped(%a: memref<1x8xi8>, %w: memref<1x2x16x4xui8>, %y: memref<1x16xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 1, item_n = 16, block_k = 0, micro_m = 1, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: i32):
    kernel.yield %acc : i32
  } : (memref<1x8xi8>, memref<1x2x16x4xui8>, memref<1x16xi32>) -> ()
  return
}

// Terms of the last step that do not exist are 0, and what is behind a row is not read.
// CHECK-LABEL: func.func private @cut
// CHECK: scf.for
// MIXED: %[[LAST:.*]] = memref.load %{{.*}}[%c0, %c5] : memref<1x6xi8>
// MIXED: arith.extui %[[LAST]] : i8 to i32
// MIXED-NOT: memref.load %{{.*}}[%c0, %c6]
func.func private @cut(%a: memref<1x6xui8>, %w: memref<1x2x16x4xi8>, %y: memref<1x16xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 1, item_n = 16, block_k = 0, micro_m = 1, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: i32):
    kernel.yield %acc : i32
  } : (memref<1x6xui8>, memref<1x2x16x4xi8>, memref<1x16xi32>) -> ()
  return
}

// Rows are copied as bytes.
// CHECK-LABEL: func.func private @packed
// MIXED: memref.view %{{.*}} : memref<?xi8> to memref<4x128xi8>
func.func private @packed(%a: memref<4x256xui8>, %w: memref<1x64x16x4xi8>, %y: memref<4x16xi32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 4, item_n = 16, block_k = 64, micro_m = 2, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = true>} epilogue {
  ^bb0(%acc: i32):
    kernel.yield %acc : i32
  } : (memref<4x256xui8>, memref<1x64x16x4xi8>, memref<4x16xi32>) -> ()
  return
}
