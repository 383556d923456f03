// Products as CUDA C++: of scalars, and by tensor cores from packed weights.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" --hagane-outline-kernels --hagane-emit-cuda -o /dev/null | FileCheck %s

// CHECK-LABEL: // gemm_0: kernel.gemm
// CHECK: family = simt
// CHECK: #include "hagane/cuda/product.cuh"
// CHECK: const ProductTile tile = findTile<32, 32>(blockIdx.x, 1, rows, columns);
// CHECK: for (int64_t step = 0; step < terms; step += 16) {
// CHECK: left[term * {{[0-9]+}} + i] = i < tile.rows && k < terms ? args.a[m * 50 + k] : float(0);
// CHECK: right[term * {{[0-9]+}} + j] = column < columns && k < terms ? args.b[k * 37 + column] : float(0);
// CHECK: sums.add<16
// CHECK: // Epilogue
// CHECK: loadNeighbours(extra0, &args.in0[n], count);
// CHECK: result0[e] =
// CHECK: storeNeighbours(&args.out0[m * 37 + n], result0, count);
func.func @scalars(%a: memref<7x50xf32>, %b: memref<50x37xf32>, %c: memref<37xf32>, %y: memref<7x37xf32>) {
  kernel.gemm %a, %b extras %c outs %y {b_layout = "rows", groups = 1 : i64, extra_maps = [affine_map<(m, n) -> (n)>], shapes = [[#xf.dim<7>, #xf.dim<50>], [#xf.dim<50>, #xf.dim<37>], [#xf.dim<37>], [#xf.dim<7>, #xf.dim<37>]]} epilogue {
  ^bb0(%acc: f32, %x: f32):
    %s = arith.addf %acc, %x : f32
    kernel.yield %s : f32
  } : (memref<7x50xf32>, memref<50x37xf32>, memref<37xf32>, memref<7x37xf32>) -> ()
  return
}

// Panels of 16 columns have the chunks of 8 terms that tensor cores load.
// CHECK-LABEL: // gemm_1: kernel.gemm
// CHECK: family = mma
// CHECK: #include "hagane/cuda/product_mma.cuh"
// CHECK: const bool alignedA = isAligned<16>(&args.a[0]) && 50 % 8 == 0;
// CHECK: RowsTile<32, 64>{stage + 0}.copy<128>(&args.a[
// CHECK: PanelsTile<64, 64>{stage + 2048}.copy<128>(&args.b[
// CHECK: copyWait<2>();
// CHECK-NEXT: syncBlock();
// CHECK-NEXT: copyStep(step + 3);
// CHECK: sums.add<bf16, bf16>(
// CHECK: copyWait<0>();
func.func @tensor_cores(%a: memref<7x50xbf16>, %b: memref<5x7x16x8xbf16>, %y: memref<7x72xbf16>) {
  kernel.gemm %a, %b outs %y {b_layout = "interleaved", groups = 1 : i64, extra_maps = [], shapes = [[#xf.dim<7>, #xf.dim<50>], [#xf.dim<5>, #xf.dim<7>, #xf.dim<16>, #xf.dim<8>], [#xf.dim<7>, #xf.dim<72>]]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<7x50xbf16>, memref<5x7x16x8xbf16>, memref<7x72xbf16>) -> ()
  return
}
