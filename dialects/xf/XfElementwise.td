//===- XfElementwise.td - Element-wise operations ----------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFELEMENTWISE_TD
#define HAGANE_DIALECTS_XF_XFELEMENTWISE_TD

include "dialects/xf/XfBase.td"

def Xf_Neg : Xf_Unary<"neg", "-x", Xf_NumericTensor, 1>;
def Xf_Abs : Xf_Unary<"abs", "|x|", Xf_NumericTensor, 1>;
def Xf_Sign : Xf_Unary<"sign", "-1, 0 or 1 as x is below, equal to or above 0; NaN stays NaN", Xf_NumericTensor, 1>;
def Xf_Exp : Xf_Unary<"exp", "e^x">;
def Xf_Log : Xf_Unary<"log", "the natural logarithm of x">;
def Xf_Sqrt : Xf_Unary<"sqrt", "the square root of x">;
def Xf_Rsqrt : Xf_Unary<"rsqrt", "1 / sqrt(x)">;
def Xf_Reciprocal : Xf_Unary<"reciprocal", "1 / x">;
def Xf_Erf : Xf_Unary<"erf", "2/sqrt(pi) * integral of e^(-t^2) from 0 to x">;
def Xf_Tanh : Xf_Unary<"tanh", "the hyperbolic tangent of x">;
def Xf_Sigmoid : Xf_Unary<"sigmoid", "1 / (1 + e^-x)">;
def Xf_Silu : Xf_Unary<"silu", "x / (1 + e^-x)">;
def Xf_Relu : Xf_Unary<"relu", "max(x, 0); NaN stays NaN", Xf_NumericTensor, 1>;
def Xf_Softplus : Xf_Unary<"softplus", "log(1 + e^x)">;
def Xf_Sin : Xf_Unary<"sin", "the sine of x">;
def Xf_Cos : Xf_Unary<"cos", "the cosine of x">;
def Xf_Tan : Xf_Unary<"tan", "the tangent of x">;
def Xf_Asin : Xf_Unary<"asin", "the arc sine of x">;
def Xf_Acos : Xf_Unary<"acos", "the arc cosine of x">;
def Xf_Atan : Xf_Unary<"atan", "the arc tangent of x">;
def Xf_Sinh : Xf_Unary<"sinh", "the hyperbolic sine of x">;
def Xf_Cosh : Xf_Unary<"cosh", "the hyperbolic cosine of x">;
def Xf_Asinh : Xf_Unary<"asinh", "the inverse hyperbolic sine of x">;
def Xf_Acosh : Xf_Unary<"acosh", "the inverse hyperbolic cosine of x">;
def Xf_Atanh : Xf_Unary<"atanh", "the inverse hyperbolic tangent of x">;
def Xf_Floor : Xf_Unary<"floor", "the largest integer not above x", Xf_FloatTensor, 1>;
def Xf_Ceil : Xf_Unary<"ceil", "the smallest integer not below x", Xf_FloatTensor, 1>;
def Xf_Round : Xf_Unary<"round", "the integer nearest to x, halves to even", Xf_FloatTensor, 1>;
def Xf_Not : Xf_Unary<"not", "the complement of each bit of x", Xf_IntTensor, 1>;

def Xf_Gelu : Xf_Op<"gelu", [Elementwise, SameOperandsAndResultElementType]> {
  let summary = "Gaussian error linear unit";
  let description = [{
    `x/2 * (1 + erf(x / sqrt(2)))`, or with `tanh` its approximation
    `x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))` (Hendrycks and Gimpel, 2016).

    Example:
    ```mlir
    %y = xf.gelu %x {tanh} : (tensor<2x?xf32>) -> tensor<2x?xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, UnitAttr:$tanh);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_IsNaN : Xf_Op<"is_nan"> {
  let summary = "whether each element is NaN";
  let description = [{
    Example:
    ```mlir
    %y = xf.is_nan %x : (tensor<2xf32>) -> tensor<2xi1>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x);
  let results = (outs Xf_BoolTensor:$y);
}

def Xf_IsInf : Xf_Op<"is_inf"> {
  let summary = "whether each element is infinite, of the wanted signs";
  let description = [{
    Example:
    ```mlir
    %y = xf.is_inf %x {positive = true, negative = false} : (tensor<2xf32>) -> tensor<2xi1>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, DefaultValuedAttr<BoolAttr, "true">:$positive,
                       DefaultValuedAttr<BoolAttr, "true">:$negative);
  let results = (outs Xf_BoolTensor:$y);
}

def Xf_Cast : Xf_Op<"cast"> {
  let summary = "conversion of each element to another type";
  let description = [{
    Float to integer truncates towards zero; anything to i1 is `x != 0`; a
    float to a narrower float rounds to nearest even; integers wrap. With
    `saturate`, values beyond an 8-bit float's range become its largest
    finite value instead of infinity or NaN. Signless integers are signed;
    `ui8` and so on are unsigned.

    Example:
    ```mlir
    %y = xf.cast %x {to = f32} : (tensor<2xi64>) -> tensor<2xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, TypeAttr:$to, UnitAttr:$saturate);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

def Xf_Add : Xf_Binary<"add", "a + b", Xf_NumericTensor, [Commutative]>;
def Xf_Sub : Xf_Binary<"sub", "a - b">;
def Xf_Mul : Xf_Binary<"mul", "a * b", Xf_NumericTensor, [Commutative]>;
def Xf_Div : Xf_Binary<"div", "a / b; integers truncate towards zero, and division by zero gives 0">;
def Xf_Min : Xf_Binary<"min", "the smaller of a and b; NaN if either is", Xf_NumericTensor, [Commutative]>;
def Xf_Max : Xf_Binary<"max", "the larger of a and b; NaN if either is", Xf_NumericTensor, [Commutative]>;
def Xf_And : Xf_Binary<"and", "a & b, bit by bit", Xf_IntTensor, [Commutative]>;
def Xf_Or : Xf_Binary<"or", "a | b, bit by bit", Xf_IntTensor, [Commutative]>;
def Xf_Xor : Xf_Binary<"xor", "a ^ b, bit by bit", Xf_IntTensor, [Commutative]>;
def Xf_Shl : Xf_Binary<"shl", "a shifted left by b bits, 0 from the type's width on", Xf_IntTensor>;
def Xf_Shr : Xf_Binary<"shr", "a shifted right by b bits, logically, 0 from the type's width on", Xf_IntTensor>;

def Xf_Mod : Xf_Op<"mod", [SameOperandsAndResultElementType]> {
  let summary = "remainder of a / b with the sign of b, or of a with `truncated`";
  let description = [{
    NumPy's `mod` (sign of the divisor) or, with `truncated`, C's `fmod`
    (sign of the dividend). Operands broadcast. Integer remainders by zero
    are 0.

    Example:
    ```mlir
    %y = xf.mod %a, %b {truncated} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$a, Xf_NumericTensor:$b, UnitAttr:$truncated);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Pow : Xf_Op<"pow"> {
  let summary = "y = a ^ b";
  let description = [{
    The result has a's element type; the exponent may have another. Operands
    broadcast. Integer powers with negative exponents are those of the real
    number truncated.

    Example:
    ```mlir
    %y = xf.pow %a, %b : (tensor<4xf32>, tensor<i64>) -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$a, Xf_NumericTensor:$b);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Cmp : Xf_Op<"cmp"> {
  let summary = "comparison of each pair of elements";
  let description = [{
    IEEE comparisons: everything but `ne` is false where an operand is NaN.

    Rules: (B1) equal element types.

    Example:
    ```mlir
    %y = xf.cmp %a, %b {kind = #xf.cmp_kind<lt>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
    ```
  }];
  let arguments = (ins Xf_Tensor:$a, Xf_Tensor:$b, Xf_CmpKindAttr:$kind);
  let results = (outs Xf_BoolTensor:$y);
  let hasFolder = 1;
}

def Xf_Select : Xf_Op<"select"> {
  let summary = "y = condition ? a : b";
  let description = [{
    All three operands broadcast.

    Rules: (B1) a and b have equal element types.

    Example:
    ```mlir
    %y = xf.select %c, %a, %b : (tensor<1x3xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Xf_BoolTensor:$condition, Xf_Tensor:$a, Xf_Tensor:$b);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

#endif // HAGANE_DIALECTS_XF_XFELEMENTWISE_TD
