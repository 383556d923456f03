//===- Passes.td - Passes on quantization -----------------*- tablegen -*-===//

include "mlir/Pass/PassBase.td"

def ObserveProductsPass : Pass<"hagane-observe-products", "::mlir::ModuleOp"> {
  let summary = "return what the inputs of weighted products look like";
  let description = [{
    `main` returns, in place of its own results, statistics of the input of each
    product by a constant weight, over all rows: the lowest and the highest
    value and the sum of squares of each channel, and, for the products that
    `moments` names by their number, the sums of the products of each two
    channels. Running that on calibration data tells how to quantize.

    Before:
    ```mlir
    %y = xf.linear %x, %w : (tensor<?x64xf32>, tensor<64x8xf32>) -> tensor<?x8xf32>
    return %y : tensor<?x8xf32>
    ```
    After, with `moments=0`:
    ```mlir
    %low = xf.reduce %x {axes = array<i64: 0>, kind = #xf.reduce_kind<min>} : (tensor<?x64xf32>) -> tensor<64xf32>
    %high = xf.reduce %x {axes = array<i64: 0>, kind = #xf.reduce_kind<max>} : (tensor<?x64xf32>) -> tensor<64xf32>
    %squares = xf.reduce %x {axes = array<i64: 0>, kind = #xf.reduce_kind<sum_square>} : (tensor<?x64xf32>) -> tensor<64xf32>
    %moments = xf.matmul %x, %x {transpose_a} : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<64x64xf32>
    return %low, %high, %squares, %moments : tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64x64xf32>
    ```
  }];
  let options = [
    ListOption<"moments", "moments", "int64_t", "products to return second moments of">];
  let dependentDialects = ["::hagane::xf::XfDialect"];
}
