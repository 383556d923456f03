//===- XfVision.td - Resampling and windows the other way --*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFVISION_TD
#define HAGANE_DIALECTS_XF_XFVISION_TD

include "dialects/xf/XfBase.td"

def Xf_Resize : Xf_Op<"resize", [AttrSizedOperandSegments]> {
  let summary = "resampling of spatial axes";
  let description = [{
    Follows ONNX's Resize; `sizes` is the result's full shape, `scales` the
    factors used for coordinates, one per axis, 0 where that is the result's
    size over x's. `scales_value`, of one float per axis, takes the place of
    `scales`, and `roi_value`, of starts, then ends, that of `roi`.

    Rules: (R1) exactly one of the attribute `sizes` and the operand; (Z1) a size
    and a scale per axis; (Z2) no region is given twice.

    Example:
    ```mlir
    %y = xf.resize %x {operandSegmentSizes = array<i32: 1, 0, 0, 0>, sizes = [#xf.dim<1>, #xf.dim<3>, #xf.dim<8>, #xf.dim<8>], scales = array<f64: 1.0, 1.0, 2.0, 2.0>, kind = #xf.resize_kind<nearest>, coordinates = "asymmetric", nearest_mode = "floor"} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_OptionalSizes:$sizes_value, Optional<Xf_FloatTensor>:$scales_value,
                       Optional<Xf_FloatTensor>:$roi_value, Xf_OptionalSizesAttr:$sizes,
                       DenseF64ArrayAttr:$scales, Xf_ResizeKindAttr:$kind, StrAttr:$coordinates,
                       StrAttr:$nearest_mode, DefaultValuedAttr<F64Attr, "-0.75">:$cubic_coeff,
                       UnitAttr:$exclude_outside, UnitAttr:$antialias,
                       DefaultValuedAttr<F64Attr, "0.0">:$extrapolation, OptionalAttr<DenseF64ArrayAttr>:$roi);
  let results = (outs Xf_Tensor:$y);
}

def Xf_GridSample : Xf_Op<"grid_sample"> {
  let summary = "elements of x at the coordinates that a grid gives";
  let description = [{
    x is [batch, channels, space...], the grid [batch, result's space..., r] with
    the r coordinates of x's space, the last axis first, from -1 to 1: from the
    first element's centre to the last's with `align_corners`, else from edge to
    edge. `outside` says what lies beyond: "zeros", "border" or "reflection".

    Rules: (I1) the grid has as many coordinates, statically, as x has axes of
    space, 1 to 3; (I2) x and the grid have one batch; (I3) `outside` is known.

    Example:
    ```mlir
    %y = xf.grid_sample %x, %g {kind = #xf.resize_kind<linear>, outside = "zeros"} : (tensor<1x3x4x4xf32>, tensor<1x6x5x2xf32>) -> tensor<1x3x6x5xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, Xf_FloatTensor:$grid, Xf_ResizeKindAttr:$kind, StrAttr:$outside,
                       UnitAttr:$align_corners);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_RoiAlign : Xf_Op<"roi_align"> {
  let summary = "regions of x, resampled to one size";
  let description = [{
    x is [batch, channels, height, width], a region [x1, y1, x2, y2] times
    `spatial_scale`, of the image that `images` names. Each of the result's
    `out_height` x `out_width` parts of a region is the mean (or maximum of
    weighted corners) of `sampling` x `sampling` bilinear samples (0: about one
    for each element). Without `half_pixel` regions are at least 1 x 1.

    Rules: (J1) x has rank 4; (J2) regions are [r, 4], images [r]; (J3) the kind
    is average or max; (J4) sizes are positive and `sampling` is not negative.

    Example:
    ```mlir
    %y = xf.roi_align %x, %r, %i {kind = #xf.pool_kind<average>, out_height = 2 : i64, out_width = 2 : i64} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> tensor<5x3x2x2xf32>
    ```
  }];
  let arguments = (ins Xf_FloatTensor:$x, Xf_FloatTensor:$rois, Xf_IntTensor:$images, Xf_PoolKindAttr:$kind,
                       I64Attr:$out_height, I64Attr:$out_width, DefaultValuedAttr<I64Attr, "0">:$sampling,
                       DefaultValuedAttr<F64Attr, "1.0">:$spatial_scale, UnitAttr:$half_pixel);
  let results = (outs Xf_FloatTensor:$y);
}

def Xf_PoolIndices : Xf_Op<"pool_indices"> {
  let summary = "where the maxima of `xf.pool` lie in x";
  let description = [{
    The row-major position of each window's first largest element in all of x;
    with `column_major`, a plane's positions count its axes of space in reverse.

    Rules: as for `xf.pool`.

    Example:
    ```mlir
    %i = xf.pool_indices %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xi64>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations, UnitAttr:$ceil_mode,
                       UnitAttr:$column_major);
  let results = (outs TensorOf<[I64]>:$indices);
}

def Xf_FoldWindows : Xf_Op<"fold_windows"> {
  let summary = "the sum of windows laid where they were taken from";
  let description = [{
    x is [batch, channels * |window|, positions...]: at each position of a window
    what it holds, and the result [batch, channels, sizes...] the sum of all at
    y[.., position * stride + element * dilation - pad], without what lies
    outside. The reverse of taking windows apart (im2col), and, after a product
    of matrices, a transposed convolution. `pads` are begins.

    Rules: (R1) exactly one of the attribute `sizes` and the operand; (F1) a
    window size, stride, pad and dilation per axis of space, 1 to 3, and as many
    sizes; (F2) window sizes, strides and dilations are positive; (F3) channels
    must not provably be no multiple of the window.

    Example:
    ```mlir
    %y = xf.fold_windows %x {sizes = [#xf.dim<8>, #xf.dim<8>], window = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x12x4x4xf32>) -> tensor<1x3x8x8xf32>
    ```
  }];
  let arguments = (ins Xf_NumericTensor:$x, Xf_OptionalSizes:$sizes_value, Xf_OptionalSizesAttr:$sizes,
                       DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations);
  let results = (outs Xf_NumericTensor:$y);
}

#endif // HAGANE_DIALECTS_XF_XFVISION_TD
