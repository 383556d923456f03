// RUN: hagane-opt %s --hagane-form-kernels --split-input-file --verify-diagnostics

func.func @nonzero(%x: tensor<4xf32>) -> tensor<1x?xi64> {
  // expected-error @below {{cannot form a kernel for xf.nonzero yet: it has a size that only running the model tells}}
  %y = xf.nonzero %x : (tensor<4xf32>) -> tensor<1x?xi64>
  return %y : tensor<1x?xi64>
}

// -----

xf.symbol @a {min = 1 : i64, max = 64 : i64}
xf.symbol @b {min = 1 : i64, max = 64 : i64}

func.func @broadcast(%x: tensor<?xf32> {xf.dims = [#xf.dim<a>]}, %y: tensor<?xf32> {xf.dims = [#xf.dim<b>]}) -> tensor<?xf32> {
  // expected-error @below {{whether operand 0 broadcasts is only known when the model runs}}
  %z = xf.add %x, %y : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %z : tensor<?xf32>
}

// -----

func.func @activation(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) -> tensor<5x1x2x4xf32> {
  // expected-error @below {{cannot form a kernel for xf.recurrent yet: it has an activation 'Swish'}}
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<lstm>, direction = #xf.direction_kind<forward>, activations = ["Sigmoid", "Tanh", "Swish"], hidden = 4 : i64} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return %y : tensor<5x1x2x4xf32>
}
