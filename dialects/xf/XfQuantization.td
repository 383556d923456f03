//===- XfQuantization.td - Codes and scales from numbers ---*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFQUANTIZATION_TD
#define HAGANE_DIALECTS_XF_XFQUANTIZATION_TD

include "dialects/xf/XfBase.td"

def Xf_QuantizeRows : Xf_Op<"quantize_rows"> {
  let summary = "8-bit codes of x, scaled by the largest number of each block";
  let description = [{
    x is cut into blocks of `block` elements along its last axis, or 0 for the
    whole axis; the last block may be shorter. Of a block whose largest absolute
    value is m, in f32,

        scale = m / 127
        code  = clamp(round_half_even(x * (127 / m)), -127, 127)

    with 0 in place of 127 / m where m is less than 2^-119 or not finite. A
    block with a NaN or an infinity has a scale of NaN, so that `xf.dequantize
    {axis = last, block}` of the results, its inverse up to rounding, gives NaN;
    their own codes are -127.

    Rules: (Q5) x has an axis; (Q6) 0 <= block.

    Example:
    ```mlir
    %codes, %scales = xf.quantize_rows %x {block = 32 : i64} : (tensor<?x96xf32>) -> (tensor<?x96xi8>, tensor<?x3xf32>)
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, I64Attr:$block);
  let results = (outs TensorOf<[I8]>:$codes, TensorOf<[F32]>:$scales);
}

def Xf_QuantizeWeight : Xf_Op<"quantize_weight"> {
  let summary = "codes of few bits and scales for a matrix";
  let description = [{
    w is [k, n], or [n, k] if `transposed`. Each column is cut into blocks of
    `block` elements along k, or 0 for all of it; the last may be shorter. Scales,
    and zero points unless `symmetric`, have w's shape with one element for each
    block: what `xf.dequantize {axis = k's, block}` of the results takes. Codes
    have `bits` bits: from -2^(bits-1) if symmetric, else unsigned. Of a block,

        scale = max(|w|) / (2^(bits-1) - 1)              symmetric
        scale = (high - low) / (2^bits - 1)              with low <= 0 <= high
        zero  = round(-low / scale)                      the block's extremes
        code  = clamp(round(w / scale) + zero)

    with `method` "nearest". "mse" looks for the scale of the least squared error
    instead: it tries divisors (or parts of the range) on a grid, solves the
    codes of each for their best scale, and takes the best; symmetric scales may
    then be negative. In f32, scales rounded to `scale_type` before the codes
    follow from them. A block with a NaN or an infinity, or whose scale is too
    large for its type, has a scale of NaN.

    Rules: (Q7) w has rank 2; (Q8) bits are 2, 3, 4, 6 or 8; (Q6) 0 <= block;
    (Q9) a method of these two; (Q10) scale_type is f16, bf16 or f32.

    Example:
    ```mlir
    %codes, %scales, %zeros = xf.quantize_weight %w {bits = 4 : i64, block = 32 : i64, method = "mse", scale_type = f16} : (tensor<96x8xf32>) -> (tensor<96x8xui4>, tensor<3x8xf16>, tensor<3x8xui4>)
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$w, I64Attr:$bits, I64Attr:$block, UnitAttr:$symmetric,
                       UnitAttr:$transposed, StrAttr:$method, TypeAttr:$scale_type);
  let results = (outs Xf_IntTensor:$codes, Xf_FloatTensor:$scales, Optional<Xf_IntTensor>:$zeros);
}

#endif // HAGANE_DIALECTS_XF_XFQUANTIZATION_TD
