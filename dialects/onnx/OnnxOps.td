// The onnx operations.
#ifndef HAGANE_DIALECTS_ONNX_ONNXOPS_TD
#define HAGANE_DIALECTS_ONNX_ONNXOPS_TD

include "dialects/onnx/OnnxDialect.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Onnx_Value : AnyTypeOf<[AnyTensor, NoneType, Onnx_UnknownType],
                           "tensor, none or !onnx.unknown">;

class Onnx_Op<string mnemonic, list<Trait> traits = []> : Op<OnnxDialect, mnemonic, traits>;

def Onnx_NodeOp : Onnx_Op<"node", [DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "one node of the model";
  let description = [{
    The operator's type, its domain ("" is ai.onnx), and the version of its definition: the opset in
    which the definition in force was introduced where the operator is known, else the version the
    model imports. Operands are positional; an absent optional input is `onnx.absent`, an absent
    optional output has type `none`. `node_attrs` holds every attribute but graphs; those are the
    regions, named by `subgraphs` in the same order (element i of a list of graphs is `name[i]`).
    Values of enclosing graphs are used directly. The location is the node's name.

    Attribute values: INT is `i64`, FLOAT `f32`, STRING a string, INTS `array<i64>`, FLOATS
    `array<f32>`, STRINGS an array of strings, TENSOR an elements attribute, TYPE_PROTO a type.

    Rules:
    - (C1) `op_type` is not empty.
    - (C2) `since_version` is at least 1.
    - (C3) `subgraphs` names each region, each name once.
    - (C4) every region ends in `onnx.yield`.
    - (C5) no subgraph bears the name of an attribute.

    ```mlir
    %0 = onnx.node "Softmax" since 13 (%x) {axis = -1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %1 = onnx.node "FastGelu" domain "com.microsoft" since 1 (%x, %none)
        : (tensor<2x4xf32>, none) -> tensor<2x4xf32>
    %2 = onnx.node "If" since 21 (%cond) graphs ["then_branch", "else_branch"] {
      onnx.yield %0 : tensor<2x4xf32>
    }, {
      onnx.yield %1 : tensor<2x4xf32>
    } : (tensor<i1>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins
    StrAttr:$op_type,
    DefaultValuedAttr<StrAttr, "\"\"">:$domain,
    I64Attr:$since_version,
    DefaultValuedAttr<DictionaryAttr, "{}">:$node_attrs,
    DefaultValuedAttr<StrArrayAttr, "{}">:$subgraphs,
    Variadic<Onnx_Value>:$inputs);
  let results = (outs Variadic<Onnx_Value>:$outputs);
  let regions = (region VariadicRegion<SizedRegion<1>>:$bodies);
  let assemblyFormat = [{
    $op_type (`domain` $domain^)? `since` custom<Integer>($since_version) ` ` `(` $inputs `)`
    ($node_attrs^)? (`graphs` $subgraphs^ $bodies)? attr-dict-with-keyword
    `:` functional-type($inputs, $outputs)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Input `index`, or null where the model leaves it out.
    ::mlir::Value getInput(unsigned index);
    /// Output `index`, or null where the model leaves it out.
    ::mlir::Value getOutput(unsigned index);
    /// The attribute `name`, or null.
    ::mlir::Attribute getAttribute(::llvm::StringRef name);
    template <typename AttrT> AttrT getAttribute(::llvm::StringRef name) {
      return ::llvm::dyn_cast_or_null<AttrT>(getAttribute(name));
    }
    /// An INT attribute; `fallback` where it is absent or of another kind.
    int64_t getInt(::llvm::StringRef name, int64_t fallback);
    /// A FLOAT attribute; `fallback` where it is absent or of another kind.
    float getFloat(::llvm::StringRef name, float fallback);
    /// A STRING attribute; `fallback` where it is absent or of another kind.
    ::llvm::StringRef getString(::llvm::StringRef name, ::llvm::StringRef fallback);
    /// An INTS attribute, if present.
    std::optional<::llvm::ArrayRef<int64_t>> getInts(::llvm::StringRef name);
    /// The subgraph `name`, or null.
    ::mlir::Region *getSubgraph(::llvm::StringRef name);
  }];
}

def Onnx_InitializerOp : Onnx_Op<"initializer", [
    Pure, ConstantLike, AllTypesMatch<["value", "result"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a constant of the model";
  let description = [{
    An initializer or the payload of a `Constant` node. Small ones are dense; larger ones are a
    resource whose bytes stay in the mapped model file, in ONNX's `raw_data` layout: row-major,
    little-endian, bool one byte, 4-bit elements two and 2-bit elements four to a byte, low bits
    first. The bytes need not be aligned to the element type. A resource without a blob is a weight
    that is absent (shape-only import).

    Rules:
    - (C1) the shape is static.
    - (C2) a resource's blob, where present, has the size of the type.

    ```mlir
    %w = onnx.initializer "w" dense<[1.0, 2.0]> : tensor<2xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, ElementsAttr:$value);
  let results = (outs AnyTensor:$result);
  let assemblyFormat = "$name $value attr-dict";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Onnx_AbsentOp : Onnx_Op<"absent", [Pure]> {
  let summary = "an optional input that the model leaves out";
  let description = [{
    Keeps the following operands of a node at their positions.

    ```mlir
    %none = onnx.absent : none
    ```
  }];
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Onnx_YieldOp : Onnx_Op<"yield", [Pure, Terminator, HasParent<"NodeOp">]> {
  let summary = "the outputs of a subgraph";
  let description = [{
    Rules:
    - (C1) it ends a subgraph of an `onnx.node`.

    ```mlir
    onnx.yield %0, %1 : tensor<4xf32>, tensor<i1>
    ```
  }];
  let arguments = (ins Variadic<Onnx_Value>:$results);
  let assemblyFormat = "($results^ `:` type($results))? attr-dict";
}

#endif
