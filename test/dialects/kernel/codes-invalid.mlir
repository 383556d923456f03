// RUN: hagane-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{(Q1) expects bits from 1 to 8, got 9}}
func.func private @bits() attributes {codes = #kernel.codes<bits = 9, block = 32, scale = f16>}

// -----

// expected-error @below {{(Q2) expects block from 0 to 65536, got 65537}}
func.func private @block() attributes {codes = #kernel.codes<bits = 4, block = 65537, scale = f16>}

// -----

// expected-error @below {{(Q3) expects zero to be a code of 4 bits, got 16}}
func.func private @zero() attributes {codes = #kernel.codes<bits = 4, block = 32, zero = 16, scale = f16>}

// -----

// expected-error @below {{(Q4) expects scale to be f16, bf16 or f32, got 'f64'}}
func.func private @scale() attributes {codes = #kernel.codes<bits = 4, block = 32, scale = f64>}

// -----

func.func @without_codes(%a: tensor<4x7xi8>, %b: tensor<2x576xui8>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G5) expects codes, and at most then a_scales, exactly with b_layout codes, got codes}}
  %0 = kernel.gemm %a, %b outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [], shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x7xi8>, tensor<2x576xui8>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

func.func @codes_of_rows(%a: tensor<4x7xf32>, %b: tensor<7x40xf32>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G5) expects codes, and at most then a_scales, exactly with b_layout codes, got rows}}
  %0 = kernel.gemm %a, %b outs %c {b_layout = "rows", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x7xf32>, tensor<7x40xf32>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

func.func @rows_of_codes(%a: tensor<4x?xi8>, %b: tensor<2x576xui8>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G6) expects a last size of a from 1 to 2147483648, got 'tensor<4x?xi8>'}}
  %0 = kernel.gemm %a, %b outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x?xi8>, tensor<2x576xui8>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

func.func @too_many_rows(%a: tensor<4x9223372036854775807xi8>, %b: tensor<2x576xui8>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G6) expects a last size of a from 1 to 2147483648, got 'tensor<4x9223372036854775807xi8>'}}
  %0 = kernel.gemm %a, %b outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x9223372036854775807xi8>, tensor<2x576xui8>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

func.func @bytes(%a: tensor<4x7xi8>, %b: tensor<2x577xui8>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G6) expects b of ui8 in rows of 576, got 'tensor<2x577xui8>'}}
  %0 = kernel.gemm %a, %b outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x7xi8>, tensor<2x577xui8>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

func.func @factor(%a: tensor<4x7xi16>, %b: tensor<2x576xui8>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G7) expects sums in f32, and a of floats or of i8 with blocks of at most 65536 rows, got 'f32' and 'tensor<4x7xi16>'}}
  %0 = kernel.gemm %a, %b outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x7xi16>, tensor<2x576xui8>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

func.func @long_block(%a: tensor<4x65537xi8>, %b: tensor<2x1049152xui8>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G7) expects sums in f32, and a of floats or of i8 with blocks of at most 65536 rows, got 'f32' and 'tensor<4x65537xi8>'}}
  %0 = kernel.gemm %a, %b outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 0, zero = 8, scale = f16>, shapes = [[], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x65537xi8>, tensor<2x1049152xui8>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

func.func @scales_of_a(%a: tensor<4x7xi8>, %b: tensor<2x576xui8>, %s: tensor<4x2xf32>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G8) expects a of i8 and a_scales of f32 with 1 blocks, got 'tensor<4x7xi8>' and 'tensor<4x2xf32>'}}
  %0 = kernel.gemm %a, %b a_scales %s outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x7xi8>, tensor<2x576xui8>, tensor<4x2xf32>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

func.func @scales_of_floats(%a: tensor<4x7xf32>, %b: tensor<2x576xui8>, %s: tensor<4x1xf32>, %c: tensor<4x40xf32>) {
  // expected-error @below {{(G8) expects a of i8 and a_scales of f32 with 1 blocks, got 'tensor<4x7xf32>' and 'tensor<4x1xf32>'}}
  %0 = kernel.gemm %a, %b a_scales %s outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [], codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], [], []]} epilogue {
  ^bb0(%acc: f32):
    kernel.yield %acc : f32
  } : (tensor<4x7xf32>, tensor<2x576xui8>, tensor<4x1xf32>, tensor<4x40xf32>) -> tensor<4x40xf32>
  return
}

// -----

kernel.global @values : tensor<2x576xui8> {
  %c = xf.constant {value = dense<0> : tensor<7x40xi16>} : () -> tensor<7x40xi16>
  %s = xf.constant {value = dense<0.0> : tensor<1x40xf16>} : () -> tensor<1x40xf16>
  // expected-error @below {{(B4) expects a static matrix of integers of at most 8 bits with 1 to 2147483648 rows, got 'tensor<7x40xi16>'}}
  %p = kernel.pack_codes %c, %s {codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>} : (tensor<7x40xi16>, tensor<1x40xf16>) -> tensor<2x576xui8>
  kernel.yield %p : tensor<2x576xui8>
}

// -----

kernel.global @no_rows : tensor<2x576xui8> {
  %c = xf.constant {value = dense<0> : tensor<0x40xi4>} : () -> tensor<0x40xi4>
  %s = xf.constant {value = dense<0.0> : tensor<1x40xf16>} : () -> tensor<1x40xf16>
  // expected-error @below {{(B4) expects a static matrix of integers of at most 8 bits with 1 to 2147483648 rows, got 'tensor<0x40xi4>'}}
  %p = kernel.pack_codes %c, %s {codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>} : (tensor<0x40xi4>, tensor<1x40xf16>) -> tensor<2x576xui8>
  kernel.yield %p : tensor<2x576xui8>
}

// -----

kernel.global @scales : tensor<2x576xui8> {
  %c = xf.constant {value = dense<0> : tensor<7x40xi4>} : () -> tensor<7x40xi4>
  %s = xf.constant {value = dense<0.0> : tensor<2x40xf16>} : () -> tensor<2x40xf16>
  // expected-error @below {{(B5) expects scales of type 'tensor<1x40xf16>', got 'tensor<2x40xf16>'}}
  %p = kernel.pack_codes %c, %s {codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>} : (tensor<7x40xi4>, tensor<2x40xf16>) -> tensor<2x576xui8>
  kernel.yield %p : tensor<2x576xui8>
}

// -----

kernel.global @no_zeros : tensor<2x608xui8> {
  %c = xf.constant {value = dense<0> : tensor<7x40xi4>} : () -> tensor<7x40xi4>
  %s = xf.constant {value = dense<0.0> : tensor<1x40xf16>} : () -> tensor<1x40xf16>
  // expected-error @below {{(B5) expects zeros of type 'tensor<1x40xi4>' unless codes have one for all}}
  %p = kernel.pack_codes %c, %s {codes = #kernel.codes<bits = 4, block = 32, scale = f16>} : (tensor<7x40xi4>, tensor<1x40xf16>) -> tensor<2x608xui8>
  kernel.yield %p : tensor<2x608xui8>
}

// -----

kernel.global @groups : tensor<2x576xui8> {
  %c = xf.constant {value = dense<0> : tensor<7x40xi4>} : () -> tensor<7x40xi4>
  %s = xf.constant {value = dense<0.0> : tensor<1x40xf16>} : () -> tensor<1x40xf16>
  // expected-error @below {{(B6) expects 1 or 2 groups that divide the columns, got 3 groups of 40 columns}}
  %p = kernel.pack_codes %c, %s {codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, groups = 3 : i64} : (tensor<7x40xi4>, tensor<1x40xf16>) -> tensor<2x576xui8>
  kernel.yield %p : tensor<2x576xui8>
}

// -----

kernel.global @packed : tensor<3x576xui8> {
  %c = xf.constant {value = dense<0> : tensor<7x40xi4>} : () -> tensor<7x40xi4>
  %s = xf.constant {value = dense<0.0> : tensor<1x40xf16>} : () -> tensor<1x40xf16>
  // expected-error @below {{(B7) expects a result of type 'tensor<2x576xui8>', got 'tensor<3x576xui8>'}}
  %p = kernel.pack_codes %c, %s {codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>} : (tensor<7x40xi4>, tensor<1x40xf16>) -> tensor<3x576xui8>
  kernel.yield %p : tensor<3x576xui8>
}
