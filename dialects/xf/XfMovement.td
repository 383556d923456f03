//===- XfMovement.td - Constants and data movement ---------*- tablegen -*-===//
//
// A size-like parameter (`shape`, `starts`, ...) comes as an attribute of
// symbolic dimensions, or as an integer tensor where only running the model
// tells; exactly one of the two is present. Shape resolution turns the second
// form into the first wherever the contents are known.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_XFMOVEMENT_TD
#define HAGANE_DIALECTS_XF_XFMOVEMENT_TD

include "dialects/xf/XfBase.td"

def Xf_Constant : Xf_Op<"constant", [ConstantLike]> {
  let summary = "a tensor known at compile time";
  let description = [{
    Small values are dense attributes; weights are resources mapped from the
    model file, whose bytes no pass touches.

    Example:
    ```mlir
    %c = xf.constant {value = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value, OptionalAttr<StrAttr>:$name);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

def Xf_ShapeOf : Xf_Op<"shape_of"> {
  let summary = "the sizes of a tensor, as an i64 vector";
  let description = [{
    Example:
    ```mlir
    %s = xf.shape_of %x : (tensor<2x?xf32>) -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x);
  let results = (outs 1DTensorOf<[I64]>:$y);
}

def Xf_Dims : Xf_Op<"dims"> {
  let summary = "a small integer tensor of symbolic dimensions";
  let description = [{
    What shape arithmetic resolves to: the elements, in row-major order, of an
    integer tensor of rank 0 or 1.

    Rules: (E1) `to` is an integer tensor of rank 0 or 1 with as many elements.

    Example:
    ```mlir
    %s = xf.dims {elements = [#xf.dim<batch>, #xf.dim<seq * 2>], to = tensor<2xi64>} : () -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Xf_DimArrayAttr:$elements, TypeAttr:$to);
  let results = (outs Xf_IntTensor:$y);
}

def Xf_Reshape : Xf_Op<"reshape"> {
  let summary = "the same elements in row-major order with another shape";
  let description = [{
    One size of `shape` may be -1: it is what the others leave. With
    `copy_zero`, a size of 0 copies the operand's size at that position.

    Rules: (R1) exactly one of the attribute and the operand `shape_value`;
    (R2) at most one size is -1, and none beside a size of 0; copied sizes exist; (R3) the counts of elements must not provably differ.

    Example:
    ```mlir
    %y = xf.reshape %x {shape = [#xf.dim<batch>, #xf.dim<12>, #xf.dim<32>]} : (tensor<?x384xf32>) -> tensor<?x12x32xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_OptionalSizes:$shape_value,
                       Xf_OptionalSizesAttr:$shape, UnitAttr:$copy_zero);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

def Xf_Transpose : Xf_Op<"transpose", [SameOperandsAndResultElementType]> {
  let summary = "permuted axes: y's axis i is x's axis permutation[i]";
  let description = [{
    Rules: (T1) `permutation` holds each of 0..rank-1 once.

    Example:
    ```mlir
    %y = xf.transpose %x {permutation = array<i64: 0, 2, 1>} : (tensor<2x3x?xf32>) -> tensor<2x?x3xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Xf_Broadcast : Xf_Op<"broadcast"> {
  let summary = "the operand broadcast with `shape` in NumPy's way";
  let description = [{
    Two-way, as ONNX's Expand: a size 1 on either side takes the other's.
    Rules: (R1) exactly one of the attribute and the operand.

    Example:
    ```mlir
    %y = xf.broadcast %x {shape = [#xf.dim<batch>, #xf.dim<1>, #xf.dim<seq>]} : (tensor<1x1x?xf32>) -> tensor<?x1x?xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_OptionalSizes:$shape_value, Xf_OptionalSizesAttr:$shape);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

def Xf_Concat : Xf_Op<"concat", [SameOperandsAndResultElementType]> {
  let summary = "operands one after another along `axis`";
  let description = [{
    Rules: (C1) 0 <= axis < rank; (C2) equal ranks; (C3) the other sizes must
    not provably differ; (C4) at least one operand.

    Example:
    ```mlir
    %y = xf.concat %a, %b {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
    ```
  }];
  let arguments = (ins Variadic<Xf_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

def Xf_Slice : Xf_Op<"slice", [AttrSizedOperandSegments]> {
  let summary = "a strided window along some axes";
  let description = [{
    `axes` names the sliced axes (each once, 0 <= axis < rank). For each of
    them start, end and step follow ONNX: negative starts and ends count from
    the end, values are clamped to the axis, a negative step walks backwards.
    Steps are constants different from 0.

    Rules: (S1) lengths agree; (S2) axes in range and unique; (S3) steps not 0;
    (R1) for starts and ends, exactly one of attribute and operand.

    Example:
    ```mlir
    %y = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<seq>], steps = array<i64: 1>} : (tensor<2x512xf32>) -> tensor<2x?xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_OptionalSizes:$starts_value, Xf_OptionalSizes:$ends_value,
                       DenseI64ArrayAttr:$axes, Xf_OptionalSizesAttr:$starts,
                       Xf_OptionalSizesAttr:$ends, DenseI64ArrayAttr:$steps);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

def Xf_Pad : Xf_Op<"pad", [AttrSizedOperandSegments]> {
  let summary = "a border around a tensor; negative pads crop";
  let description = [{
    `pads` holds rank begins, then rank ends. `value` (scalar, default 0) fills
    a constant border; the other kinds take elements of `x`.
    Rules: (R1) exactly one of the attribute and the operand; (P1) 2 * rank pads;
    (P2) `value` has x's element type.

    Example:
    ```mlir
    %y = xf.pad %x {operandSegmentSizes = array<i32: 1, 0, 0>, pads = [#xf.dim<0>, #xf.dim<1>, #xf.dim<0>, #xf.dim<1>], kind = #xf.pad_kind<constant>} : (tensor<2x3xf32>) -> tensor<2x5xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_OptionalSizes:$pads_value, Optional<Xf_Tensor>:$value,
                       Xf_OptionalSizesAttr:$pads, Xf_PadKindAttr:$kind);
  let results = (outs Xf_Tensor:$y);
}

def Xf_Gather : Xf_Op<"gather"> {
  let summary = "rows of `x` along `axis`, chosen by `indices`";
  let description = [{
    y[p..., i..., s...] = x[p..., indices[i...], s...]; negative indices count
    from the end; others out of range are an error at run time.

    Rules: (G1) 0 <= axis < rank of x; (G2) indices known at compile time are
    in range.

    Example:
    ```mlir
    %y = xf.gather %table, %ids {axis = 0 : i64} : (tensor<30522x384xf32>, tensor<?x?xi64>) -> tensor<?x?x384xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_IntTensor:$indices, I64Attr:$axis);
  let results = (outs Xf_Tensor:$y);
  let hasFolder = 1;
}

def Xf_GatherElements : Xf_Op<"gather_elements"> {
  let summary = "y[i, j, ...] = x with the coordinate of `axis` taken from `indices`";
  let description = [{
    Rules: (G1) 0 <= axis < rank; (G2) equal ranks; (G3) constant indices are in
    range.

    Example:
    ```mlir
    %y = xf.gather_elements %x, %i {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x2xi64>) -> tensor<2x2xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_IntTensor:$indices, I64Attr:$axis);
  let results = (outs Xf_Tensor:$y);
}

def Xf_GatherNd : Xf_Op<"gather_nd"> {
  let summary = "slices of `x` chosen by index tuples, after `batch_dims` shared axes";
  let description = [{
    The last axis of `indices` (static) holds the tuples.

    Rules: (N1) the last axis of `indices` is static; (N2) batch_dims is in range;
    (N3) tuples are no longer than the axes of x that follow; (N4) batch sizes
    must not provably differ; (N7) constant indices are in range.

    Example:
    ```mlir
    %y = xf.gather_nd %x, %i {batch_dims = 0 : i64} : (tensor<2x3x4xf32>, tensor<5x2xi64>) -> tensor<5x4xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_IntTensor:$indices, I64Attr:$batch_dims);
  let results = (outs Xf_Tensor:$y);
}

def Xf_ScatterNd : Xf_Op<"scatter_nd"> {
  let summary = "`x` with slices replaced or combined at index tuples";
  let description = [{
    Rules: (N1) and (N3) as for `xf.gather_nd`; (N5) updates have x's element
    type; (N6) and the shape that gathering would give; (N7) constant
    indices are in range.

    Example:
    ```mlir
    %y = xf.scatter_nd %x, %i, %u {kind = #xf.scatter_kind<set>} : (tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32>) -> tensor<8x4xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_IntTensor:$indices, Xf_Tensor:$updates, Xf_ScatterKindAttr:$kind);
  let results = (outs Xf_Tensor:$y);
}

def Xf_ScatterElements : Xf_Op<"scatter_elements"> {
  let summary = "`x` with elements replaced or combined along `axis`";
  let description = [{
    Rules: (G1) 0 <= axis < rank; (G2) equal ranks; (N5) updates have x's element
    type; (N6) and the shape of the indices; (G3) constant indices are in range.

    Example:
    ```mlir
    %y = xf.scatter_elements %x, %i, %u {axis = 1 : i64, kind = #xf.scatter_kind<add>} : (tensor<2x5xf32>, tensor<2x2xi64>, tensor<2x2xf32>) -> tensor<2x5xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_IntTensor:$indices, Xf_Tensor:$updates,
                       I64Attr:$axis, Xf_ScatterKindAttr:$kind);
  let results = (outs Xf_Tensor:$y);
}

def Xf_Range : Xf_Op<"range", [AttrSizedOperandSegments]> {
  let summary = "start, start + delta, ... as far as limit, which is excluded";
  let description = [{
    With `bounds` = [start, limit, delta] (delta a constant) the operands are
    absent and the element type is `to`; otherwise the operands are scalars.

    Rules: (W1) three bounds or three operands; (W2) delta is not 0, and a constant
    among bounds; (W3) operands are scalars of one type.

    Example:
    ```mlir
    %y = xf.range {operandSegmentSizes = array<i32: 0, 0, 0>, bounds = [#xf.dim<0>, #xf.dim<seq>, #xf.dim<1>], to = i64} : () -> tensor<?xi64>
    ```
  }];
  let arguments = (ins Optional<Xf_NumericTensor>:$start, Optional<Xf_NumericTensor>:$limit,
                       Optional<Xf_NumericTensor>:$delta, Xf_OptionalSizesAttr:$bounds, TypeAttr:$to);
  let results = (outs Xf_NumericTensor:$y);
}

def Xf_Trilu : Xf_Op<"trilu"> {
  let summary = "the upper or lower triangle of each matrix; the rest becomes 0";
  let description = [{
    Keeps y[.., i, j] where j >= i + k (`upper`) or j <= i + k. `k` is a scalar
    operand, absent for 0.

    Rules: (U1) rank >= 2; (U2) k is a scalar.

    Example:
    ```mlir
    %y = xf.trilu %x {upper} : (tensor<4x4xf32>) -> tensor<4x4xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Optional<Xf_IntTensor>:$k, UnitAttr:$upper);
  let results = (outs Xf_Tensor:$y);
}

def Xf_NonZero : Xf_Op<"nonzero"> {
  let summary = "coordinates of the non-zero elements, row-major, as [rank, count]";
  let description = [{
    Example:
    ```mlir
    %y = xf.nonzero %x : (tensor<2x3xf32>) -> tensor<2x?xi64>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x);
  let results = (outs 2DTensorOf<[I64]>:$y);
}

def Xf_TopK : Xf_Op<"topk"> {
  let summary = "the k largest or smallest elements along `axis` and their indices";
  let description = [{
    Sorted by value; equal values keep the order of their indices.
    Rules: (R1) exactly one of the attribute `k` and the operand; (A1)
    0 <= axis < rank; (K1) one size; (K2) at most the axis's.

    Example:
    ```mlir
    %v, %i = xf.topk %x {k = [#xf.dim<5>], axis = 1 : i64, largest = true} : (tensor<2x10xf32>) -> (tensor<2x5xf32>, tensor<2x5xi64>)
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_OptionalSizes:$k_value, Xf_OptionalSizesAttr:$k,
                       I64Attr:$axis, BoolAttr:$largest);
  let results = (outs Xf_Tensor:$values, TensorOf<[I64]>:$indices);
}

#endif // HAGANE_DIALECTS_XF_XFMOVEMENT_TD
