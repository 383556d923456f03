//===- KernelProgram.td - Weights and launches -------------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELPROGRAM_TD
#define HAGANE_DIALECTS_KERNEL_KERNELPROGRAM_TD

include "dialects/kernel/KernelDialect.td"
include "dialects/kernel/KernelInterfaces.td"
include "dialects/xf/XfEnums.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"

//===-- Weights -----------------------------------------------------------===//

def Kernel_Pack : Op<Kernel_Dialect, "pack", [Pure]> {
  let summary = "a weight matrix in the layout that kernels read";
  let description = [{
    w is [k, n], or [n, k] with `transposed`; the result is
    [ceil(n / panel), k, panel], zero-padded: element (q, i, j) is
    w[i, q * panel + j]. With `interleave` = d above 1, it is
    [ceil(n / panel), ceil(k / d), panel, d]: element (q, i, j, e) is
    w[i * d + e, q * panel + j]. With `groups` = g above 1, the columns are g
    groups of n / g, and each panel holds panel / g of each, one after another:
    there are ceil((n / g) / (panel / g)) panels, and j is column
    q * (panel / g) + j mod (panel / g) of group j / (panel / g). Only inside
    `kernel.global`.

    Rules: (B1) w is a static matrix, panel and interleave are positive; (B2)
    groups are positive and divide the columns and the panel; (B3) the result
    has the type that follows.

    Examples:
    ```mlir
    %p = kernel.pack %w {panel = 32 : i64} : tensor<384x100xf32> -> tensor<4x384x32xf32>
    %p = kernel.pack %w {panel = 32 : i64, interleave = 2 : i64} : tensor<383x100xbf16> -> tensor<4x192x32x2xbf16>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$w, I64Attr:$panel, DefaultValuedAttr<I64Attr, "1">:$interleave,
                       UnitAttr:$transposed, DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs AnyRankedTensor:$y);
  let assemblyFormat = "$w attr-dict `:` type($w) `->` type($y)";
  let extraClassDeclaration = [{
    PackedForm getForm() {
      return {static_cast<int64_t>(getPanel()), static_cast<int64_t>(getInterleave()), getTransposed(),
              static_cast<int64_t>(getGroups())};
    }
  }];
  let hasVerifier = 1;
}

def Kernel_PackCodes : Op<Kernel_Dialect, "pack_codes", [Pure]> {
  let summary = "a weight matrix of codes in the layout that kernels read";
  let description = [{
    values is [k, n], scales and zeros [blocks of k, n]; [n, k] and [n, blocks of
    k] with `transposed`. The result is [ceil(n / 32), bytes of a panel] as
    `codes` tells. Values and zeros lose what their sign adds: of b bits, 2^(b - 1)
    is added to those of a signed type; then they are taken modulo 2^b. (The zero
    point of signed values that are not shifted is `zero` = 2^(b - 1).) With
    `groups` = 2, columns are in panels as `kernel.pack` says. Only inside
    `kernel.global`.

    Rules: (B4) values are a static matrix of integers of at most 8 bits, with
    rows; (B5) scales are of the type and shape that follow, and zeros, of values'
    type and of scales' shape, are there unless `codes` has `zero`; (B6) groups
    are 1, or 2 and divide the columns; (B7) the result has the type that follows.

    Example:
    ```mlir
    %p = kernel.pack_codes %w, %s {codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>}
      : (tensor<384x100xi4>, tensor<12x100xf16>) -> tensor<4x6912xui8>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$values, AnyRankedTensor:$scales, Optional<AnyRankedTensor>:$zeros,
                       Kernel_Codes:$codes, UnitAttr:$transposed, DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs AnyRankedTensor:$y);
  let assemblyFormat = "$values `,` $scales (`,` $zeros^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Kernel_Global : Op<Kernel_Dialect, "global", [Symbol, IsolatedFromAbove, SingleBlock]> {
  let summary = "a constant of the module, as the expression that makes it";
  let description = [{
    The region holds `xf.constant`, `xf` data movement, `kernel.pack` and
    `kernel.pack_codes`, and yields the tensor. It is evaluated when the module is written; until then
    no byte of the weight is touched. `offset` is its place in the module's
    weight segment, once assigned.

    Example:
    ```mlir
    kernel.global @w0 : tensor<12x384x32xf32> {
      %c = xf.constant {value = dense<0.0> : tensor<384x384xf32>} : () -> tensor<384x384xf32>
      %p = kernel.pack %c {panel = 32 : i64} : tensor<384x384xf32> -> tensor<12x384x32xf32>
      kernel.yield %p : tensor<12x384x32xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, OptionalAttr<I64Attr>:$offset, OptionalAttr<StrAttr>:$source);
  let regions = (region SizedRegion<1>:$init);
  let assemblyFormat = "$sym_name `:` $type attr-dict-with-keyword $init";
  let hasVerifier = 1;
}

def Kernel_GetGlobal : Op<Kernel_Dialect, "get_global", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a constant of the module as a tensor or memref";
  let description = "Example: `%w = kernel.get_global @w0 : tensor<12x384x32xf32>`";
  let arguments = (ins FlatSymbolRefAttr:$name);
  let results = (outs Kernel_Shaped:$y);
  let assemblyFormat = "$name attr-dict `:` type($y)";
}

//===-- After outlining ---------------------------------------------------===//

def Kernel_Launch : Op<Kernel_Dialect, "launch", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs an outlined kernel over its work items";
  let description = [{
    `callee` is a function of the operands, then (begin, end: index) and the
    thread's scratch (memref<?xi8>). The dimensions are the kernel's work
    items, scratch, operations and bytes; `nodes` the ONNX nodes it came from;
    `factors` the type of what it multiplies, where products are most of its
    operations: processors sum products of some types faster than of others.

    A kernel that can fail has the message of its `check`, in which "{got}" and
    "{want}" stand for what was found. Its function has the attribute
    `kernel.reports` and, before the range, the run's report (memref<3xi64>)
    and the check's number (index), which is not 0: the first failing item puts
    that number into word 0 of the report, unless it holds one, and the two
    values behind it.

    Example:
    ```mlir
    kernel.launch @gemm_0(%a, %b) {items = #xf.dim<batch>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>, kind = "gemm", schedule = "", nodes = ["MatMul_3"]}
      : memref<?x8xf32>, memref<?x8xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyMemRef>:$args, Xf_DimAttr:$items, Xf_DimAttr:$scratch,
                       Xf_DimAttr:$flops, Xf_DimAttr:$bytes, StrAttr:$kind, StrAttr:$schedule, StrArrayAttr:$nodes,
                       OptionalAttr<TypeAttr>:$factors, OptionalAttr<StrAttr>:$check);
  let assemblyFormat = "$callee `(` $args `)` attr-dict `:` type($args)";
}

#endif // HAGANE_DIALECTS_KERNEL_KERNELPROGRAM_TD
