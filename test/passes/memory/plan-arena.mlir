// RUN: hagane-opt %s --hagane-plan-arena --split-input-file --verify-diagnostics | FileCheck %s

xf.symbol @n {min = 1 : i64, max = 64 : i64}

// %a and %c live at different times and share a bin; %b overlaps both, also
// through its view. One order is perfect for all sizes.
// CHECK-LABEL: func.func @main
// CHECK-SAME: , %[[ARENA:[^:,]*]]: memref<?xi8> {kernel.arena}
// CHECK-SAME: kernel.arena_bytes = #xf.dim<n * 128>
// CHECK-SAME: kernel.arena_orders = [array<i32: 0, 2, 1>]
// CHECK-SAME: kernel.buffers = [{bytes = #xf.dim<n * 64>, first_use = 0 : i64, last_use = 1 : i64},
// CHECK: %[[A:.*]] = kernel.buffer_offset {buffer = 0 : i64} : index
// CHECK: memref.view %[[ARENA]][%[[A]]][%{{.*}}] : memref<?xi8> to memref<?x16xf32>
// CHECK: kernel.buffer_offset {buffer = 1 : i64}
// CHECK: kernel.buffer_offset {buffer = 2 : i64}
func.func @main(%x: memref<?x16xf32>) {
  %n = xf.dim_value {dim = #xf.dim<n>} : index
  %a = memref.alloc(%n) : memref<?x16xf32>
  kernel.task ins %x outs %a {item_count = #xf.dim<1>, shapes = [[], []]} body {
  ^bb0(%in: memref<?x16xf32>, %out: memref<?x16xf32>, %i: index):
    kernel.yield
  } : (memref<?x16xf32>, memref<?x16xf32>) -> ()
  %b = memref.alloc(%n) : memref<?x16xf32>
  kernel.task ins %a outs %b {item_count = #xf.dim<1>, shapes = [[], []]} body {
  ^bb0(%in: memref<?x16xf32>, %out: memref<?x16xf32>, %i: index):
    kernel.yield
  } : (memref<?x16xf32>, memref<?x16xf32>) -> ()
  %v = memref.collapse_shape %b [[0, 1]] : memref<?x16xf32> into memref<?xf32>
  %c = memref.alloc(%n) : memref<?x16xf32>
  %w = memref.collapse_shape %c [[0, 1]] : memref<?x16xf32> into memref<?xf32>
  kernel.task ins %v outs %w {item_count = #xf.dim<1>, shapes = [[], []]} body {
  ^bb0(%in: memref<?xf32>, %out: memref<?xf32>, %i: index):
    kernel.yield
  } : (memref<?xf32>, memref<?xf32>) -> ()
  return
}

// -----

func.func @main(%n: index) {
  // expected-error @below {{cannot place a buffer whose size only running the model tells}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

xf.computed_size @n {min = 0 : i64, max = 9223372036854775807 : i64}

// A buffer whose size the run computes stays for the run's heap.
// CHECK-LABEL: func.func @main
// CHECK-SAME: kernel.arena_bytes = #xf.dim<0>
// CHECK: memref.alloc(%{{.*}}) {kernel.heap_bytes = #xf.dim<floordiv(n + 15, 16) * 64>} : memref<?xf32>
func.func @main(%count: memref<1xi64>) {
  xf.bind @n, %count : memref<1xi64>
  %n = xf.dim_value {dim = #xf.dim<n>} : index
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

xf.computed_size @n {min = 0 : i64, max = 9223372036854775807 : i64}

// A buffer that a loop carries into its next iteration, through a branch too,
// takes turns with another one; the others of the body do not.
// CHECK-LABEL: func.func @main
// CHECK: scf.for
// CHECK:   memref.alloc(%{{.*}}) {kernel.alternates, kernel.heap_bytes = #xf.dim<floordiv(n + 15, 16) * 64>}
// CHECK:   memref.alloc(%{{.*}}) {kernel.heap_bytes = #xf.dim<floordiv(n + 15, 16) * 64>}
// CHECK:   memref.view %arg4
// CHECK:   scf.if
// CHECK:     memref.alloc() {kernel.alternates, kernel.heap_bytes = #xf.dim<64>} : memref<4xf32>
func.func @main(%x: memref<?xf32>, %y: memref<4xf32>, %go: i1, %end: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0:2 = scf.for %i = %c0 to %end step %c1 iter_args(%a = %x, %b = %y) -> (memref<?xf32>, memref<4xf32>) {
    xf.measure %a {binds = array<i64: 0>, dims = [#xf.dim<n>]} : (memref<?xf32>) -> ()
    %n = xf.dim_value {dim = #xf.dim<n>} : index
    %c = memref.alloc(%n) : memref<?xf32>
    %d = memref.alloc(%n) : memref<?xf32>
    %e = memref.alloc() : memref<3xf32>
    %f = scf.if %go -> (memref<4xf32>) {
      %g = memref.alloc() : memref<4xf32>
      scf.yield %g : memref<4xf32>
    } else {
      scf.yield %b : memref<4xf32>
    }
    memref.copy %a, %d : memref<?xf32> to memref<?xf32>
    memref.dealloc %e : memref<3xf32>
    scf.yield %c, %f : memref<?xf32>, memref<4xf32>
  }
  return
}
