// Rows and reductions as CUDA C++.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=80" --hagane-outline-kernels --hagane-emit-cuda="sm=80" -o /dev/null | FileCheck %s

// Short rows are kept in registers, with what a stage hands on, and belong to
// part of a warp, whose lanes all take part in shuffles.
// CHECK-LABEL: // rows_0: kernel.rows for sm_80
// CHECK: const bool exists = own < rows;
// CHECK: float x0[{{[0-9]+}}][[WIDTH:.[0-9]+.]];
// CHECK-NEXT: float carry[{{[0-9]+}}][[WIDTH]];
// CHECK: loadNeighbours(x0[chunk], &args.in0[{{.*}}], columns - first);
// CHECK: float statistic = Max::identity<float>();
// CHECK: statistic = Max::of(statistic, x0[chunk][e]);
// CHECK: statistic = reduceWarp<Max, 16>(statistic);
// CHECK: const float [[D:.*]] = x0[chunk][e] - statistic;
// CHECK-NEXT: const float [[P:.*]] = exp([[D]]);
// CHECK-NEXT: statistic_1 = Sum::of(statistic_1, [[P]]);
// CHECK-NEXT: carry[chunk][e] = [[P]];
// CHECK: statistic_1 = reduceWarp<Sum, 16>(statistic_1);
// CHECK: if (!exists)
// CHECK-NEXT: return;
// CHECK: carry[chunk][e] / statistic_1;
// CHECK: storeNeighbours(&args.out0[{{.*}}], y0, columns - first);
#rc = affine_map<(r, c) -> (r, c)>
func.func @softmax(%x: memref<?x60xf32>, %y: memref<?x60xf32>) {
  kernel.rows ins %x outs %y {kinds = ["max", "sum"], maps = [#rc, #rc], shapes = [[#xf.dim<n>, #xf.dim<60>], [#xf.dim<n>, #xf.dim<60>]]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  }, {
  ^bb0(%e: f32, %m: f32, %carry: f32):
    %d = arith.subf %e, %m : f32
    %p = math.exp %d : f32
    kernel.yield %p : f32
  } finish {
  ^bb0(%m: f32, %s: f32):
    kernel.yield
  } map {
  ^bb0(%e: f32, %m: f32, %s: f32, %p: f32):
    %q = arith.divf %p, %s : f32
    kernel.yield %q : f32
  } : (memref<?x60xf32>, memref<?x60xf32>) -> ()
  return
}

// Rows that fit in no registers are read by each stage, which computes again
// what the one before it handed on; a block's warps meet in shared memory.
// CHECK-LABEL: // rows_1: kernel.rows
// CHECK: HAGANE_SHARED(shared);
// CHECK-NOT: carry
// CHECK: for (int64_t first = lane * 4; first < columns; first += {{[0-9]+}}) {
// CHECK: statistic = reduceBlock<Max>(statistic, sharedRegion<float>(shared, 0));
// CHECK: statistic_1 = reduceBlock<Sum>(statistic_1, sharedRegion<float>(shared, 256));
// CHECK: exp(
// CHECK: / statistic_1;
func.func @long(%x: memref<8x70001xf32>, %y: memref<8x70001xf32>) {
  kernel.rows ins %x outs %y {kinds = ["max", "sum"], maps = [#rc, #rc], schedule = #kernel.cuda_rows<threads = 1024, rows = 1, vector = 4, keep = 0>, shapes = [[], []]} stages {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  }, {
  ^bb0(%e: f32, %m: f32, %carry: f32):
    %d = arith.subf %e, %m : f32
    %p = math.exp %d : f32
    kernel.yield %p : f32
  } finish {
  ^bb0(%m: f32, %s: f32):
    kernel.yield
  } map {
  ^bb0(%e: f32, %m: f32, %s: f32, %p: f32):
    %q = arith.divf %p, %s : f32
    kernel.yield %q : f32
  } : (memref<8x70001xf32>, memref<8x70001xf32>) -> ()
  return
}

// CHECK-LABEL: // reduce_0: kernel.reduce
// CHECK: int64_t total = Product::identity<int64_t>();
// CHECK: for (int64_t place = lane; place < 3 * 7; place += 8) {
// CHECK-NEXT: const int64_t [[K:.*]] = place % 7;
// CHECK-NEXT: const int64_t [[I:.*]] = place / 7;
// CHECK: total = Product::of(total, {{.*}});
// CHECK: total = reduceWarp<Product, 8>(total);
// CHECK: if (exists && lane == 0) {
func.func @reduce(%x: memref<3x5x7xi64>, %y: memref<5xi64>) {
  kernel.reduce ins %x outs %y {kind = "prod", reduced = array<i64: 0, 2>, maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (j)>], shapes = [[], []]} body {
  ^bb0(%e: i64):
    kernel.yield %e : i64
  } finish {
  ^bb0(%s: i64):
    kernel.yield %s : i64
  } : (memref<3x5x7xi64>, memref<5xi64>) -> ()
  return
}
