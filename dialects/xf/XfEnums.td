//===- XfEnums.td - Enumerations of the xf dialect ---------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFENUMS_TD
#define HAGANE_DIALECTS_XF_XFENUMS_TD

include "dialects/xf/XfDialect.td"

class Xf_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::hagane::xf";
  let genSpecializedAttr = 0;
}
class Xf_EnumAttr<I32EnumAttr enum, string mnemonic>
    : EnumAttr<Xf_Dialect, enum, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Xf_CmpKind : Xf_Enum<"CmpKind", "comparison", [
  I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>,
  I32EnumAttrCase<"le", 3>, I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]>;
def Xf_CmpKindAttr : Xf_EnumAttr<Xf_CmpKind, "cmp_kind">;

def Xf_ReduceKind : Xf_Enum<"ReduceKind", "reduction", [
  I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"mean", 1>, I32EnumAttrCase<"prod", 2>,
  I32EnumAttrCase<"max", 3>, I32EnumAttrCase<"min", 4>, I32EnumAttrCase<"sum_square", 5>,
  I32EnumAttrCase<"l1", 6>, I32EnumAttrCase<"l2", 7>, I32EnumAttrCase<"log_sum", 8>,
  I32EnumAttrCase<"log_sum_exp", 9>, I32EnumAttrCase<"any", 10>, I32EnumAttrCase<"all", 11>]>;
def Xf_ReduceKindAttr : Xf_EnumAttr<Xf_ReduceKind, "reduce_kind">;

def Xf_ScatterKind : Xf_Enum<"ScatterKind", "how a scattered element meets the old one", [
  I32EnumAttrCase<"set", 0>, I32EnumAttrCase<"add", 1>, I32EnumAttrCase<"mul", 2>,
  I32EnumAttrCase<"max", 3>, I32EnumAttrCase<"min", 4>]>;
def Xf_ScatterKindAttr : Xf_EnumAttr<Xf_ScatterKind, "scatter_kind">;

def Xf_PadKind : Xf_Enum<"PadKind", "what padding holds", [
  I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"reflect", 1>,
  I32EnumAttrCase<"edge", 2>, I32EnumAttrCase<"wrap", 3>]>;
def Xf_PadKindAttr : Xf_EnumAttr<Xf_PadKind, "pad_kind">;

def Xf_PoolKind : Xf_Enum<"PoolKind", "pooling", [
  I32EnumAttrCase<"max", 0>, I32EnumAttrCase<"average", 1>, I32EnumAttrCase<"lp", 2>]>;
def Xf_PoolKindAttr : Xf_EnumAttr<Xf_PoolKind, "pool_kind">;

def Xf_ActivationKind : Xf_Enum<"ActivationKind", "activation", [
  I32EnumAttrCase<"identity", 0>, I32EnumAttrCase<"relu", 1>, I32EnumAttrCase<"gelu", 2>,
  I32EnumAttrCase<"gelu_tanh", 3>, I32EnumAttrCase<"silu", 4>, I32EnumAttrCase<"sigmoid", 5>,
  I32EnumAttrCase<"tanh", 6>]>;
def Xf_ActivationKindAttr : Xf_EnumAttr<Xf_ActivationKind, "activation_kind">;

def Xf_CausalKind : Xf_Enum<"CausalKind", "alignment of the causal diagonal", [
  I32EnumAttrCase<"none", 0>,
  // Query i sees keys 0..i: the diagonal starts at the first key.
  I32EnumAttrCase<"top_left", 1>,
  // Query i of n sees keys 0..i + (m - n): the diagonal ends at the last key.
  I32EnumAttrCase<"bottom_right", 2>]>;
def Xf_CausalKindAttr : Xf_EnumAttr<Xf_CausalKind, "causal_kind">;

def Xf_RecurrentKind : Xf_Enum<"RecurrentKind", "recurrent cell", [
  I32EnumAttrCase<"rnn", 0>, I32EnumAttrCase<"gru", 1>, I32EnumAttrCase<"lstm", 2>]>;
def Xf_RecurrentKindAttr : Xf_EnumAttr<Xf_RecurrentKind, "recurrent_kind">;

def Xf_DirectionKind : Xf_Enum<"DirectionKind", "direction of a recurrence", [
  I32EnumAttrCase<"forward", 0>, I32EnumAttrCase<"reverse", 1>,
  I32EnumAttrCase<"bidirectional", 2>]>;
def Xf_DirectionKindAttr : Xf_EnumAttr<Xf_DirectionKind, "direction_kind">;

def Xf_ResizeKind : Xf_Enum<"ResizeKind", "interpolation", [
  I32EnumAttrCase<"nearest", 0>, I32EnumAttrCase<"linear", 1>, I32EnumAttrCase<"cubic", 2>]>;
def Xf_ResizeKindAttr : Xf_EnumAttr<Xf_ResizeKind, "resize_kind">;

#endif // HAGANE_DIALECTS_XF_XFENUMS_TD
