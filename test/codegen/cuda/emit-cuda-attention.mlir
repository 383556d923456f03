// Attention as CUDA C++: a stream of keys for few queries, tiles for many.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" --hagane-outline-kernels --hagane-emit-cuda -o /dev/null | FileCheck %s

// CHECK-LABEL: // attention_0: kernel.attention
// CHECK: using Tile = AttentionTile<Number, 256, 4, 4, 64, 32>;
// CHECK: using Stream = AttentionStream<Number, float, float, 256, 4, 4, 64, 32, false, false>;
// CHECK: const int keys = int(37);
// CHECK: if (queries <= 1) {
// CHECK: end = smaller(end, (smaller(firstRow + kRows, rows) - 1) / group + diagonal + 1);
// CHECK: key > queryOf(row) + diagonal + 0
// CHECK: score = Number(2.5) * tanhOf(score / Number(2.5));
// CHECK: return score + toCompute<Number>(args.in0[
// CHECK: stream.merge(shared);
// CHECK: } else {
// CHECK: tile.loadQueries(Number(0.125), queryAt);
// CHECK: tile.divide();
// CHECK-NEXT: tile.storeRows(
func.func @both(%q: memref<2x8x11x64xf32>, %k: memref<2x2x37x64xf32>, %v: memref<2x2x37x32xf32>, %b: memref<1x8x11x37xf32>, %y: memref<2x8x11x32xf32>) {
  kernel.attention %q, %k, %v bias %b outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.125 : f64, softcap = 2.5 : f64, causal = #xf.causal_kind<bottom_right>, shapes = [[], [], [], [], []]}
    : (memref<2x8x11x64xf32>, memref<2x2x37x64xf32>, memref<2x2x37x32xf32>, memref<1x8x11x37xf32>, memref<2x8x11x32xf32>) -> ()
  return
}
