// The onnx dialect and its types.
#ifndef HAGANE_DIALECTS_ONNX_ONNXDIALECT_TD
#define HAGANE_DIALECTS_ONNX_ONNXDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/DialectBase.td"

def OnnxDialect : Dialect {
  let name = "onnx";
  let summary = "an ONNX model as it was exported";
  let description = [{
    Holds a model faithfully between the importer and `convert-onnx-to-xf`, which reads it once and
    leaves none of it. Every ONNX operator is the one generic op `onnx.node`; nothing here knows
    what an operator means. The module looks like

    ```mlir
    module attributes {onnx.ir_version = 10 : i64, onnx.opsets = {ai.onnx = 21 : i64}} {
      func.func @main(%x: tensor<?x128xf32> {onnx.dims = ["N", 128], onnx.name = "X"})
          -> (tensor<?x10xf32> {onnx.dims = ["N", 10], onnx.name = "Y"}) {
        %w = onnx.initializer "W" dense<0.5> : tensor<128x10xf32>
        %y = onnx.node "MatMul" since 13 (%x, %w)
            : (tensor<?x128xf32>, tensor<128x10xf32>) -> tensor<?x10xf32>
        return %y : tensor<?x10xf32>
      }
    }
    ```

    Attributes of the dialect on other ops:
    - `onnx.name` (argument, result): the name of the model's input or output.
    - `onnx.dims` (argument, result): one entry per dimension, an integer, a `dim_param` as its
      text, or `"?"`; left out when the rank is unknown.
    - `onnx.ir_version`, `onnx.opsets`, `onnx.producer`, `onnx.graph`, `onnx.metadata` (module).

    Element types are those of the model: `iN` is a signed integer, `uiN` unsigned, `i1` bool.
  }];
  let cppNamespace = "::hagane::onnx";
  let useDefaultTypePrinterParser = 1;
}

def Onnx_UnknownType : TypeDef<OnnxDialect, "Unknown"> {
  let mnemonic = "unknown";
  let summary = "a value whose type the model does not state";
  let description = [{
    The model has no `value_info` for the value, or one that is not a tensor (sequence, map,
    optional, string). Conversion finds tensor types from the operators.

    ```mlir
    %y = onnx.node "Relu" since 14 (%x) : (tensor<4xf32>) -> !onnx.unknown
    ```
  }];
}

#endif
