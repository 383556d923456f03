// RUN: hagane-opt %s --pass-pipeline="builtin.module(func.func(hagane-share-outputs))" --split-input-file | FileCheck %s

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// The task alone reads the past, and nothing has the present before it.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %arg1: memref<?xf32> {kernel.output = 0 : i64, kernel.shares = 0 : i64}
func.func @main(%past: memref<?xf32>, %present: memref<?xf32> {kernel.output = 0 : i64}) {
  kernel.task ins %past outs %present {item_count = #xf.dim<n>, kernel.in_place = 0 : i64, shapes = [[#xf.dim<n>], [#xf.dim<n>]]} body {
  ^bb0(%p: memref<?xf32>, %y: memref<?xf32>, %i: index):
    %e = memref.load %p[%i] : memref<?xf32>
    memref.store %e, %y[%i] : memref<?xf32>
    kernel.yield
  } : (memref<?xf32>, memref<?xf32>) -> ()
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// The past is read behind the task, too, by another name.
// CHECK-LABEL: func.func @main
// CHECK-NOT: kernel.shares
func.func @main(%past: memref<?xf32>, %present: memref<?xf32> {kernel.output = 0 : i64}, %copy: memref<1x?xf32> {kernel.output = 1 : i64}) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %past, %c0 : memref<?xf32>
  %view = memref.expand_shape %past [[0, 1]] output_shape [1, %n] : memref<?xf32> into memref<1x?xf32>
  kernel.task ins %past outs %present {item_count = #xf.dim<n>, kernel.in_place = 0 : i64, shapes = [[#xf.dim<n>], [#xf.dim<n>]]} body {
  ^bb0(%p: memref<?xf32>, %y: memref<?xf32>, %i: index):
    kernel.yield
  } : (memref<?xf32>, memref<?xf32>) -> ()
  memref.copy %view, %copy : memref<1x?xf32> to memref<1x?xf32>
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// The present is written before the past is read.
// CHECK-LABEL: func.func @main
// CHECK-NOT: kernel.shares
func.func @main(%past: memref<?xf32>, %other: memref<?xf32>, %present: memref<?xf32> {kernel.output = 0 : i64}) {
  memref.copy %other, %present : memref<?xf32> to memref<?xf32>
  kernel.task ins %past outs %present {item_count = #xf.dim<n>, kernel.in_place = 0 : i64, shapes = [[#xf.dim<n>], [#xf.dim<n>]]} body {
  ^bb0(%p: memref<?xf32>, %y: memref<?xf32>, %i: index):
    kernel.yield
  } : (memref<?xf32>, memref<?xf32>) -> ()
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// A place that is no input, twice the same input, and an input that two
// outputs take.
// CHECK-LABEL: func.func @main
// CHECK-NOT: kernel.shares
func.func @main(%past: memref<?xf32>, %present: memref<?xf32> {kernel.output = 0 : i64}, %more: memref<?xf32> {kernel.output = 1 : i64}) {
  kernel.task ins %past outs %present {item_count = #xf.dim<n>, kernel.in_place = 7 : i64, shapes = [[#xf.dim<n>], [#xf.dim<n>]]} body {
  ^bb0(%p: memref<?xf32>, %y: memref<?xf32>, %i: index):
    kernel.yield
  } : (memref<?xf32>, memref<?xf32>) -> ()
  kernel.task ins %past, %past outs %more {item_count = #xf.dim<n>, kernel.in_place = 0 : i64, shapes = [[#xf.dim<n>], [#xf.dim<n>], [#xf.dim<n>]]} body {
  ^bb0(%p: memref<?xf32>, %q: memref<?xf32>, %y: memref<?xf32>, %i: index):
    kernel.yield
  } : (memref<?xf32>, memref<?xf32>, memref<?xf32>) -> ()
  return
}
