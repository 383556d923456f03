//===- XfBase.td - Base classes of xf operations -----------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFBASE_TD
#define HAGANE_DIALECTS_XF_XFBASE_TD

include "dialects/xf/XfEnums.td"
include "dialects/xf/XfInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

def Xf_Tensor : RankedTensorOf<[AnyType], [], "ranked tensor">;
def Xf_FloatTensor : RankedTensorOf<[AnyFloat], [], "ranked tensor of floats">;
def Xf_BoolTensor : RankedTensorOf<[I1], [], "ranked tensor of i1">;
def Xf_IntTensor : RankedTensorOf<[AnyInteger], [], "ranked tensor of integers">;
def Xf_NumericTensor : RankedTensorOf<[AnyFloat, AnyInteger], [], "ranked tensor of numbers">;
// A 1-D integer tensor that holds sizes, positions or counts.
def Xf_SizesTensor : 1DTensorOf<[I32, I64]>;
def Xf_OptionalSizes : Optional<Xf_SizesTensor>;
def Xf_OptionalSizesAttr : OptionalAttr<Xf_DimArrayAttr>;

// An operation whose result types and symbolic shapes follow from one rule,
// `computeFacts`, defined per operation in C++.
class Xf_Op<string mnemonic, list<Trait> traits = []>
    : Op<Xf_Dialect, mnemonic, traits # [
        Pure, DeclareOpInterfaceMethods<Xf_SymbolicShapeInterface>,
        DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  code ownDeclaration = "";
  let extraClassDeclaration = ownDeclaration # [{
    /// Equal up to sizes of which one side is unknown.
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange actual) {
      return ::hagane::xf::detail::areCompatible(inferred, actual);
    }
    /// The shape rule; see SymbolicShapeOpInterface.
    static ::llvm::LogicalResult
    computeFacts(Adaptor adaptor, ::llvm::ArrayRef<::hagane::xf::Facts> operands,
                 const ::hagane::xf::FactsContext &context,
                 ::llvm::SmallVectorImpl<::hagane::xf::Facts> &results);
  }];
  let extraClassDefinition = [{
    ::llvm::LogicalResult
    $cppClass::inferFacts(::llvm::ArrayRef<::hagane::xf::Facts> operands,
                          const ::hagane::xf::FactsContext &context,
                          ::llvm::SmallVectorImpl<::hagane::xf::Facts> &results) {
      return computeFacts(Adaptor(getOperation()->getOperands(), *this),
                          operands, context, results);
    }
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *context, ::std::optional<::mlir::Location> location,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return ::hagane::xf::detail::inferTypes<$cppClass>(
          context, location, operands,
          Adaptor(operands, attributes, properties, regions), types);
    }
  }];
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

// y[i] = f(x[i]).
class Xf_Unary<string mnemonic, string formula, Type type = Xf_FloatTensor, bit folds = 0>
    : Xf_Op<mnemonic, [Elementwise, SameOperandsAndResultElementType]> {
  defvar element = !if(!eq(!cast<string>(type), "Xf_IntTensor"), "i64", "f32");
  let summary = "y = " # formula;
  let description = "Computes `" # formula # "` for each element of `x`.\n\n" #
    "Example:\n```mlir\n%y = xf." # mnemonic #
    " %x : (tensor<2x?x" # element # ">) -> tensor<2x?x" # element # ">\n```";
  let arguments = (ins type:$x);
  let results = (outs type:$y);
  let hasFolder = folds;
}

// y = f(a, b) with NumPy broadcasting.
class Xf_Binary<string mnemonic, string formula, Type type = Xf_NumericTensor, list<Trait> traits = []>
    : Xf_Op<mnemonic, [SameOperandsAndResultElementType] # traits> {
  defvar element = !if(!eq(!cast<string>(type), "Xf_IntTensor"), "i64", "f32");
  let summary = "y = " # formula;
  let description = "Computes `" # formula # "` for each pair of elements of `a` and `b`, " #
    "which broadcast as in NumPy.\n\nExample:\n```mlir\n%y = xf." # mnemonic #
    " %a, %b : (tensor<2x3x" # element # ">, tensor<3x" # element # ">) -> tensor<2x3x" # element # ">\n```";
  let arguments = (ins type:$a, type:$b);
  let results = (outs type:$y);
  let hasFolder = 1;
}

#endif // HAGANE_DIALECTS_XF_XFBASE_TD
