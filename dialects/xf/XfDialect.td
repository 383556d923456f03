//===- XfDialect.td - The algebra of Transformers ----------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFDIALECT_TD
#define HAGANE_DIALECTS_XF_XFDIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Xf_Dialect : Dialect {
  let name = "xf";
  let cppNamespace = "::hagane::xf";
  let summary = "The algebra of Transformer models on tensors";
  let description = [{
    Small, fully specified operations on ranked tensors, and the few large
    ones that matter whole (attention, norms, rotary, linear). Every operation
    states its symbolic shape rule once (`inferFacts`), from which result
    types, shape resolution and the host's index arithmetic all follow.

    Element-wise operations broadcast as NumPy does. Shapes are static where
    known and `?` elsewhere; what a `?` is equal to is a `#xf.dim` polynomial
    over the module's symbols, computed by shape resolution.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def Xf_DimAttr : AttrDef<Xf_Dialect, "Dim"> {
  let mnemonic = "dim";
  let summary = "A dimension as a canonical integer expression over symbols";
  let description = [{
    A polynomial with integer coefficients over symbols and the non-polynomial
    atoms `floordiv(a, b)`, `ceildiv(a, b)`, `mod(a, b)`, `min(a, b)` and
    `max(a, b)`. Always in canonical form, so that equal expressions are the
    same attribute. Symbols are names of `xf.symbol` operations.

    Examples: `#xf.dim<384>`, `#xf.dim<batch * seq>`,
    `#xf.dim<past + seq - 1>`, `#xf.dim<floordiv(seq, 2)>`.
  }];
  // The canonical tree; see Dim.h for its C++ face.
  let parameters = (ins StringRefParameter<"canonical text">:$text);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Xf_DimArrayAttr : TypedArrayAttrBase<Xf_DimAttr, "array of symbolic dimensions">;

#endif // HAGANE_DIALECTS_XF_XFDIALECT_TD
