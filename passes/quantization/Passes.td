//===- Passes.td - Passes on quantization -----------------*- tablegen -*-===//

include "mlir/Pass/PassBase.td"

def ChooseQuantizationPass : Pass<"hagane-choose-quantization", "::mlir::ModuleOp"> {
  let summary = "products of codes in place of numbers";
  let description = [{
    Quantizes the constant weights of linears, and their inputs where a scheme
    says so, as explicit codes and scales that are undone before the product:
    `hagane-form-kernels` multiplies the codes. Rules are `SCHEME` or
    `PATTERN=SCHEME`, see docs/quantization.md; of those that match a product's
    names the last one counts. Products of one input share its codes. With
    `act=static`, `xf.ranges = {METHOD = array<f32: LOW, HIGH>}` on a product
    tells what its inputs are in calibration data. Remarks of
    category "quantization" tell what was quantized, and what was not and why.

    Before:
    ```mlir
    %y = xf.linear %x, %w : (tensor<?x384xf32>, tensor<384x1536xf32>) -> tensor<?x1536xf32>
    ```
    After, with `rules=int8:act=int8`:
    ```mlir
    %codes, %scales = xf.quantize_weight %w {bits = 8 : i64, block = 0 : i64, method = "nearest", scale_type = f32, symmetric} : (tensor<384x1536xf32>) -> (tensor<384x1536xi8>, tensor<1x1536xf32>)
    %q = xf.dequantize %codes, %scales {axis = 0 : i64, block = 384 : i64} : (tensor<384x1536xi8>, tensor<1x1536xf32>) -> tensor<384x1536xf32>
    %a, %s = xf.quantize_rows %x {block = 0 : i64} : (tensor<?x384xf32>) -> (tensor<?x384xi8>, tensor<?x1xf32>)
    %p = xf.dequantize %a, %s {axis = 1 : i64, block = 384 : i64} : (tensor<?x384xi8>, tensor<?x1xf32>) -> tensor<?x384xf32>
    %y = xf.linear %p, %q {xf.scheme = "int8:act=int8"} : (tensor<?x384xf32>, tensor<384x1536xf32>) -> tensor<?x1536xf32>
    ```
  }];
  let options = [
    ListOption<"rules", "rules", "std::string", "SCHEME or PATTERN=SCHEME, later ones first">];
  let dependentDialects = ["::hagane::xf::XfDialect"];
}

def ObserveProductsPass : Pass<"hagane-observe-products", "::mlir::ModuleOp"> {
  let summary = "return what the inputs of weighted products look like";
  let description = [{
    `main` returns, in place of its own results, statistics of the input of each
    product by a constant weight, over all rows: the lowest and the highest
    value and the sum of squares of each channel, and, for the products that
    `moments` names by their number, the sums of the products of each two
    channels; for those of `inputs` the input itself. Running that on calibration data tells how to quantize.

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
    ListOption<"moments", "moments", "int64_t", "products to return second moments of">,
    ListOption<"inputs", "inputs", "int64_t", "products to return the inputs of, in f32">];
  let dependentDialects = ["::hagane::xf::XfDialect"];
}
