//===- XfInterfaces.td - Interfaces of xf operations -------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFINTERFACES_TD
#define HAGANE_DIALECTS_XF_XFINTERFACES_TD

include "mlir/IR/OpBase.td"

def Xf_SymbolicShapeInterface : OpInterface<"SymbolicShapeOpInterface"> {
  let cppNamespace = "::hagane::xf";
  let description = [{
    The one definition of an operation's shape rule: from the facts of its
    operands (absent optional operands have no entry, see each operation) to
    the facts of its results. Result types, the shape analysis and the
    verifier are all derived from it.
  }];
  let methods = [InterfaceMethod<
    "Computes the facts of the results from those of the operands.",
    "::llvm::LogicalResult", "inferFacts",
    (ins "::llvm::ArrayRef<::hagane::xf::Facts>":$operands,
         "const ::hagane::xf::FactsContext &":$context,
         "::llvm::SmallVectorImpl<::hagane::xf::Facts> &":$results)>];
}

#endif // HAGANE_DIALECTS_XF_XFINTERFACES_TD
