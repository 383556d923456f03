// RUN: hagane-opt %s --split-input-file --verify-diagnostics

func.func @c1(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x36xf32>, %c: tensor<2x8x8x8xf32>) {
  // expected-error @below {{(C1) expects ranks 5, 2 to 4, and 3, got 5, 2 and 4}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x36xf32>, tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
  return
}

// -----

func.func @c2_count(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x36xf32>, %c: tensor<2x8x64xf32>) {
  // expected-error @below {{(C2) expects 3 sizes of the window, 3 strides, 6 pads and 3 dilations, got 2, 3, 6 and 3}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x36xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return
}

// -----

func.func @c2_sign(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x36xf32>, %c: tensor<2x8x64xf32>) {
  // expected-error @below {{(C2) expects sizes, strides and dilations to be positive and at most 2147483648, got 0}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 0, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x36xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return
}

// -----

func.func @c3(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x35xf32>, %c: tensor<2x8x64xf32>) {
  // expected-error @below {{(C3) expects the weight's second size to be a static multiple of 9}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x35xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return
}

// -----

func.func @c4(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x36xf32>, %c: tensor<2x8x64xf32>) {
  // expected-error @below {{(C4) expects groups to divide channels and panels, got 3 groups}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 3 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x36xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return
}

// -----

func.func @c4_panels(%x: tensor<2x4x1x8x8xf32>, %w: tensor<1x36x12xf32>, %c: tensor<2x8x64xf32>) {
  // expected-error @below {{(C4) expects groups to divide channels and panels, got 2 groups}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 2 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<1x36x12xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return
}

// -----

func.func @c5(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x36xf32>, %c: tensor<2x8x64xf32>) {
  // expected-error @below {{(C5) expects 0 maps, got 1}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [affine_map<(n, m, p) -> (m)>], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x36xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return
}

// -----

func.func @c6(%x: tensor<2x4x1x8x8xf32>, %w: tensor<8x36xf32>, %c: tensor<2x8x64xf32>) {
  // expected-error @below {{(C6) expects arguments}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32, %e: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<8x36xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return
}

// -----

func.func @d1(%x: tensor<2x4x1x8x8xf32>, %c: tensor<2x4x4x4xf32>) {
  // expected-error @below {{(D1) expects ranks 5, got 5 and 4}}
  %0 = kernel.window %x outs %c {kind = "max", window = array<i64: 1, 2, 2>, strides = array<i64: 1, 2, 2>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32, %count: f32):
    kernel.yield %m : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<2x4x4x4xf32>) -> tensor<2x4x4x4xf32>
  return
}

// -----

func.func @d2(%x: tensor<2x4x1x8x8xf32>, %c: tensor<2x4x1x4x4xf32>) {
  // expected-error @below {{(D2) expects sizes, strides and dilations to be positive and at most 2147483648, got -1}}
  %0 = kernel.window %x outs %c {kind = "max", window = array<i64: 1, -1, 2>, strides = array<i64: 1, 2, 2>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32, %count: f32):
    kernel.yield %m : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<2x4x1x4x4xf32>) -> tensor<2x4x1x4x4xf32>
  return
}

// -----

func.func @d3(%x: tensor<2x4x1x8x8xf32>, %c: tensor<2x4x1x4x4xf32>) {
  // expected-error @below {{(D3) expects kind sum, max, min or prod, got mean}}
  %0 = kernel.window %x outs %c {kind = "mean", window = array<i64: 1, 2, 2>, strides = array<i64: 1, 2, 2>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32, %count: f32):
    kernel.yield %m : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<2x4x1x4x4xf32>) -> tensor<2x4x1x4x4xf32>
  return
}

// -----

func.func @d4(%x: tensor<2x4x1x8x8xf32>, %c: tensor<2x4x1x4x4xf32>) {
  // expected-error @below {{(D4) expects 0 maps, got 1}}
  %0 = kernel.window %x outs %c {kind = "max", window = array<i64: 1, 2, 2>, strides = array<i64: 1, 2, 2>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [affine_map<(n, m, d, h, w) -> (m)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32, %count: f32):
    kernel.yield %m : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<2x4x1x4x4xf32>) -> tensor<2x4x1x4x4xf32>
  return
}

// -----

func.func @d5(%x: tensor<2x4x1x8x8xf32>, %c: tensor<2x4x1x4x4xf32>) {
  // expected-error @below {{(D5) expects arguments}}
  %0 = kernel.window %x outs %c {kind = "max", window = array<i64: 1, 2, 2>, strides = array<i64: 1, 2, 2>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32):
    kernel.yield %m : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<2x4x1x4x4xf32>) -> tensor<2x4x1x4x4xf32>
  return
}

// -----

func.func @d6(%x: memref<2x4x1x8x8xf32, strided<[512, 128, 128, 16, 2]>>, %c: memref<2x4x1x4x4xf32>) {
  // expected-error @below {{(D6) expects x's last axis to be contiguous}}
  kernel.window %x outs %c {kind = "max", window = array<i64: 1, 2, 2>, strides = array<i64: 1, 2, 2>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } finish {
  ^bb0(%m: f32, %count: f32):
    kernel.yield %m : f32
  } : (memref<2x4x1x8x8xf32, strided<[512, 128, 128, 16, 2]>>, memref<2x4x1x4x4xf32>) -> ()
  return
}

// -----

// expected-error @below {{(S2) expects item sizes to be multiples of micro sizes, got 10x32 and 12x32}}
func.func private @s2() attributes {s = #kernel.conv_schedule<item_m = 10, item_n = 32, block_c = 1, micro_m = 12, micro_n = 32, unroll_k = 1>}

// -----

func.func @absurd_groups(%x: tensor<1x1x1x1x64xf32>, %w: tensor<1x1x12xf32>, %y: tensor<1x12x64xf32>) {
  // expected-error @below {{(C4) expects groups to be from 1 to 2147483648, got 9223372036854775807}}
  %r = kernel.conv %x, %w outs %y {window = array<i64: 1, 1, 1>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 9223372036854775807 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<1x1x1x1x64xf32>, tensor<1x1x12xf32>, tensor<1x12x64xf32>) -> tensor<1x12x64xf32>
  return
}

// -----

func.func @absurd_window(%x: tensor<1x1x1x1x64xf32>, %w: tensor<1x1x12xf32>, %y: tensor<1x12x64xf32>) {
  // expected-error @below {{(C2) expects a window of at most 2147483648 elements}}
  %r = kernel.conv %x, %w outs %y {window = array<i64: 2147483648, 2147483648, 2147483648>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<1x1x1x1x64xf32>, tensor<1x1x12xf32>, tensor<1x12x64xf32>) -> tensor<1x12x64xf32>
  return
}

// -----

func.func @absurd_pads(%x: tensor<1x1x1x1x64xf32>, %w: tensor<1x1x12xf32>, %y: tensor<1x12x64xf32>) {
  // expected-error @below {{(C2) expects pads to be from -2147483648 to 2147483648, got 9223372036854775807}}
  %r = kernel.conv %x, %w outs %y {window = array<i64: 1, 1, 1>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 9223372036854775807, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<1x1x1x1x64xf32>, tensor<1x1x12xf32>, tensor<1x12x64xf32>) -> tensor<1x12x64xf32>
  return
}

// -----

func.func @c7(%x: tensor<2x4x1x8x8xf32>, %w: tensor<1x36x12x1xf32>, %c: tensor<2x8x64xf32>) {
  // expected-error @below {{(C7) expects from 2 to 8 channels side by side, got 'tensor<1x36x12x1xf32>'}}
  %0 = kernel.conv %x, %w outs %c {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
      pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
      extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<2x4x1x8x8xf32>, tensor<1x36x12x1xf32>, tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return
}
