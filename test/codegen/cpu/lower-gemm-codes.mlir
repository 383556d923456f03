// Codes are unpacked in words and multiplied in quads; their zero point counts in the sums of a's blocks.
// RUN: hagane-opt %s --hagane-lower-kernels="vector-bits=512 vector-registers=32 mixed-dots=llvm.x86.avx512.vpdpbusd.512" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,DOTS
// RUN: hagane-opt %s --hagane-lower-kernels="vector-bits=256 vector-registers=16 pair-products=llvm.x86.avx2.pmadd.wd" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,PAIRS

// CHECK-LABEL: func.func private @bytes
// CHECK: %[[PART:.*]] = vector.load %arg0{{.*}} : memref<1x64xi8>, vector<32xi8>
// CHECK: vector.store %[[PART]]
// CHECK: %[[SUM:.*]] = arith.muli %{{.*}}, %c-8_i32 : i32
// CHECK: memref.store %[[SUM]], %[[SUMS:.*]][
// CHECK: %[[START:.*]] = memref.load %[[SUMS]][
// CHECK: vector.broadcast %[[START]] : i32 to vector<[[N:.*]]xi32>
// CHECK: memref.prefetch
// CHECK: vector.load %{{.*}} : memref<2x1152xi8>
// CHECK: arith.andi
// DOTS-COUNT-8: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// PAIRS-COUNT-32: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// DOTS-NOT: call_intrinsic
// CHECK: vector.bitcast %{{.*}} to vector<[[N]]xf16>
// CHECK: arith.sitofp %{{.*}} : vector<[[N]]xi32> to vector<[[N]]xf32>
func.func private @bytes(%a: memref<1x64xi8>, %w: memref<2x1152xui8>, %y: memref<1x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 1, item_n = 32, block_k = 0, micro_m = 1, micro_n = 16, unroll_k = 1, prefetch = 4096, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x64xi8>, memref<2x1152xui8>, memref<1x64xf32>) -> ()
  return
}

// Each block has zero points of its own, which are taken from codes that become floats.
// CHECK-LABEL: func.func private @floats
// CHECK: vector.load %arg0{{.*}} : memref<2x64xf32>, vector<32xf32>
// CHECK: vector.load %{{.*}} : memref<2x1216xi8>, vector<[[N]]xi8>
// CHECK: arith.extui %{{.*}} : vector<[[N]]xi8> to vector<[[N]]xi32>
// CHECK: arith.subf
// CHECK: arith.mulf
// CHECK-NOT: call_intrinsic
func.func private @floats(%a: memref<2x64xf32>, %w: memref<2x1216xui8>, %y: memref<2x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, scale = f16>, shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 2, item_n = 32, block_k = 0, micro_m = 2, micro_n = 16, unroll_k = 1, prefetch = 0, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<2x64xf32>, memref<2x1216xui8>, memref<2x64xf32>) -> ()
  return
}

// Strips that take turns with a piece of a panel ask for half of what comes behind it each: two bytes that one reads stand
// for one that it brings.
// CHECK-LABEL: func.func private @strips
// CHECK: %[[NUMBER:.*]] = arith.divui %{{.*}}, %c4 : index
// CHECK: %[[BEFORE:.*]] = arith.muli %[[NUMBER]], %c1152 : index
// CHECK: %[[PART:.*]] = arith.divui %[[BEFORE]], %c2 : index
// CHECK: %[[SHARE:.*]] = arith.addi %[[PART]], %c1152 : index
// CHECK: scf.for
// CHECK: %[[RATE:.*]] = arith.muli %{{.*}}, %c18874368 : index
// CHECK: %[[DONE:.*]] = arith.divui %[[RATE]], %c65536 : index
// CHECK: %[[AHEAD:.*]] = arith.addi %[[SHARE]], %[[DONE]] : index
// CHECK: %[[AT:.*]] = arith.addi %[[AHEAD]], %{{.*}} : index
// CHECK: memref.prefetch %{{.*}}[%{{.*}}, %[[AT]]]
func.func private @strips(%a: memref<8x64xi8>, %w: memref<2x1152xui8>, %y: memref<8x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.gemm %a, %w outs %y {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], []],
      schedule = #kernel.gemm_schedule<item_m = 8, item_n = 32, block_k = 0, micro_m = 4, micro_n = 16, unroll_k = 1, prefetch = 4096, pack_a = false>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<8x64xi8>, memref<2x1152xui8>, memref<8x64xf32>) -> ()
  return
}

