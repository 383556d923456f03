// Passes of frontend/ops.
#ifndef HAGANE_FRONTEND_OPS_PASSES_TD
#define HAGANE_FRONTEND_OPS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertOnnxToXfPass : Pass<"convert-onnx-to-xf", "::mlir::ModuleOp"> {
  let summary = "turn the model's nodes into xf operations";
  let description = [{
    Walks the nodes in order and converts each by the handler of its operator. All operators without
    a handler are reported at once, then the pass fails. Named dimensions of inputs become
    `xf.symbol`s, inputs carry `xf.dims`; nothing of the onnx dialect is left but the names of inputs
    and outputs.

    Before:
    ```mlir
    func.func @main(%x: tensor<?x4xf32> {onnx.dims = ["batch", 4], onnx.name = "x"})
        -> (tensor<?x4xf32> {onnx.name = "y"}) {
      %y = onnx.node "Relu" since 14 (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
      return %y : tensor<?x4xf32>
    }
    ```
    After:
    ```mlir
    xf.symbol @batch {min = 0 : i64, max = 9223372036854775807 : i64}
    func.func @main(%x: tensor<?x4xf32> {onnx.name = "x", xf.dims = [#xf.dim<batch>, #xf.dim<4>]})
        -> (tensor<?x4xf32> {onnx.name = "y"}) {
      %y = xf.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
      return %y : tensor<?x4xf32>
    }
    ```
  }];
  let options = [
    ListOption<"ranges", "dim", "std::string",
               "Range of a named dimension, name=lo:hi (either bound may be left out)">,
    ListOption<"values", "specialize", "std::string",
               "Value of a named dimension, name=value">,
    Option<"attention", "attention-semantics", "std::string", /*default=*/"\"standard\"",
           "Meaning of ai.onnx Attention where texts and runtimes differ: standard, original or onnxruntime">
  ];
  let dependentDialects = ["::hagane::xf::XfDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
}

#endif
