// RUN: hagane-opt %s --hagane-form-kernels --split-input-file | FileCheck %s

xf.symbol @t {min = 0 : i64, max = 512 : i64}

// The input's part of all gates in all steps is one product; the state's weight is turned when the module is written.
// A work item is one sequence; its state is the last result, and nothing is allocated.
// CHECK-LABEL: kernel.global
// CHECK: kernel.pack {{.*}}transposed{{.*}} : tensor<16x3xf32>
// CHECK: kernel.global {{.*}} tensor<1x4x16xf32>
// CHECK: xf.transpose
// CHECK-LABEL: func.func @lstm
// CHECK: kernel.gemm {{.*}}b_layout = "panels"
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<2>
// CHECK-NOT: alloc
// CHECK: scf.for %[[STEP:.*]] = %c0{{.*}} to
// CHECK: math.exp
// CHECK: math.tanh
func.func @lstm(%x: tensor<?x2x3xf32> {xf.dims = [#xf.dim<t>, #xf.dim<2>, #xf.dim<3>]}) -> tensor<?x1x2x4xf32> {
  %w = xf.constant {value = dense<1.0> : tensor<1x16x3xf32>} : () -> tensor<1x16x3xf32>
  %r = xf.constant {value = dense<1.0> : tensor<1x16x4xf32>} : () -> tensor<1x16x4xf32>
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<lstm>, direction = #xf.direction_kind<forward>, activations = ["Sigmoid", "Tanh", "Tanh"], hidden = 4 : i64} : (tensor<?x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<?x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return %y : tensor<?x1x2x4xf32>
}

// -----

// Two directions are twice the items. The state of a narrow type is kept wide.
// CHECK-LABEL: func.func @gru
// CHECK: kernel.map
// CHECK: kernel.task {{.*}} {item_count = #xf.dim<4>

// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK: tensor<2x2x12xf32>, tensor<2x2x4xf32>) -> 
func.func @gru(%x: tensor<5x2x3xf16>, %w: tensor<2x12x3xf16>, %r: tensor<2x12x4xf16>) -> tensor<5x2x2x4xf16> {
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<gru>, direction = #xf.direction_kind<bidirectional>, activations = ["Sigmoid", "Tanh", "Sigmoid", "Tanh"], hidden = 4 : i64} : (tensor<5x2x3xf16>, tensor<2x12x3xf16>, tensor<2x12x4xf16>) -> (tensor<5x2x2x4xf16>, tensor<2x2x4xf16>, tensor<0x2x4xf16>)
  return %y : tensor<5x2x2x4xf16>
}
