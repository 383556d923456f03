// Convolutions as CUDA C++, from weights in rows and in panels.
// RUN: hagane-opt %s --hagane-assign-schedules="sm=90" --hagane-outline-kernels --hagane-emit-cuda -o /dev/null | FileCheck %s

// CHECK-LABEL: // conv_0: kernel.conv
// CHECK: using Tile = ConvTile<Number, 64, 16, 64, 16>;
// CHECK: using Way = WindowWay<Axes<1, 3, 3>, Axes<1, 2, 1>, Axes<0, 1, 0>, Axes<1, 1, 2>>;
// CHECK: const int channels = int(8) / 2, inner = int(4) / 2, positions = int(20);
// CHECK: const Way::Space out = {(in.z - 1) / 1 + 1, (in.y - 1) / 2 + 1, (in.x - 5) / 1 + 1};
// CHECK: Number(args.weight[(int64_t(group * channels + m)) * 18 + term])
// CHECK: tile.exchange();
// CHECK: args.out0[batch * 160 + c * 20 + n] =
func.func @rows(%x: memref<2x4x1x9x8xf32>, %w: memref<8x18xf32>, %y: memref<2x8x20xf32>) {
  kernel.conv %x, %w outs %y {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 2, 1>,
      pads = array<i64: 0, 1, 0, 0, 1, 0>, dilations = array<i64: 1, 1, 2>, groups = 2 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<2x4x1x9x8xf32>, memref<8x18xf32>, memref<2x8x20xf32>) -> ()
  return
}

// CHECK-LABEL: // conv_1: kernel.conv
// CHECK: Number(args.weight[(int64_t(group * (int(2) / 1) + m / 16)) * 576 + term * 16 + (m % 16)])
// CHECK: tile.loadWeights<true>
// CHECK: bf16(
func.func @panels(%x: memref<1x4x1x8x8xbf16>, %w: memref<2x36x16xbf16>, %c: memref<20xf32>, %y: memref<1x20x36xbf16>) {
  kernel.conv %x, %w extras %c outs %y {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [affine_map<(b, c, p) -> (c)>], shapes = [[], [], [], []]} epilogue {
  ^bb0(%acc: f32, %o: f32):
    %s = arith.addf %acc, %o : f32
    kernel.yield %s : f32
  } : (memref<1x4x1x8x8xbf16>, memref<2x36x16xbf16>, memref<20xf32>, memref<1x20x36xbf16>) -> ()
  return
}
