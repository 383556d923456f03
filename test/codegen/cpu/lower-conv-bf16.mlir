// RUN: hagane-opt %s --hagane-lower-kernels="bf16-dots=llvm.x86.avx512bf16.dpbf16ps.512" --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,DOTS
// RUN: hagane-opt %s --hagane-lower-kernels --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,WIDE

// The weights of two channels lie side by side. Where their products are summed at once, patches are rounded while they
// are copied and hold both channels in a word; elsewhere weights are widened and patches are as they were, in the order
// of the weights.
// CHECK-LABEL: func.func private @pairs
// CHECK-SAME: %[[X:[^:]*]]: memref<1x4x1x5x40xf32>, %[[W:[^:]*]]: memref<1x18x12x2xbf16>
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %[[W]] {{\[\[}}0], [1], [2, 3]] : memref<1x18x12x2xbf16> into memref<1x18x24xbf16>
// DOTS: %[[PATCHES:.*]] = memref.view %{{.*}}[%c0][] : memref<?xi8> to memref<18x48xi32>
// WIDE: %[[PATCHES:.*]] = memref.view %{{.*}}[%c0][] : memref<?xi8> to memref<36x48xf32>
// DOTS: scf.for %[[C:.*]] = %c0 to %c4 step %c2
// DOTS: %[[EVEN:.*]] = vector.maskedload %[[X]][%{{.*}}, %[[C]],
// DOTS: %[[NEXT:.*]] = arith.addi %[[C]], %c1
// DOTS: %[[ODD:.*]] = vector.maskedload %[[X]][%{{.*}}, %[[NEXT]],
// DOTS: arith.truncf %[[EVEN]] : vector<16xf32> to vector<16xbf16>
// DOTS: arith.truncf %[[ODD]]
// DOTS: vector.interleave
// DOTS: vector.store %{{.*}}, %[[PATCHES]]
// WIDE: scf.for %[[C:.*]] = %c0 to %c4 step %c1
// WIDE: vector.maskedload %[[X]][%{{.*}}, %[[C]],
// WIDE: vector.store %{{.*}}, %[[PATCHES]]
// CHECK: scf.for %[[K:.*]] = %c0 to %c18 step %c1 iter_args
// CHECK: memref.prefetch %[[FLAT]]
// CHECK: vector.load %{{.*}}[%{{.*}}, %[[K]], %{{.*}}] : memref<1x18x24xi16>, vector<2xi16>
// CHECK: vector.broadcast %{{.*}} : i32 to vector<16xi32>
// DOTS: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// WIDE: arith.shli %{{.*}} : vector<16xi32>
// WIDE: arith.andi %{{.*}} : vector<16xi32>
// WIDE-NOT: llvm.call_intrinsic
func.func private @pairs(%x: memref<1x4x1x5x40xf32>, %w: memref<1x18x12x2xbf16>, %y: memref<1x12x200xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  kernel.conv %x, %w outs %y {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.conv_schedule<item_m = 12, item_n = 32, block_c = 4, micro_m = 1, micro_n = 16, unroll_k = 1>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x4x1x5x40xf32>, memref<1x18x12x2xbf16>, memref<1x12x200xf32>) -> ()
  return
}
