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

func.func @no_kernel(%x: tensor<2x3xf32>) -> tensor<2xi64> {
  // expected-error @below {{cannot form a kernel for xf.arg_reduce yet: there is no kernel for it}}
  %y = xf.arg_reduce %x {axis = 1 : i64, largest = true} : (tensor<2x3xf32>) -> tensor<2xi64>
  return %y : tensor<2xi64>
}
