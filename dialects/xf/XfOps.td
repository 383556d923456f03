//===- XfOps.td - All operations of the xf dialect ---------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFOPS_TD
#define HAGANE_DIALECTS_XF_XFOPS_TD

include "dialects/xf/XfElementwise.td"
include "dialects/xf/XfMovement.td"
include "dialects/xf/XfTransformer.td"
include "dialects/xf/XfVision.td"

def Xf_Symbol : Op<Xf_Dialect, "symbol", [Symbol]> {
  let summary = "a symbolic dimension and the range of its values";
  let description = [{
    Rules: (Y1) 0 <= min <= max.

    Example:
    ```mlir
    xf.symbol @batch {min = 1 : i64, max = 64 : i64}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$min, I64Attr:$max);
  let assemblyFormat = "$sym_name attr-dict";
  let hasVerifier = 1;
}

def Xf_Require : Op<Xf_Dialect, "require"> {
  let summary = "two sizes that a legal run makes equal";
  let description = [{
    What shape rules assumed of the symbols. The runtime refuses inputs that
    break it; every analysis may rely on it.

    Example:
    ```mlir
    xf.require #xf.dim<rows * 2>, #xf.dim<columns>, "(M2) contracted sizes"
    ```
  }];
  let arguments = (ins Xf_DimAttr:$lhs, Xf_DimAttr:$rhs, StrAttr:$what);
  let assemblyFormat = "qualified($lhs) `,` qualified($rhs) `,` $what attr-dict";
}

def Xf_DimValue : Op<Xf_Dialect, "dim_value", [Pure]> {
  let summary = "the value of a symbolic dimension as an index";
  let description = [{
    Where tensors' sizes are needed as values. The host's code computes it from
    the module's symbols.

    Example:
    ```mlir
    %n = xf.dim_value {dim = #xf.dim<batch * seq>} : index
    ```
  }];
  let arguments = (ins Xf_DimAttr:$dim);
  let results = (outs Index:$y);
  let assemblyFormat = "attr-dict `:` type($y)";
  let hasFolder = 1;
}

#endif // HAGANE_DIALECTS_XF_XFOPS_TD
