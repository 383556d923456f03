// RUN: hagane-opt %s --hagane-lower-kernels --split-input-file --verify-diagnostics

func.func private @lanes(%x: memref<1x1x1x1x64xf32>, %w: memref<1x1x12xf32>, %y: memref<1x12x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{micro_n 24 is not a multiple of 16 lanes}}
  kernel.conv %x, %w outs %y {window = array<i64: 1, 1, 1>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.conv_schedule<item_m = 12, item_n = 24, block_c = 1, micro_m = 12, micro_n = 24, unroll_k = 1>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x1x1x1x64xf32>, memref<1x1x12xf32>, memref<1x12x64xf32>) -> ()
  return
}

// -----

func.func private @panels(%x: memref<1x1x1x1x64xf32>, %w: memref<1x1x12xf32>, %y: memref<1x12x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{panels of 12 rows do not fit micro_m 8 and item_m 16}}
  kernel.conv %x, %w outs %y {window = array<i64: 1, 1, 1>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.conv_schedule<item_m = 16, item_n = 32, block_c = 1, micro_m = 8, micro_n = 32, unroll_k = 1>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x1x1x1x64xf32>, memref<1x1x12xf32>, memref<1x12x64xf32>) -> ()
  return
}

// -----

func.func private @pairs(%x: memref<1x4x1x1x64xf32>, %w: memref<1x2x12x2xbf16>, %y: memref<1x12x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{block_c 3 is not a multiple of 2 channels side by side}}
  kernel.conv %x, %w outs %y {window = array<i64: 1, 1, 1>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.conv_schedule<item_m = 12, item_n = 32, block_c = 3, micro_m = 12, micro_n = 32, unroll_k = 1>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x4x1x1x64xf32>, memref<1x2x12x2xbf16>, memref<1x12x64xf32>) -> ()
  return
}

// -----

func.func private @halves(%x: memref<1x4x1x1x64xf32>, %w: memref<1x2x12x2xf16>, %y: memref<1x12x64xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
  // expected-error @below {{expected pairs of bf16 and sums in f32, found a weight of type 'memref<1x2x12x2xf16>' and sums in 'f32'}}
  kernel.conv %x, %w outs %y {window = array<i64: 1, 1, 1>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []],
      schedule = #kernel.conv_schedule<item_m = 12, item_n = 32, block_c = 2, micro_m = 12, micro_n = 32, unroll_k = 1>} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (memref<1x4x1x1x64xf32>, memref<1x2x12x2xf16>, memref<1x12x64xf32>) -> ()
  return
}
