//===- XfTransformer.td - Contractions, reductions and large operations ---===//

#ifndef HAGANE_DIALECTS_XF_XFTRANSFORMER_TD
#define HAGANE_DIALECTS_XF_XFTRANSFORMER_TD

include "dialects/xf/XfBase.td"

def Xf_MatMul : Xf_Op<"matmul"> {
  let summary = "batched matrix product";
  let description = [{
    y[.., m, n] = sum over k of a[.., m, k] * b[.., k, n]; `transpose_a` and
    `transpose_b` swap the last two axes of an operand first. Leading axes
    broadcast. Both ranks are at least 2. Accumulates in f32 (f64 for f64, i32
    for 8-bit integers, which give i32).

    Rules: (M1) ranks >= 2; (M2) the contracted sizes must not provably differ;
    (M3) equal element types, signs of 8-bit integers apart.

    Example:
    ```mlir
    %y = xf.matmul %a, %b {transpose_b} : (tensor<2x4x?x32xf32>, tensor<2x4x?x32xf32>) -> tensor<2x4x?x?xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$a, Xf_NumericTensor:$b, UnitAttr:$transpose_a, UnitAttr:$transpose_b);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Linear : Xf_Op<"linear"> {
  let summary = "y = x W + bias with a constant weight";
  let description = [{
    y[.., n] = sum over k of x[.., k] * weight[k, n] + bias[n]; with
    `transpose_weight` the weight is [n, k]. The form that weight packing and
    epilogue fusion start from.

    Rules: (L1) the weight has rank 2; (L2) the contracted sizes must not
    provably differ; (L3) the bias is [n]; (L4) equal element types, signs of
    8-bit integers apart.

    Example:
    ```mlir
    %y = xf.linear %x, %w, %b : (tensor<?x?x384xf32>, tensor<384x1536xf32>, tensor<1536xf32>) -> tensor<?x?x1536xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, Xf_NumericTensor:$weight, Optional<Xf_NumericTensor>:$bias,
                       UnitAttr:$transpose_weight);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Reduce : Xf_Op<"reduce"> {
  let summary = "reduction over some axes";
  let description = [{
    `axes` are in range, unique and ascending; `keep_dims` leaves them with
    size 1. sum_square adds squares, l1 absolute values, l2 is the root of
    sum_square, log_sum and log_sum_exp are logarithms of sums. Over no
    elements: 0 for sums, 1 for prod, the type's extremes for max and min.
    16-bit floats accumulate in f32. Max and min of NaN are NaN.

    Rules: (D1) axes in range, unique and ascending.

    Example:
    ```mlir
    %y = xf.reduce %x {kind = #xf.reduce_kind<mean>, axes = array<i64: 1>, keep_dims} : (tensor<2x3xf32>) -> tensor<2x1xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_ReduceKindAttr:$kind, DenseI64ArrayAttr:$axes, UnitAttr:$keep_dims);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

def Xf_ArgReduce : Xf_Op<"arg_reduce"> {
  let summary = "index of the largest or smallest element along `axis`";
  let description = [{
    The first of equal ones, or the last with `last`. A NaN counts as extreme.

    Rules: (A1) 0 <= axis < rank.

    Example:
    ```mlir
    %y = xf.arg_reduce %x {axis = 1 : i64, largest = true} : (tensor<2x3xf32>) -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, I64Attr:$axis, BoolAttr:$largest, UnitAttr:$keep_dims, UnitAttr:$last);
  let results = (outs TensorOf<[I64]>:$y);
}

def Xf_CumSum : Xf_Op<"cumsum", [SameOperandsAndResultElementType]> {
  let summary = "running sums along `axis`";
  let description = [{
    Rules: (A1) 0 <= axis < rank.

    Example:
    ```mlir
    %y = xf.cumsum %x {axis = 1 : i64} : (tensor<2x?xi64>) -> tensor<2x?xi64>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, I64Attr:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Softmax : Xf_Op<"softmax", [SameOperandsAndResultElementType]> {
  let summary = "e^x / sum of e^x along `axis`, or its logarithm with `log`";
  let description = [{
    Computed with the maximum subtracted. Rules: (A1) 0 <= axis < rank.

    Example:
    ```mlir
    %y = xf.softmax %x {axis = 3 : i64} : (tensor<2x4x?x?xf32>) -> tensor<2x4x?x?xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, I64Attr:$axis, UnitAttr:$log);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_LayerNorm : Xf_Op<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "(x - mean) / sqrt(variance + epsilon) * scale + bias over the axes from `axis` on";
  let description = [{
    Ba, Kiros and Hinton, 2016; the variance is the biased one. Statistics are
    in f32 (f64 for f64). `scale` and `bias` broadcast against x. The
    result has x's type.

    Rules: (A1) 0 <= axis < rank.

    Example:
    ```mlir
    %y = xf.layer_norm %x, %s, %b {operandSegmentSizes = array<i32: 1, 1, 1>, axis = 2 : i64, epsilon = 1.0e-12 : f64} : (tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>) -> tensor<?x?x384xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, Optional<Xf_FloatTensor>:$scale, Optional<Xf_FloatTensor>:$bias,
                       I64Attr:$axis, F64Attr:$epsilon);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_RmsNorm : Xf_Op<"rms_norm"> {
  let summary = "x / sqrt(mean(x^2) + epsilon) * scale over the axes from `axis` on";
  let description = [{
    Zhang and Sennrich, 2019. Statistics are in f32 (f64 for f64). `scale`
    broadcasts against x. The result has x's type.

    Rules: (A1) 0 <= axis < rank.

    Example:
    ```mlir
    %y = xf.rms_norm %x, %s {axis = 2 : i64, epsilon = 1.0e-6 : f64} : (tensor<?x?x64xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, Optional<Xf_FloatTensor>:$scale, I64Attr:$axis, F64Attr:$epsilon);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_GroupNorm : Xf_Op<"group_norm"> {
  let summary = "normalisation of groups of channels over channels and space";
  let description = [{
    x is [batch, channels, space...]; scale and bias are [channels]. Instance
    normalisation has as many groups as channels. Wu and He, 2018.

    Rules: (H1) rank >= 2; (H2) parameters are [channels]; (H3) groups divide channels.

    Example:
    ```mlir
    %y = xf.group_norm %x, %s, %b {groups = 8 : i64, epsilon = 1.0e-5 : f64} : (tensor<1x32x8x8xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<1x32x8x8xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, Xf_FloatTensor:$scale, Xf_FloatTensor:$bias, I64Attr:$groups, F64Attr:$epsilon);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_Attention : Xf_Op<"attention", [AttrSizedOperandSegments]> {
  let summary = "scaled dot-product attention";
  let description = [{
    q is [batch, heads, queries, d], k [batch, kv_heads, keys, d], v [batch,
    kv_heads, keys, e]; heads is a multiple of kv_heads and query head h reads
    key/value head `h / (heads / kv_heads)`. With s = scale * q k^T, then
    `softcap * tanh(s / softcap)` if softcap is not 0, the result is
    softmax(s + bias) v, [batch, heads, queries, e]. Vaswani et al., 2017.

    - `bias` broadcasts to [batch, heads, queries, keys]: floats are added,
      i1 keeps the score where true.
    - `causal` and `window_left`, `window_right` (-1: unlimited; counted from
      the causal diagonal) limit which keys a query sees.
    - `key_lengths` ([batch], i64): keys from that length on are not seen, and
      the bottom-right diagonal ends there.
    - `sinks` ([heads]): a logit per head that takes part in the softmax's sum only.
    - A row that sees no key gives zeros.

    Rules: (A1) rank 4 each; (A2) equal d; (A3) heads divisible by kv_heads;
    (A4) one element type for q, k, v; (A5) batches, key/value heads and numbers
    of keys must not provably differ; (A6) bias broadcasts; (A7) lengths are
    [batch]; (A8) sinks are [heads].

    Example:
    ```mlir
    %y = xf.attention %q, %k, %v bias %m {scale = 0.25 : f64, causal = #xf.causal_kind<none>} : (tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>, tensor<?x12x?x32xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x32xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$q, Xf_FloatTensor:$k, Xf_FloatTensor:$v,
                       Optional<Xf_Tensor>:$bias, Optional<Xf_IntTensor>:$key_lengths,
                       Optional<Xf_FloatTensor>:$sinks,
                       F64Attr:$scale, Xf_CausalKindAttr:$causal,
                       DefaultValuedAttr<I64Attr, "-1">:$window_left,
                       DefaultValuedAttr<I64Attr, "-1">:$window_right,
                       DefaultValuedAttr<F64Attr, "0.0">:$softcap);
  let results = (outs Xf_FloatTensor:$y);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`bias` $bias^)? (`lengths` $key_lengths^)? (`sinks` $sinks^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def Xf_Rotary : Xf_Op<"rotary"> {
  let summary = "rotary position embedding";
  let description = [{
    x is [.., seq, d]; cos and sin broadcast to [.., seq, r/2] with r =
    `rotated` <= d. Pairs (x1, x2) of the first r features become
    (x1 cos - x2 sin, x1 sin + x2 cos); features from r on pass unchanged. A
    pair is (i, i + r/2), or (2i, 2i + 1) with `interleaved`. Su et al., 2021.

    Rules: (O1) rotated is even and at most d; (O2) rank >= 2; (O3) cos and sin
    broadcast.

    Example:
    ```mlir
    %y = xf.rotary %x, %cos, %sin {rotated = 32 : i64} : (tensor<?x4x?x32xf32>, tensor<?x1x?x16xf32>, tensor<?x1x?x16xf32>) -> tensor<?x4x?x32xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, Xf_FloatTensor:$cos, Xf_FloatTensor:$sin, I64Attr:$rotated, UnitAttr:$interleaved);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_Gated : Xf_Op<"gated", [SameOperandsAndResultElementType]> {
  let summary = "activation(gate) * up";
  let description = [{
    The gated linear unit's product (Shazeer, 2020). Operands have equal shapes.

    Rules: (J1) the shapes must not provably differ.

    Example:
    ```mlir
    %y = xf.gated %g, %u {activation = #xf.activation_kind<silu>} : (tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<2x?x64xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$gate, Xf_FloatTensor:$up, Xf_ActivationKindAttr:$activation);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_CacheAppend : Xf_Op<"cache_append", [SameOperandsAndResultElementType]> {
  let summary = "a key or value cache with new positions appended along `axis`";
  let description = [{
    y = concat(past, x) along `axis`, marked as a cache so that it can become
    state that is appended in place.

    Rules: (C1), (C2) and (C3) as for `xf.concat`.

    Example:
    ```mlir
    %y = xf.cache_append %past, %x {axis = 2 : i64} : (tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$past, Xf_Tensor:$x, I64Attr:$axis);
  let results = (outs Xf_Tensor:$y);
}

def Xf_Quantize : Xf_Op<"quantize"> {
  let summary = "saturate(round(x / scale) + zero_point)";
  let description = [{
    Rounds halves to even. scale and zero_point are scalars, vectors along
    `axis`, or blocked along it (`block` elements share one value).

    Rules: (Q1) block >= 0; (Q2) zero_point has scale's rank; (Q3) axis in range
    unless scale is a scalar; (Q4) a scale per element or block of the axis.

    Example:
    ```mlir
    %y = xf.quantize %x, %s, %z {axis = 1 : i64, block = 0 : i64, to = ui8} : (tensor<2x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x4xui8>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, Xf_NumericTensor:$scale, Optional<Xf_NumericTensor>:$zero_point,
                       I64Attr:$axis, I64Attr:$block, TypeAttr:$to);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Dequantize : Xf_Op<"dequantize"> {
  let summary = "(x - zero_point) * scale";
  let description = [{
    scale and zero_point as in `xf.quantize`; the result has scale's type.

    Rules: as for `xf.quantize`.

    Example:
    ```mlir
    %y = xf.dequantize %x, %s, %z {axis = 1 : i64, block = 0 : i64} : (tensor<2x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, Xf_NumericTensor:$scale, Optional<Xf_NumericTensor>:$zero_point,
                       I64Attr:$axis, I64Attr:$block);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Conv : Xf_Op<"conv"> {
  let summary = "convolution";
  let description = [{
    x is [batch, channels, space...], weight [out, channels / groups, kernel...],
    bias [out]. `pads` holds begins, then ends.

    Rules: (V1) strides, dilations per spatial axis, twice as many pads; (V2)
    channels match the groups; (V3) strides and dilations are positive; (V4) equal
    ranks of at least 3; (V5) the bias is [out].

    Example:
    ```mlir
    %y = xf.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x8x8xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, Xf_NumericTensor:$weight, Optional<Xf_NumericTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations, I64Attr:$groups);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Pool : Xf_Op<"pool"> {
  let summary = "pooling over windows";
  let description = [{
    x is [batch, channels, space...]. `count_pad` counts padding in averages;
    `ceil_mode` rounds the result's sizes up (windows that start in the end
    padding are dropped).

    Rules: (V1), (V3) and (V4) as for `xf.conv`; (V6) a window size per axis of space.

    Example:
    ```mlir
    %y = xf.pool %x {kind = #xf.pool_kind<max>, window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, Xf_PoolKindAttr:$kind, DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations, UnitAttr:$count_pad, UnitAttr:$ceil_mode,
                       DefaultValuedAttr<I64Attr, "2">:$p);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Recurrent : Xf_Op<"recurrent", [AttrSizedOperandSegments]> {
  let summary = "RNN, GRU or LSTM over a sequence";
  let description = [{
    ONNX's layout 0: x [seq, batch, input], w [directions, gates * hidden,
    input], r [directions, gates * hidden, hidden], b [directions, 2 * gates *
    hidden], lengths [batch], initial states [directions, batch, hidden],
    peepholes [directions, 3 * hidden]. Gates are in ONNX's order (i o f c; z r
    h). Results: y [seq, directions, batch, hidden], last hidden state and,
    for LSTM ([0, batch, hidden] otherwise), last cell state.

    Rules: (X1) rank 3 each; (X2) sizes as above, which must not provably differ.

    Example:
    ```mlir
    %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<lstm>, direction = #xf.direction_kind<forward>, activations = ["Sigmoid", "Tanh", "Tanh"], hidden = 4 : i64} : (tensor<?x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<?x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, Xf_FloatTensor:$w, Xf_FloatTensor:$r, Optional<Xf_FloatTensor>:$b,
                       Optional<Xf_IntTensor>:$lengths, Optional<Xf_FloatTensor>:$initial_h,
                       Optional<Xf_FloatTensor>:$initial_c, Optional<Xf_FloatTensor>:$peepholes,
                       Xf_RecurrentKindAttr:$kind, Xf_DirectionKindAttr:$direction, StrArrayAttr:$activations,
                       I64Attr:$hidden, DefaultValuedAttr<F64Attr, "0.0">:$clip,
                       UnitAttr:$linear_before_reset, UnitAttr:$input_forget,
                       OptionalAttr<DenseF64ArrayAttr>:$alphas, OptionalAttr<DenseF64ArrayAttr>:$betas);
  let results = (outs Xf_FloatTensor:$y, Xf_FloatTensor:$last_h, Xf_FloatTensor:$last_c);
}

#endif // HAGANE_DIALECTS_XF_XFTRANSFORMER_TD
