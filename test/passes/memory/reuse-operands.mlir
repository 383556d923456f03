// RUN: hagane-opt %s --pass-pipeline="builtin.module(func.func(hagane-reuse-operands))" --split-input-file | FileCheck %s

xf.symbol @n {min = 1 : i64, max = 64 : i64}

#identity = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (j)>

// %a ends in the map that reads it element by element; %b takes its place.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = memref.alloc
// CHECK-NOT: memref.alloc
// CHECK: kernel.map ins %[[A]], %{{.*}} outs %[[A]]
// CHECK: memref.copy %[[A]]
func.func @main(%x: memref<?x16xf32>, %bias: memref<16xf32>, %out: memref<?x16xf32>) {
  %n = xf.dim_value {dim = #xf.dim<n>} : index
  %a = memref.alloc(%n) : memref<?x16xf32>
  memref.copy %x, %a : memref<?x16xf32> to memref<?x16xf32>
  %b = memref.alloc(%n) : memref<?x16xf32>
  kernel.map ins %a, %bias outs %b {maps = [#identity, #column, #identity], shapes = [[], [], []]} body {
  ^bb0(%e: f32, %z: f32):
    %s = arith.addf %e, %z : f32
    kernel.yield %s : f32
  } : (memref<?x16xf32>, memref<16xf32>, memref<?x16xf32>) -> ()
  memref.copy %b, %out : memref<?x16xf32> to memref<?x16xf32>
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

#identity = affine_map<(m, n) -> (m, n)>

// The residual of a product ends in it; the product's own operand, of the same
// type, must not be written over.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: %[[R:.*]] = memref.alloc
// CHECK: kernel.gemm %[[A]], %{{.*}} extras %[[R]] outs %[[R]]
func.func @main(%x: memref<?x16xf32>, %w: memref<16x16xf32>, %out: memref<?x16xf32>) {
  %n = xf.dim_value {dim = #xf.dim<n>} : index
  %a = memref.alloc(%n) : memref<?x16xf32>
  memref.copy %x, %a : memref<?x16xf32> to memref<?x16xf32>
  %r = memref.alloc(%n) : memref<?x16xf32>
  memref.copy %x, %r : memref<?x16xf32> to memref<?x16xf32>
  %c = memref.alloc(%n) : memref<?x16xf32>
  kernel.gemm %a, %w extras %r outs %c {b_layout = "rows", groups = 1 : i64, extra_maps = [#identity], shapes = [[], [], [], []]} epilogue {
  ^bb0(%acc: f32, %e: f32):
    %s = arith.addf %acc, %e : f32
    kernel.yield %s : f32
  } : (memref<?x16xf32>, memref<16x16xf32>, memref<?x16xf32>, memref<?x16xf32>) -> ()
  memref.copy %c, %out : memref<?x16xf32> to memref<?x16xf32>
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

#identity = affine_map<(i, j) -> (i, j)>
#swapped = affine_map<(i, j) -> (j, i)>

// Elements that are also read at another place, or wanted later, stay.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: %[[B:.*]] = memref.alloc
// CHECK: kernel.map ins %[[A]], %[[A]] outs %[[B]]
// CHECK: %[[C:.*]] = memref.alloc
// CHECK: kernel.map ins %[[B]] outs %[[C]]
// CHECK: memref.copy %[[B]]
func.func @main(%x: memref<16x16xf32>, %out: memref<16x16xf32>, %other: memref<16x16xf32>) {
  %a = memref.alloc() : memref<16x16xf32>
  memref.copy %x, %a : memref<16x16xf32> to memref<16x16xf32>
  %b = memref.alloc() : memref<16x16xf32>
  kernel.map ins %a, %a outs %b {maps = [#identity, #swapped, #identity], shapes = [[], [], []]} body {
  ^bb0(%e: f32, %z: f32):
    %s = arith.addf %e, %z : f32
    kernel.yield %s : f32
  } : (memref<16x16xf32>, memref<16x16xf32>, memref<16x16xf32>) -> ()
  %c = memref.alloc() : memref<16x16xf32>
  kernel.map ins %b outs %c {maps = [#identity, #identity], shapes = [[], []]} body {
  ^bb0(%e: f32):
    %s = math.exp %e : f32
    kernel.yield %s : f32
  } : (memref<16x16xf32>, memref<16x16xf32>) -> ()
  memref.copy %b, %out : memref<16x16xf32> to memref<16x16xf32>
  memref.copy %c, %other : memref<16x16xf32> to memref<16x16xf32>
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

#identity = affine_map<(r, c) -> (r, c)>
#row = affine_map<(r, c) -> (r)>

// Rows are read whole before elements are written; the statistic of a row is
// no element of it.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: %[[S:.*]] = memref.alloc
// CHECK: kernel.rows ins %[[A]] outs %[[A]], %[[S]]
func.func @main(%x: memref<16x16xf32>, %out: memref<16x16xf32>, %sums: memref<16xf32>) {
  %a = memref.alloc() : memref<16x16xf32>
  memref.copy %x, %a : memref<16x16xf32> to memref<16x16xf32>
  %b = memref.alloc() : memref<16x16xf32>
  %s = memref.alloc() : memref<16xf32>
  kernel.rows ins %a outs %b, %s {kinds = ["sum"], maps = [#identity, #identity, #row], shapes = [[], [], []]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } map {
  ^bb0(%e: f32, %sum: f32, %carry: f32):
    %d = arith.divf %e, %sum : f32
    kernel.yield %d : f32
  } : (memref<16x16xf32>, memref<16x16xf32>, memref<16xf32>) -> ()
  memref.copy %b, %out : memref<16x16xf32> to memref<16x16xf32>
  memref.copy %s, %sums : memref<16xf32> to memref<16xf32>
  return
}
