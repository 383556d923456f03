// RUN: hagane-opt %s --hagane-outline-kernels --split-input-file --verify-diagnostics | FileCheck %s

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// Kernels that differ in their location only share a function.
// CHECK-LABEL: func.func @main
// CHECK: kernel.launch @map_0(%arg0, %arg1) {{.*}}items = #xf.dim<floordiv(n + 3, 4)>, kind = "map", nodes = ["Relu_1"]
// CHECK: kernel.launch @map_0(%arg1, %arg0) {{.*}}nodes = ["Relu_2", "Mul_3"]
// CHECK-LABEL: func.func private @map_0
// CHECK-SAME: (%{{.*}}: memref<?x8xf32>, %{{.*}}: memref<?x8xf32>, %{{.*}}: index, %{{.*}}: index, %{{.*}}: memref<?xi8>) attributes {kernel.body}
// CHECK: kernel.map
// CHECK: return
// CHECK-NOT: func.func
func.func @main(%a: memref<?x8xf32>, %b: memref<?x8xf32>) {
  kernel.map ins %a outs %b {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], schedule = #kernel.loop_schedule<item_size = 4, vector = 16>,
      shapes = [[#xf.dim<n>, #xf.dim<8>], [#xf.dim<n>, #xf.dim<8>]]} body {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  } : (memref<?x8xf32>, memref<?x8xf32>) -> () loc("Relu_1")
  kernel.map ins %b outs %a {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], schedule = #kernel.loop_schedule<item_size = 4, vector = 16>,
      shapes = [[#xf.dim<n>, #xf.dim<8>], [#xf.dim<n>, #xf.dim<8>]]} body {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  } : (memref<?x8xf32>, memref<?x8xf32>) -> () loc(fused["Relu_2", "Mul_3"])
  return
}

// -----

func.func @main(%a: memref<4xf32>, %b: memref<4xf32>) {
  // expected-error @below {{expects a kernel with a schedule}}
  kernel.map ins %a outs %b {maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], shapes = [[], []]} body {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  } : (memref<4xf32>, memref<4xf32>) -> ()
  return
}
