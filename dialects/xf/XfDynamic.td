//===- XfDynamic.td - What only running the model tells ----*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_XF_XFDYNAMIC_TD
#define HAGANE_DIALECTS_XF_XFDYNAMIC_TD

include "dialects/xf/XfBase.td"

def Xf_CacheWrite : Xf_Op<"cache_write", [AttrSizedOperandSegments]> {
  let summary = "a cache with new positions written along `axis`, at another place in each sequence";
  let description = [{
    With n the size of x along `axis` and s = starts[b], where b counts along
    axis 0, the element at position t of `axis` is that of x at t - s if
    s <= t < s + n. Before that it is past's at t; behind that 0, or past's at
    t with `keep_rest`; 0 also where past has no t. With `circular`, positions
    of x wrap around the end. The result's size along `axis` is `extent` (or the
    operand `extent_value`), or past's. Writing beyond it is an error at run time.

    Rules: (C1) 0 < axis < rank; (C5) equal ranks; (C3) the other sizes must not
    provably differ; (C6) starts are [batch]; (C7) one extent, or a past;
    (C8) one element type; (R1) not both of the attribute and the operand.

    Example:
    ```mlir
    %y = xf.cache_write %x, %starts, %past {operandSegmentSizes = array<i32: 1, 1, 1, 0>, axis = 2 : i64, extent = [#xf.dim<total>]} : (tensor<?x2x1x16xf32>, tensor<?xi64>, tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_IntTensor:$starts, Optional<Xf_Tensor>:$past,
                       Xf_OptionalSizes:$extent_value, I64Attr:$axis,
                       Xf_OptionalSizesAttr:$extent, UnitAttr:$keep_rest, UnitAttr:$circular);
  let results = (outs Xf_Tensor:$y);
}

def Xf_ComputedSize : Op<Xf_Dialect, "computed_size", [Symbol]> {
  let summary = "a symbolic dimension whose value is known while the model runs";
  let description = [{
    As `xf.symbol`, but the value comes from an `xf.bind` instead of the inputs'
    shapes.

    Rules: (Y1) 0 <= min <= max.

    Example:
    ```mlir
    xf.computed_size @nonzero0 {min = 0 : i64, max = 64 : i64}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$min, I64Attr:$max);
  let assemblyFormat = "$sym_name attr-dict";
  let hasVerifier = 1;
}

def Xf_Bind : Op<Xf_Dialect, "bind", [
    MemoryEffects<[MemRead, MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "gives an `xf.computed_size` its value";
  let description = [{
    The value is the one element of `size`, a tensor or, later, its buffer, or
    an index; a loop's body binds its sizes anew in each iteration. Whatever depends on the symbol comes after this operation. A value outside
    of the symbol's range fails the run.

    Rules: (B1) `size` has one i64 element or is an index; (B2) the symbol is an
    `xf.computed_size`.

    Example: `xf.bind @nonzero0, %count : tensor<1xi64>`
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol, AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef, Index]>:$size);
  let assemblyFormat = "$symbol `,` $size attr-dict `:` type($size)";
}

def Xf_RequireEqual : Op<Xf_Dialect, "require_equal", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "fails the run unless two sizes are equal";
  let description = [{
    What follows takes the sizes for equal. `what` names them in the message.

    Example:
    ```mlir
    xf.require_equal {found = #xf.dim<a * b>, expected = #xf.dim<n>, what = "the number of elements"}
    ```
  }];
  let arguments = (ins Xf_DimAttr:$found, Xf_DimAttr:$expected, StrAttr:$what);
  let assemblyFormat = "attr-dict";
}

def Xf_Measure : Op<Xf_Dialect, "measure", [
    MemoryEffects<[MemRead, MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a value that control flow carries, with its sizes";
  let description = [{
    The result is `x`, whose sizes are `dims`. Along the axes in `binds` the size
    is an `xf.computed_size` that gets its value here, each time anew; the others
    are known to hold. On buffers there is no result.

    Rules: (M1) one dimension per axis; (M2) `binds` are axes, ascending, whose
    dimension is an `xf.computed_size`; (M3) the result has the type of `x`.

    Example:
    ```mlir
    %y = xf.measure %x {binds = array<i64: 0>, dims = [#xf.dim<carried0>, #xf.dim<64>]} : (tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$x,
                       Xf_DimArrayAttr:$dims, DenseI64ArrayAttr:$binds);
  let results = (outs Optional<AnyRankedTensor>:$y);
  let extraClassDeclaration = [{
    /// The names of the sizes that get their values here, in the order of axes.
    ::llvm::SmallVector<::llvm::StringRef> getBoundSymbols();
  }];
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Xf_Item : Xf_Op<"item"> {
  let summary = "the part of x at one position of an axis, without the axis";
  let description = [{
    The position is `at`, which who made the operation knows to be in
    0 <= at < size: an iteration's number, say.

    Rules: (I1) 0 <= axis < rank.

    Example:
    ```mlir
    %y = xf.item %x {at = #xf.dim<iteration0>, axis = 1 : i64} : (tensor<2x?x8xf32>) -> tensor<2x8xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, I64Attr:$axis, Xf_DimAttr:$at);
  let results = (outs Xf_Tensor:$y);
}

def Xf_PutItem : Xf_Op<"put_item"> {
  let summary = "x with the part at one position of an axis replaced";
  let description = [{
    `xf.item` of the result at the same position is `item`; everything else is
    that of `x`.

    Rules: (I1) 0 <= axis < rank; (I2) the item has one axis less; (I3) its sizes
    must not provably differ from those of x; (I4) one element type.

    Example:
    ```mlir
    %y = xf.put_item %item, %x {at = #xf.dim<iteration0>, axis = 0 : i64} : (tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$item, Xf_Tensor:$x, I64Attr:$axis, Xf_DimAttr:$at);
  let results = (outs Xf_Tensor:$y);
}

def Xf_Compact : Xf_Op<"compact"> {
  let summary = "coordinates of the non-zero elements, row-major, as [rank, count]";
  let description = [{
    `xf.nonzero` with the number of its results bound before: `count`.

    Rules: (N8) one count.

    Example:
    ```mlir
    %y = xf.compact %x {count = [#xf.dim<nonzero0>]} : (tensor<2x3xf32>) -> tensor<2x?xi64>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_DimArrayAttr:$count);
  let results = (outs 2DTensorOf<[I64]>:$y);
}

def Xf_Stretch : Xf_Op<"stretch"> {
  let summary = "x repeated to `shape` along axes that only the run tells";
  let description = [{
    NumPy broadcasting to just this shape: the size of each axis of x, counted
    from the last, is that of the result or 1. Unlike for `xf.broadcast`, nothing
    is assumed of which it is.

    Rules: (S4) x has no more axes than the result; (S5) no size of x is provably
    neither 1 nor that of the result.

    Example:
    ```mlir
    %y = xf.stretch %x {shape = [#xf.dim<4>, #xf.dim<max(m, n)>]} : (tensor<?xf32>) -> tensor<4x?xf32>
    ```
  }];
  let arguments = (ins Xf_Tensor:$x, Xf_DimArrayAttr:$shape);
  let results = (outs Xf_Tensor:$y);
}

#endif // HAGANE_DIALECTS_XF_XFDYNAMIC_TD
