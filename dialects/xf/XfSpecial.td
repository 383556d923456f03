//===- XfSpecial.td - Algorithms that few models need ------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFSPECIAL_TD
#define HAGANE_DIALECTS_XF_XFSPECIAL_TD

include "dialects/xf/XfBase.td"

def Xf_Bitcast : Xf_Op<"bitcast"> {
  let summary = "the bits of each element as another type";
  let description = [{
    Rules: (W1) both types have as many bits; i1 is none of them.

    Example:
    ```mlir
    %y = xf.bitcast %x {to = i32} : (tensor<2xf32>) -> tensor<2xi32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, TypeAttr:$to);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_CumProd : Xf_Op<"cumprod", [SameOperandsAndResultElementType]> {
  let summary = "running products along `axis`";
  let description = [{
    As `xf.cumsum`. Rules: (A1) 0 <= axis < rank.

    Example:
    ```mlir
    %y = xf.cumprod %x {axis = 1 : i64, exclusive} : (tensor<2x?xf32>) -> tensor<2x?xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, I64Attr:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_SortRows : Xf_Op<"sort_rows"> {
  let summary = "positions of a matrix's rows in ascending order";
  let description = [{
    Rows compare by their first elements that differ; NaN is above every number.
    Equal rows keep their order.

    Rules: (S1) x has rank 2.

    Example:
    ```mlir
    %order = xf.sort_rows %x : (tensor<?x2xf32>) -> tensor<?xi64>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x);
  let results = (outs 1DTensorOf<[I64]>:$order);
}

def Xf_SuppressBoxes : Xf_Op<"suppress_boxes"> {
  let summary = "the boxes that non-maximum suppression keeps";
  let description = [{
    boxes are [batch, n, 4]: two opposite corners (y1, x1, y2, x2), or with
    `center` (x, y, width, height); scores are [batch, classes, n]. In each
    class boxes are visited by descending score, those with `threshold` or
    less left out; one is kept unless its intersection over union with a box
    kept before exceeds `overlap`. Each line of the result, [batch, classes,
    n], holds the positions of at most `limit` boxes in the order in which they
    are kept, and -1 after them.

    Rules: (K1) ranks 3, and a last size of 4; (K2) batches and numbers of boxes
    must not provably differ; (K3) limit, overlap and threshold are scalars.

    Example:
    ```mlir
    %kept = xf.suppress_boxes %b, %s, %n, %o, %t : (tensor<1x?x4xf32>, tensor<1x2x?xf32>, tensor<i64>, tensor<f32>, tensor<f32>) -> tensor<1x2x?xi64>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$boxes, Xf_FloatTensor:$scores, Xf_IntTensor:$limit,
                       Xf_FloatTensor:$overlap, Optional<Xf_FloatTensor>:$threshold, UnitAttr:$center);
  let results = (outs TensorOf<[I64]>:$kept);
}

def Xf_Determinant : Xf_Op<"determinant"> {
  let summary = "the determinant of each matrix";
  let description = [{
    Rules: (D1) rank >= 2; (D2) the last two sizes must not provably differ.

    Example:
    ```mlir
    %y = xf.determinant %x : (tensor<?x3x3xf32>) -> tensor<?xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_Inverse : Xf_Op<"inverse", [SameOperandsAndResultElementType]> {
  let summary = "the inverse of each matrix";
  let description = [{
    Of a singular matrix, elements are infinite or NaN. Rules: (D1) and (D2) as
    for `xf.determinant`.

    Example:
    ```mlir
    %y = xf.inverse %x : (tensor<?x3x3xf32>) -> tensor<?x3x3xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_LinearAttention : Xf_Op<"linear_attention", [AttrSizedOperandSegments]> {
  let summary = "attention by a matrix of state that each position updates";
  let description = [{
    q is [batch, positions, heads, d], k [batch, positions, kv_heads, d], v
    [batch, positions, kv_heads, e]; heads share the states S, d x e, of
    kv_heads in groups. At each position S becomes decay * S, decay being
    [batch, positions, kv_heads, d or 1] along d, and then S + k u with u = v, or
    with `rate` b, [batch, positions, kv_heads or 1, 1], u = b (v - k S), the
    delta rule (Yang et al., 2024). The result is scale * q S. S starts as
    `state`, [batch, kv_heads, d, e], or 0; the second result is the last one.
    Computed in f32 (f64 for f64).

    Rules: (A1) ranks 4; (A2) heads are a multiple of kv_heads; (A3) sizes as
    above, which must not provably differ; (A4) equal element types of q, k, v.

    Example:
    ```mlir
    %y, %s = xf.linear_attention %q, %k, %v, %g, %b {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0>, scale = 0.5 : f64} : (tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x6xf32>, tensor<?x?x2x1xf32>, tensor<?x?x2x1xf32>) -> (tensor<?x?x4x6xf32>, tensor<?x2x8x6xf32>)
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$q, Xf_FloatTensor:$k, Xf_FloatTensor:$v,
                       Optional<Xf_FloatTensor>:$decay, Optional<Xf_FloatTensor>:$rate,
                       Optional<Xf_FloatTensor>:$state, F64Attr:$scale);
  let results = (outs Xf_FloatTensor:$y, Xf_FloatTensor:$last);
}

def Xf_RoiPool : Xf_Op<"roi_pool"> {
  let summary = "maxima of the parts of regions of x";
  let description = [{
    x is [batch, channels, height, width], a region [image, x1, y1, x2, y2]: its
    corners times `spatial_scale`, rounded, are elements of the region. Each is
    taken apart into `out_height` x `out_width` parts, which may overlap by an
    element; a part without elements gives 0. Girshick, 2015.

    Rules: (J1) x has rank 4; (J2) regions are [r, 5]; (J4) sizes are positive.

    Example:
    ```mlir
    %y = xf.roi_pool %x, %r {out_height = 2 : i64, out_width = 2 : i64, spatial_scale = 1.0 : f64} : (tensor<1x3x8x8xf32>, tensor<5x5xf32>) -> tensor<5x3x2x2xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, Xf_FloatTensor:$rois, I64Attr:$out_height, I64Attr:$out_width,
                       F64Attr:$spatial_scale);
  let results = (outs Xf_FloatTensor:$y);
}

#endif // HAGANE_DIALECTS_XF_XFSPECIAL_TD
