// RUN: hagane-opt %s --hagane-assign-schedules="file=%S/Inputs/loops.mlir lock=%S/Inputs/loops.mlir" | FileCheck %s
// RUN: not hagane-opt %s --hagane-assign-schedules="lock=%S/Inputs/loops.mlir" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not hagane-opt %s --hagane-assign-schedules="lock=%S/Inputs/lines.mlir" 2>&1 | FileCheck %s --check-prefix=NONE

// OTHER: error: gets #kernel.loop_schedule<item_size = 256, vector = 16>, locked to #kernel.loop_schedule<item_size = 5, vector = 8>
// OTHER: loops.mlir:1:1: note: locked here
// NONE: error: no line of the lock fits this map, which gets #kernel.loop_schedule<item_size = 256, vector = 16>

// CHECK: #kernel.loop_schedule<item_size = 5, vector = 8>
func.func @map(%a: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %m = kernel.map ins %a outs %c {maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], shapes = [[], []]} body {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  } : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %m : tensor<4xf32>
}
