// Maps, gathers, writes and tasks as CUDA C++.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" --hagane-outline-kernels --hagane-emit-cuda -o /dev/null | FileCheck %s

// Neighbours are read and written at once; what is broadcast along them, once.
// CHECK-LABEL: // map_0: kernel.map for sm_90a
// CHECK: struct Arguments {
// CHECK-NEXT: const f16 *in0;
// CHECK-NEXT: int64_t in0_size0;
// CHECK-NEXT: const float *in1;
// CHECK-NEXT: int64_t in1_size0;
// CHECK-NEXT: f16 *out0;
// CHECK-NEXT: int64_t out0_size0;
// CHECK-NEXT: std::byte *scratch;
// CHECK: extern "C" __global__ void __launch_bounds__(256)
// CHECK-NEXT: map_0(const __grid_constant__ Arguments args) {
// CHECK: const int64_t groups = args.out0_size0 * 5;
// CHECK: if (group >= groups)
// CHECK-NEXT: return;
// CHECK: const int64_t [[COLUMN:.*]] = group % 5;
// CHECK-NEXT: const int64_t [[ROW:.*]] = group / 5;
// CHECK-NEXT: const int64_t [[FIRST:.*]] = [[COLUMN]] * 4;
// CHECK-NEXT: const float x1 = args.in1{{.}}[[ROW]]];
// CHECK: loadNeighbours(x0, &args.in0{{.}}[[ROW]] * 17 + [[FIRST]]], 17 - [[FIRST]]);
// CHECK: for (int e = 0; e < 4; ++e) {
// CHECK: const float [[SUM:.*]] = x0[e] + x1;
// CHECK: const float [[PLACE:.*]] = float(toSigned(
// CHECK: y0[e] =
// CHECK: storeNeighbours(&args.out0{{.}}[[ROW]] * 17 + [[FIRST]]], y0, 17 - [[FIRST]]);
// CHECK: HAGANE_ENTRY(map_0, Arguments)
func.func @map(%x: memref<?x17xf16>, %z: memref<?xf32>, %y: memref<?x17xf16>) {
  kernel.map ins %x, %z outs %y {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], shapes = [[#xf.dim<n>, #xf.dim<17>], [#xf.dim<n>], [#xf.dim<n>, #xf.dim<17>]]} body {
  ^bb0(%e: f32, %f: f32):
    %s = arith.addf %e, %f : f32
    %i = kernel.index 1
    %j = arith.index_cast %i : index to i64
    %k = arith.sitofp %j : i64 to f32
    %r = arith.mulf %s, %k : f32
    kernel.yield %r : f32
  } : (memref<?x17xf16>, memref<?xf32>, memref<?x17xf16>) -> ()
  return
}

// A transposed operand is read element by element.
// CHECK-LABEL: // map_1: kernel.map
// CHECK: loadSpaced(x0, &args.in0[{{.*}}], 64, 32 - {{.*}});
// CHECK: exp(
// CHECK: truncateTo<bool>(
func.func @transposed(%x: memref<32x64xf32>, %y: memref<64x32xf32>) {
  kernel.map ins %x outs %y {maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    %s = math.exp %e : f32
    %i = arith.fptosi %s : f32 to i32
    %odd = arith.trunci %i : i32 to i1
    %r = arith.select %odd, %s, %e : f32
    kernel.yield %r : f32
  } : (memref<32x64xf32>, memref<64x32xf32>) -> ()
  return
}

// An index out of range is reported by the number of its check.
// CHECK-LABEL: // gather_0: kernel.gather
// CHECK: int64_t *report;
// CHECK-NEXT: int64_t check;
// CHECK: const int64_t row = findPosition<true>(args.indices[{{.*}}], 100, args.report, args.check);
// CHECK-NEXT: if (row >= 100)
// CHECK-NEXT: return;
// CHECK: loadNeighbours(values, &args.table[row * 24 + {{.*}}], 24 - {{.*}});
// CHECK: storeNeighbours(&args.out0[{{.*}}], values, 24 - {{.*}});
func.func @gather(%t: memref<100x24xf32>, %i: memref<7xi64>, %y: memref<7x24xf32>) {
  kernel.gather %t, %i outs %y {axis = 0 : i64, shapes = [[], [], []]} : (memref<100x24xf32>, memref<7xi64>, memref<7x24xf32>) -> ()
  return
}

// A thread's neighbours lie at one position, new or from the past.
// CHECK-LABEL: // write_0: kernel.write
// CHECK: const int64_t start = args.starts[
// CHECK: findPosition<false>(start + added - 1, 40, args.report, args.check);
// CHECK: if (step >= 0 && step < added) {
// CHECK: loadNeighbours(values, &args.x[
// CHECK: } else if (args.past == args.out0 && 30 == 40) {
// CHECK: } else if ({{.*}} < 30 && {{.*}} < start) {
// CHECK: loadNeighbours(values, &args.past[
// CHECK: } else {
func.func @write(%x: memref<3x1x2x16xf32>, %s: memref<3xi64>, %p: memref<3x2x30x16xf32>, %y: memref<3x2x40x16xf32>) {
  kernel.write %x, %s past %p outs %y {axis = 2 : i64, x_map = affine_map<(b, h, t, d) -> (b, t, h, d)>, shapes = [[], [], [], []]} : (memref<3x1x2x16xf32>, memref<3xi64>, memref<3x2x30x16xf32>, memref<3x2x40x16xf32>) -> ()
  return
}

// Branches and loops stay what they are.
// CHECK-LABEL: // task_0: kernel.task
// CHECK: const int64_t item = int64_t(blockIdx.x) * 256 + threadIdx.x;
// CHECK-NEXT: if (item >= (args.out0_size0 * args.out0_size1))
// CHECK: float [[TOTAL:.*]];
// CHECK-NEXT: [[TOTAL]] = 0.0f;
// CHECK-NEXT: for (int64_t [[I:.*]] = 0; [[I]] < t; [[I]] += 1) {
// CHECK: [[TOTAL]] = {{.*}};
// CHECK-NEXT: }
// CHECK: if (
// CHECK: args.out0[{{.*}}] = [[TOTAL]];
func.func @task(%x: memref<?xf32>, %y: memref<?x?xf32>) {
  kernel.task ins %x outs %y {item_count = #xf.dim<n * m>, shapes = [[#xf.dim<k>], [#xf.dim<n>, #xf.dim<m>]]} body {
  ^bb0(%a: memref<?xf32, strided<[?], offset: ?>>, %b: memref<?x?xf32, strided<[?, ?], offset: ?>>, %item: index):
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f32
    %k = memref.dim %a, %c0 : memref<?xf32, strided<[?], offset: ?>>
    %m = memref.dim %b, %c1 : memref<?x?xf32, strided<[?, ?], offset: ?>>
    %i = arith.divui %item, %m : index
    %j = arith.remui %item, %m : index
    %s = scf.for %p = %c0 to %k step %c1 iter_args(%t = %zero) -> f32 {
      %v = memref.load %a[%p] : memref<?xf32, strided<[?], offset: ?>>
      %u = arith.addf %t, %v : f32
      scf.yield %u : f32
    }
    %isFirst = arith.cmpi eq, %j, %c0 : index
    scf.if %isFirst {
      memref.store %s, %b[%i, %j] : memref<?x?xf32, strided<[?, ?], offset: ?>>
    }
    kernel.yield
  } : (memref<?xf32>, memref<?x?xf32>) -> ()
  return
}
