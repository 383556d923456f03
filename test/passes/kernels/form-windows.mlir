// RUN: hagane-opt %s --hagane-form-kernels --split-input-file | FileCheck %s

xf.symbol @n {min = 0 : i64, max = 512 : i64}
xf.symbol @h {min = 3 : i64, max = 512 : i64}

// Two axes of space become three; positions are one axis; the constant weight is packed in panels of rows.
// CHECK-LABEL: kernel.global @weight_0 : tensor<2x36x12xf32>
// CHECK: kernel.pack {{.*}}transposed{{.*}} : tensor<20x36xf32> -> tensor<2x36x12xf32>
// CHECK-LABEL: func.func @conv
// CHECK: tensor.expand_shape %arg0 {{.*}} into tensor<?x4x1x?x8xf32>
// CHECK: kernel.conv {{.*}}{dilations = array<i64: 1, 1, 1>
// CHECK-SAME: groups = 1
// CHECK-SAME: pads = array<i64: 0, 1, 1, 0, 1, 1>
// CHECK-SAME: shapes = {{.*}}[#xf.dim<n>, #xf.dim<20>, #xf.dim<h * 8>]]
// CHECK-SAME: window = array<i64: 1, 3, 3>
// CHECK: tensor.expand_shape {{.*}} into tensor<?x20x?x8xf32>
func.func @conv(%x: tensor<?x4x?x8xf32> {xf.dims = [#xf.dim<n>, #xf.dim<4>, #xf.dim<h>, #xf.dim<8>]}) -> tensor<?x20x?x8xf32> {
  %w = xf.constant {value = dense<1.0> : tensor<20x4x3x3xf32>} : () -> tensor<20x4x3x3xf32>
  %y = xf.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x4x?x8xf32>, tensor<20x4x3x3xf32>) -> tensor<?x20x?x8xf32>
  return %y : tensor<?x20x?x8xf32>
}

// -----

// Groups that panels of rows would straddle, and a computed weight, are read as they are.
// CHECK-LABEL: func.func @groups
// CHECK: kernel.conv {{.*}} groups = 2
// CHECK: tensor<6x6xf32>
// CHECK-LABEL: func.func @computed
// CHECK: tensor.collapse_shape %arg1
// CHECK: kernel.conv
// CHECK: tensor<5x6xf32>
func.func @groups(%x: tensor<1x4x9xf32>) -> tensor<1x6x7xf32> {
  %w = xf.constant {value = dense<1.0> : tensor<6x2x3xf32>} : () -> tensor<6x2x3xf32>
  %y = xf.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 2 : i64} : (tensor<1x4x9xf32>, tensor<6x2x3xf32>) -> tensor<1x6x7xf32>
  return %y : tensor<1x6x7xf32>
}
func.func @computed(%x: tensor<1x2x9xf32>, %w: tensor<5x2x3xf32>) -> tensor<1x5x7xf32> {
  %y = xf.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x2x9xf32>, tensor<5x2x3xf32>) -> tensor<1x5x7xf32>
  return %y : tensor<1x5x7xf32>
}

// -----

// One channel for each: no product of matrices. The bias is added where the sum is still in a register.
// CHECK-LABEL: func.func @depthwise
// CHECK: kernel.window {{.*}} weight {{.*}} extras {{.*}}kind = "sum"
// CHECK: arith.mulf
// CHECK: finish
// CHECK-NEXT: ^bb0(%[[SUM:.*]]: f32, %{{.*}}: f32, %[[BIAS:.*]]: f32)
// CHECK-NEXT: arith.addf %[[SUM]], %[[BIAS]]
func.func @depthwise(%x: tensor<1x4x9xf32>, %b: tensor<4xf32>) -> tensor<1x4x7xf32> {
  %w = xf.constant {value = dense<1.0> : tensor<4x1x3xf32>} : () -> tensor<4x1x3xf32>
  %y = xf.conv %x, %w, %b {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 4 : i64} : (tensor<1x4x9xf32>, tensor<4x1x3xf32>, tensor<4xf32>) -> tensor<1x4x7xf32>
  return %y : tensor<1x4x7xf32>
}

// -----

// CHECK-LABEL: func.func @integers
// CHECK: kernel.map {{.*}} body
// CHECK: arith.extsi
// CHECK: kernel.conv
// CHECK: ^bb0(%{{.*}}: i32)
func.func @integers(%x: tensor<1x2x9xi8>, %w: tensor<5x2x3xi8>) -> tensor<1x5x7xi32> {
  %y = xf.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x2x9xi8>, tensor<5x2x3xi8>) -> tensor<1x5x7xi32>
  return %y : tensor<1x5x7xi32>
}

// -----

// CHECK-LABEL: func.func @max
// CHECK: kernel.window {{.*}}kind = "max"
// CHECK-LABEL: func.func @max_unsigned
// CHECK: kernel.window
// CHECK: arith.xori
// CHECK: finish
// CHECK: arith.xori
// CHECK-LABEL: func.func @average
// CHECK: kernel.window {{.*}}{count_pad
// CHECK: finish
// CHECK-NEXT: ^bb0(%[[SUM:.*]]: f32, %[[COUNT:.*]]: f32)
// CHECK-NEXT: arith.divf %[[SUM]], %[[COUNT]]
// CHECK-LABEL: func.func @power
// CHECK: kernel.window
// CHECK: math.powf
// CHECK: finish
// CHECK: math.powf
func.func @max(%x: tensor<1x2x9xf32>) -> tensor<1x2x8xf32> {
  %y = xf.pool %x {kind = #xf.pool_kind<max>, window = array<i64: 2>, strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>} : (tensor<1x2x9xf32>) -> tensor<1x2x8xf32>
  return %y : tensor<1x2x8xf32>
}
func.func @max_unsigned(%x: tensor<1x2x9xui8>) -> tensor<1x2x8xui8> {
  %y = xf.pool %x {kind = #xf.pool_kind<max>, window = array<i64: 2>, strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>} : (tensor<1x2x9xui8>) -> tensor<1x2x8xui8>
  return %y : tensor<1x2x8xui8>
}
func.func @average(%x: tensor<1x2x9xf32>) -> tensor<1x2x10xf32> {
  %y = xf.pool %x {kind = #xf.pool_kind<average>, count_pad, window = array<i64: 2>, strides = array<i64: 1>, pads = array<i64: 1, 1>, dilations = array<i64: 1>} : (tensor<1x2x9xf32>) -> tensor<1x2x10xf32>
  return %y : tensor<1x2x10xf32>
}
func.func @power(%x: tensor<1x2x9xf32>) -> tensor<1x2x8xf32> {
  %y = xf.pool %x {kind = #xf.pool_kind<lp>, p = 3 : i64, window = array<i64: 2>, strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>} : (tensor<1x2x9xf32>) -> tensor<1x2x8xf32>
  return %y : tensor<1x2x8xf32>
}

// -----

// Where factors may be rounded, the weights of two channels lie side by side.
// CHECK-LABEL: kernel.global @weight_0 : tensor<2x18x12x2xbf16>
// CHECK: %[[W:.*]] = xf.constant
// CHECK: %[[ROUNDED:.*]] = xf.cast %[[W]] {{.*}} : (tensor<20x4x3x3xf32>) -> tensor<20x4x3x3xbf16>
// CHECK: %[[SPLIT:.*]] = xf.reshape %[[ROUNDED]] {{.*}} -> tensor<20x2x2x9xbf16>
// CHECK: %[[PAIRS:.*]] = xf.transpose %[[SPLIT]] {permutation = array<i64: 0, 1, 3, 2>}
// CHECK: %[[MATRIX:.*]] = xf.reshape %[[PAIRS]] {{.*}} -> tensor<20x36xbf16>
// CHECK: kernel.pack %[[MATRIX]] {interleave = 2 : i64, panel = 12 : i64, transposed}
// CHECK-LABEL: func.func @pairs
// CHECK: kernel.conv
// CHECK: (tensor<1x4x1x8x8xf32>, tensor<2x18x12x2xbf16>, tensor<1x20x64xf32>)
func.func @pairs(%x: tensor<1x4x8x8xf32>) -> tensor<1x20x8x8xf32> {
  %w = xf.constant {value = dense<1.0> : tensor<20x4x3x3xf32>} : () -> tensor<20x4x3x3xf32>
  %y = xf.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, xf.factor_type = bf16} : (tensor<1x4x8x8xf32>, tensor<20x4x3x3xf32>) -> tensor<1x20x8x8xf32>
  return %y : tensor<1x20x8x8xf32>
}
