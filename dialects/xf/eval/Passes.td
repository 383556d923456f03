//===- Passes.td - Passes by the evaluator -----------------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_PASSES_TD
#define HAGANE_DIALECTS_XF_EVAL_PASSES_TD

include "mlir/Pass/PassBase.td"

def FoldConstantsPass : Pass<"hagane-fold-constants"> {
  let summary = "Evaluate xf operations on small constants";
  let description = [{
    Replaces each xf operation whose operands are all small constants by its
    value, if that has at most `max-bytes` bytes. Weights (resources) are left
    alone, so that what happens to them stays an expression that is executed
    when the module is written. An operation that fails on its operands (an
    index out of range, say) stays, and fails when the model runs.

    ```mlir
    %a = xf.constant {value = dense<[1, 2]> : tensor<2xi64>} : () -> tensor<2xi64>
    %b = xf.add %a, %a : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
    ```
    becomes
    ```mlir
    %b = xf.constant {value = dense<[2, 4]> : tensor<2xi64>} : () -> tensor<2xi64>
    ```
  }];
  let options = [
    Option<"maxBytes", "max-bytes", "int64_t", "65536", "largest operand and result">];
  let statistics = [Statistic<"numFolded", "folded", "operations replaced by their values">];
  let dependentDialects = ["::hagane::xf::XfDialect", "::mlir::tensor::TensorDialect"];
}

#endif // HAGANE_DIALECTS_XF_EVAL_PASSES_TD
