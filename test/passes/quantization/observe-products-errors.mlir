// RUN: hagane-opt %s --hagane-observe-products=moments=1 --verify-diagnostics

// expected-error@below {{the model has 1 products with weights, found number 1}}
func.func @main(%x: tensor<3x16xf32>) -> tensor<3x8xf32> {
  %w = xf.constant {value = dense<0.5> : tensor<16x8xf32>} : () -> tensor<16x8xf32>
  %0 = xf.linear %x, %w : (tensor<3x16xf32>, tensor<16x8xf32>) -> tensor<3x8xf32>
  return %0 : tensor<3x8xf32>
}
