// RUN: hagane-opt %s --pass-pipeline="builtin.module(func.func(hagane-share-outputs))" --split-input-file | FileCheck %s

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// The kernel alone reads the past, and nothing has the present before it.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[PRESENT:.*]]: memref<2x?xf32> {kernel.output = 0 : i64, kernel.shares = 0 : i64}
func.func @main(%past: memref<2x?xf32>, %x: memref<2x1xf32>, %s: memref<2xi64>, %present: memref<2x?xf32> {kernel.output = 0 : i64}) {
  kernel.write %x, %s past %past outs %present {axis = 1 : i64, x_map = affine_map<(b, t) -> (b, t)>, shapes = [[], [], [], []]} : (memref<2x1xf32>, memref<2xi64>, memref<2x?xf32>, memref<2x?xf32>) -> ()
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// The past is read behind the kernel, too, by another name.
// CHECK-LABEL: func.func @main
// CHECK-NOT: kernel.shares
func.func @main(%past: memref<2x?xf32>, %x: memref<2x1xf32>, %s: memref<2xi64>, %present: memref<2x?xf32> {kernel.output = 0 : i64}, %copy: memref<1x2x?xf32> {kernel.output = 1 : i64}) {
  %c1 = arith.constant 1 : index
  %n = memref.dim %past, %c1 : memref<2x?xf32>
  %view = memref.expand_shape %past [[0, 1], [2]] output_shape [1, 2, %n] : memref<2x?xf32> into memref<1x2x?xf32>
  kernel.write %x, %s past %past outs %present {axis = 1 : i64, x_map = affine_map<(b, t) -> (b, t)>, shapes = [[], [], [], []]} : (memref<2x1xf32>, memref<2xi64>, memref<2x?xf32>, memref<2x?xf32>) -> ()
  memref.copy %view, %copy : memref<1x2x?xf32> to memref<1x2x?xf32>
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// The present is written before the past is read.
// CHECK-LABEL: func.func @main
// CHECK-NOT: kernel.shares
func.func @main(%past: memref<2x?xf32>, %other: memref<2x?xf32>, %x: memref<2x1xf32>, %s: memref<2xi64>, %present: memref<2x?xf32> {kernel.output = 0 : i64}) {
  memref.copy %other, %present : memref<2x?xf32> to memref<2x?xf32>
  kernel.write %x, %s past %past outs %present {axis = 1 : i64, x_map = affine_map<(b, t) -> (b, t)>, shapes = [[], [], [], []]} : (memref<2x1xf32>, memref<2xi64>, memref<2x?xf32>, memref<2x?xf32>) -> ()
  return
}

// -----

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// No past, the same input twice, and an input that two outputs take.
// CHECK-LABEL: func.func @main
// CHECK-NOT: kernel.shares
func.func @main(%past: memref<2x?xf32>, %x: memref<2x1xf32>, %s: memref<2xi64>, %present: memref<2x?xf32> {kernel.output = 0 : i64}, %more: memref<2x?xf32> {kernel.output = 1 : i64}, %most: memref<2x?xf32> {kernel.output = 2 : i64}) {
  kernel.write %x, %s outs %present {axis = 1 : i64, x_map = affine_map<(b, t) -> (b, t)>, shapes = [[], [], []]} : (memref<2x1xf32>, memref<2xi64>, memref<2x?xf32>) -> ()
  kernel.write %past, %s past %past outs %more {axis = 1 : i64, x_map = affine_map<(b, t) -> (b, t)>, shapes = [[], [], [], []]} : (memref<2x?xf32>, memref<2xi64>, memref<2x?xf32>, memref<2x?xf32>) -> ()
  kernel.write %x, %s past %past outs %most {axis = 1 : i64, x_map = affine_map<(b, t) -> (b, t)>, shapes = [[], [], [], []]} : (memref<2x1xf32>, memref<2xi64>, memref<2x?xf32>, memref<2x?xf32>) -> ()
  return
}
