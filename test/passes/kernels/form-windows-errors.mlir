// RUN: hagane-opt %s --hagane-form-kernels --split-input-file --verify-diagnostics

xf.symbol @k {min = 1 : i64, max = 9 : i64}

func.func @window(%x: tensor<1x2x9xf32>, %w: tensor<4x2x?xf32> {xf.dims = [#xf.dim<4>, #xf.dim<2>, #xf.dim<k>]}) -> tensor<1x4x?xf32> {
  // expected-error @below {{cannot form a kernel for xf.conv yet: the sizes of its weight must be static}}
  %y = xf.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x2x9xf32>, tensor<4x2x?xf32>) -> tensor<1x4x?xf32>
  return %y : tensor<1x4x?xf32>
}

// -----

func.func @space(%x: tensor<1x2x9x9x9x9xf32>) -> tensor<1x2x9x9x9x9xf32> {
  // expected-error @below {{cannot form a kernel for xf.pool yet: it has more than three axes of space}}
  %y = xf.pool %x {kind = #xf.pool_kind<max>, window = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1, 1, 1>, pads = array<i64: 0, 0, 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1, 1>} : (tensor<1x2x9x9x9x9xf32>) -> tensor<1x2x9x9x9x9xf32>
  return %y : tensor<1x2x9x9x9x9xf32>
}

// -----

func.func @average(%x: tensor<1x2x9xi32>) -> tensor<1x2x9xi32> {
  // expected-error @below {{cannot form a kernel for xf.pool yet: averages of integers are not defined}}
  %y = xf.pool %x {kind = #xf.pool_kind<average>, window = array<i64: 1>, strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>} : (tensor<1x2x9xi32>) -> tensor<1x2x9xi32>
  return %y : tensor<1x2x9xi32>
}
