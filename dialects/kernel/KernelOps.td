//===- KernelOps.td - Operations of the kernel dialect -----*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELOPS_TD
#define HAGANE_DIALECTS_KERNEL_KERNELOPS_TD

include "dialects/kernel/KernelCuda.td"
include "dialects/kernel/KernelDialect.td"
include "dialects/kernel/KernelInterfaces.td"
include "dialects/kernel/KernelProgram.td"
include "dialects/xf/XfEnums.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/RegionKindInterface.td"

// A kernel writes its `outs` and, on tensors, returns them. `shapes` are the
// symbolic dimensions of all operands, one array per operand: rule (X1) one
// array per operand, each empty (unknown) or with one dimension per axis.
class Kernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, traits # [
        DeclareOpInterfaceMethods<Kernel_KernelInterface>,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        DestinationStyleOpInterface, IsolatedFromAbove]> {
  code ownDeclaration = "";
  let extraClassDeclaration = ownDeclaration # [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutsMutable(); }
    /// The symbolic dimensions of operand `index`.
    ::llvm::SmallVector<::hagane::xf::Dim> getOperandDims(unsigned index);
    /// What the interface answers unless the schedule is one of a GPU.
    ::hagane::xf::Dim getItemsOnCpu();
    ::hagane::xf::Dim getScratchBytesOnCpu();
  }];
  let extraClassDefinition = [{
    ::llvm::SmallVector<::hagane::xf::Dim> $cppClass::getOperandDims(unsigned index) {
      return ::hagane::kernel::detail::getOperandDims(getOperation(), index);
    }
    void $cppClass::getEffects(::llvm::SmallVectorImpl<
        ::mlir::SideEffects::EffectInstance<::mlir::MemoryEffects::Effect>> &effects) {
      ::hagane::kernel::detail::getEffects(*this, effects);
    }
    ::hagane::xf::Dim $cppClass::getItems() {
      auto cuda = ::hagane::kernel::getCudaSchedule(*this);
      return cuda ? cuda.getItems(*this) : getItemsOnCpu();
    }
    ::hagane::xf::Dim $cppClass::getScratchBytes() {
      auto cuda = ::hagane::kernel::getCudaSchedule(*this);
      return cuda ? cuda.getScratchBytes(*this) : getScratchBytesOnCpu();
    }
  }];
  let hasVerifier = 1;
}


def Kernel_Gemm : Kernel_Op<"gemm", [AttrSizedOperandSegments]> {
  let summary = "matrix product with a fused epilogue";
  let description = [{
    acc[m, n] = sum over k of a[m, k] * b[k, n], then each result is
    epilogue(acc[m, n], extra elements). With rank-3 `a` there is a leading
    batch axis on `a`, on the outs and, if `b` has one too, on `b`.

    `b_layout` tells how b is stored: "rows" is [k, n]; "columns" is [n, k];
    "panels" is [ceil(n / p), k, p], columns in panels of p, zero-padded, as
    made by `kernel.pack`; "interleaved" is [ceil(n / p), ceil(k / d), p, d],
    panels in which d consecutive rows lie element by element side by side, as
    instructions that sum d products read them; "codes" is [ceil(n / 32), bytes],
    panels as `codes` describes them and `kernel.pack_codes` makes them. In panels
    of any kind, the true number of columns is that of the outs (times `groups`).

    With `groups` = 2, which panels must have, column j of the result is
    computed from two columns of b: panel q holds p/2 columns of the first
    group, then the same p/2 columns of the second, as `kernel.pack` makes them;
    the epilogue gets two accumulators.

    With codes, the sum of a block's products, a[m, k] * (code[k, n] - zero), is
    exact for integers; acc is the sum of those sums times the block's scale, and
    times a_scales[m, block] where that exists: each fused multiply-add in f32
    adds a block to those before it.

    `extra_maps` give the element of each extra operand for (m, n) or
    (batch, m, n).

    Rules: (G1) ranks are 2 or 3; (G2) as many maps as extras, with as many
    inputs as the outs' rank; (G3) the epilogue's arguments are `groups`
    accumulators, then one scalar per extra, and it yields one scalar per out;
    (G4) the last size of an interleaved `b`, d, is static and from 2 to 16; (G5)
    with that layout, and only with it, there are `codes`; (G6) `b` is then a
    matrix of ui8, a row for each panel, which is as long as the rows, whose
    number is static and positive, need; (G7) the accumulators are f32, and `a` is
    of floats, or of i8 with blocks of at most 65536 rows; (G8) a_scales are f32,
    like `a` but for the last size, the number of blocks, and go with `a` of i8.

    Examples:
    ```mlir
    %y = kernel.gemm %a, %b extras %bias outs %c {b_layout = "panels", groups = 1 : i64,
        extra_maps = [affine_map<(m, n) -> (n)>], shapes = [[], [], [], []]} epilogue {
    ^bb0(%acc: f32, %x: f32):
      %s = arith.addf %acc, %x : f32
      kernel.yield %s : f32
    } : (tensor<?x384xf32>, tensor<12x384x32xf32>, tensor<384xf32>, tensor<?x384xf32>) -> tensor<?x384xf32>
    %y = kernel.gemm %a, %b a_scales %s outs %c {b_layout = "codes", groups = 1 : i64, extra_maps = [],
        codes = #kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>, shapes = [[], [], [], []]} epilogue {
    ^bb0(%acc: f32):
      kernel.yield %acc : f32
    } : (tensor<?x384xi8>, tensor<12x6912xui8>, tensor<?x12xf32>, tensor<?x384xf32>) -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins Kernel_Shaped:$a, Kernel_Shaped:$b, Variadic<Kernel_Shaped>:$extras,
                       Optional<Kernel_Shaped>:$a_scales, Variadic<Kernel_Shaped>:$outs, StrAttr:$b_layout,
                       I64Attr:$groups, AffineMapArrayAttr:$extra_maps, OptionalAttr<Kernel_Codes>:$codes,
                       ArrayAttr:$shapes, Kernel_GemmSchedules:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $a `,` $b (`extras` $extras^)? (`a_scales` $a_scales^)? `outs` $outs attr-dict `epilogue` $epilogue `:`
    functional-type(operands, results)
  }];
  // Of factors that are numbers themselves.
  let builders = [OpBuilder<(ins "::mlir::TypeRange":$types, "::mlir::Value":$a, "::mlir::Value":$b,
                                 "::mlir::ValueRange":$extras, "::mlir::ValueRange":$outs,
                                 "::llvm::StringRef":$bLayout, "int64_t":$groups, "::mlir::ArrayAttr":$extraMaps,
                                 "::mlir::ArrayAttr":$shapes, "::mlir::Attribute":$schedule), [{
    build($_builder, $_state, types, a, b, extras, ::mlir::Value(), outs, bLayout, groups, extraMaps, CodesAttr(),
          shapes, schedule);
  }]>];
}

// The way of a window over an input [batch, channels, depth, height, width].
defvar windowWay = (ins DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                        DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations);

def Kernel_Conv : Kernel_Op<"conv", [AttrSizedOperandSegments]> {
  let summary = "convolution with a fused epilogue";
  let description = [{
    x is [batch, channels, depth, height, width]; with fewer axes of space the
    first ones have size 1. Output channel m of group g at position p (row-major
    over the result's space) is acc = sum over the group's channels c and the
    window's elements e of weight[m, c * |window| + e] * x[.., c, where e lies],
    zero in the padding; each result is epilogue(acc, extra elements). `window`,
    `strides` and `dilations` have 3 entries, `pads` 3 begins, then 3 ends.

    The weight is [out channels, k], or [ceil(out channels / p), k, p], rows in
    panels of p, zero-padded, as made by `kernel.pack`; or [ceil(out channels /
    p), k / d, p, d], where the elements of d channels that meet the same element
    of the window are side by side. The outs are [batch, out channels,
    positions]. `extra_maps` give the element of each extra operand for (batch,
    channel, position).

    Rules: (C1) x has rank 5, the weight 2 to 4, the outs 3; (C2) the window's
    way has 3, 3, 6 and 3 entries, positive but for pads; (C3) the second size of
    the weight is static, a multiple of the window and at most 2^31; (C4) groups
    are positive and, if above 1, divide the outs' channels and panels; (C5) maps
    and (C6) the epilogue are as for `kernel.gemm` with one accumulator; (C7) d
    is static and from 2 to 8.

    Example:
    ```mlir
    %y = kernel.conv %x, %w outs %o {window = array<i64: 1, 3, 3>, strides = array<i64: 1, 1, 1>,
        pads = array<i64: 0, 1, 1, 0, 1, 1>, dilations = array<i64: 1, 1, 1>, groups = 1 : i64,
        extra_maps = [], shapes = [[], [], []]} epilogue {
    ^bb0(%acc: f32):
      kernel.yield %acc : f32
    } : (tensor<?x4x1x8x8xf32>, tensor<8x36xf32>, tensor<?x8x64xf32>) -> tensor<?x8x64xf32>
    ```
  }];
  let arguments = !con((ins Kernel_Shaped:$x, Kernel_Shaped:$weight, Variadic<Kernel_Shaped>:$extras,
                            Variadic<Kernel_Shaped>:$outs), windowWay,
                       (ins I64Attr:$groups, AffineMapArrayAttr:$extra_maps, ArrayAttr:$shapes,
                            Kernel_ConvSchedules:$schedule));
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $x `,` $weight (`extras` $extras^)? `outs` $outs attr-dict `epilogue` $epilogue `:`
    functional-type(operands, results)
  }];
}

def Kernel_Window : Kernel_Op<"window", [AttrSizedOperandSegments]> {
  let summary = "reduction over the elements that a sliding window sees";
  let description = [{
    x is [batch, channels, depth, height, width]. Channel m of the result sees
    channel m / (out channels / channels) of x. At each position, body(element
    [, weight[m, place in the window]]) of what lies inside of x is reduced by
    `kind`, and each result is finish(that, count, extra elements): `count`, of
    the same type, is how many elements were seen, with `count_pad` those in the
    padding included. The outs have rank 5.

    Rules: (D1) x and the outs have rank 5, the weight 2; (D2) is (C2); (D3) the
    kind is known; (D4) `extra_maps` are as for `kernel.gemm`, over the outs'
    dimensions; (D5) region arguments and yields are as above; (D6) x's last
    axis is contiguous.

    Example:
    ```mlir
    %y = kernel.window %x outs %o {kind = "max", window = array<i64: 1, 2, 2>, strides = array<i64: 1, 2, 2>,
        pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>, extra_maps = [], shapes = [[], []]} body {
    ^bb0(%e: f32):
      kernel.yield %e : f32
    } finish {
    ^bb0(%m: f32, %count: f32):
      kernel.yield %m : f32
    } : (tensor<?x4x1x8x8xf32>, tensor<?x4x1x4x4xf32>) -> tensor<?x4x1x4x4xf32>
    ```
  }];
  let arguments = !con((ins Kernel_Shaped:$x, Optional<Kernel_Shaped>:$weight, Variadic<Kernel_Shaped>:$extras,
                            Variadic<Kernel_Shaped>:$outs, StrAttr:$kind), windowWay,
                       (ins UnitAttr:$count_pad, AffineMapArrayAttr:$extra_maps, ArrayAttr:$shapes,
                            Kernel_LoopSchedules:$schedule));
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body, SizedRegion<1>:$finish);
  let assemblyFormat = [{
    $x (`weight` $weight^)? (`extras` $extras^)? `outs` $outs attr-dict `body` $body `finish` $finish `:`
    functional-type(operands, results)
  }];
}

def Kernel_Attention : Kernel_Op<"attention", [AttrSizedOperandSegments]> {
  let summary = "attention that never stores the score matrix";
  let description = [{
    Semantics of `xf.attention`. `layouts` names the order of axes of q, k, v
    and the result: b, h and s in some order, then d. `bias` has rank 4 in
    [batch, heads, queries, keys] order with sizes 1 where it broadcasts.

    With three outs the result is in parts: the batch of each out is n times
    that of q, and entry p * batch + b is what query rows of batch entry b get
    from keys [p * c, (p + 1) * c), c = ceil(keys / n). The first out is the sum
    of values weighted by e^(score - most), most the part's largest score (-inf
    if it has none), the second [n * batch, heads, queries] is `most`, the third,
    likewise, the sum of the weights. Sinks count in part 0.

    With `pages` [batch, table], k and v are states, [pages, kv_heads, page,
    features], which `xf.state_read` would make keys and values of: key t of
    entry b is row t mod page of page pages[b, t / page]. The number of keys is
    then table * page, of which `key_lengths` tells how many exist, and c is
    rounded up to whole pages. Scores have no more places than the bias has.

    Rules: (A1) rank 4 each; (A2) four known layouts; (A3) the innermost axis
    of q, k, v and the result is contiguous; (A4) its size is static; (A5) the
    bias has rank 4; (A6) one out or three, of these ranks 3 but for the first;
    (A7) a schedule of several parts goes with three outs; (A8) pages are
    [batch, table] of i32 and go with lengths, and with layouts "bhsd" and equal
    sizes of a page for k and v, a multiple of 16, which blocks of the schedule
    divide.

    Example:
    ```mlir
    %y = kernel.attention %q, %k, %v bias %m outs %o {layouts = ["bshd", "bshd", "bshd", "bshd"],
        scale = 0.176 : f64, causal = #xf.causal_kind<none>, shapes = [[], [], [], [], []]}
      : (tensor<?x?x12x32xf32>, tensor<?x?x12x32xf32>, tensor<?x?x12x32xf32>, tensor<?x1x1x?xf32>, tensor<?x?x12x32xf32>) -> tensor<?x?x12x32xf32>
    ```
  }];
  let arguments = (ins Kernel_Shaped:$q, Kernel_Shaped:$k, Kernel_Shaped:$v, Optional<Kernel_Shaped>:$bias,
                       Optional<Kernel_Shaped>:$key_lengths, Optional<Kernel_Shaped>:$sinks,
                       Optional<Kernel_Shaped>:$pages,
                       Variadic<Kernel_Shaped>:$outs, StrArrayAttr:$layouts, F64Attr:$scale,
                       Xf_CausalKindAttr:$causal, DefaultValuedAttr<I64Attr, "-1">:$window_left,
                       DefaultValuedAttr<I64Attr, "-1">:$window_right,
                       DefaultValuedAttr<F64Attr, "0.0">:$softcap, ArrayAttr:$shapes,
                       Kernel_AttentionSchedules:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let ownDeclaration = [{
    /// Positions of a page: with pages.
    int64_t getPageSize() {
      return ::llvm::cast<::mlir::ShapedType>(getK().getType()).getDimSize(2);
    }
  }];
  let assemblyFormat = [{
    $q `,` $k `,` $v (`bias` $bias^)? (`lengths` $key_lengths^)? (`sinks` $sinks^)? (`pages` $pages^)? `outs` $outs
    attr-dict `:` functional-type(operands, results)
  }];
}

def Kernel_Rows : Kernel_Op<"rows", [AttrSizedOperandSegments]> {
  let summary = "row-wise reductions followed by an element-wise map: norms, softmax, reductions";
  let description = [{
    The iteration space is (rows..., column); the last dimension is the row's
    element. `stages` run one after another over each row: stage i maps the
    row's elements to a value and reduces it with `kinds[i]` ("sum", "max",
    "min", "prod") into statistic i. Arguments of stage i are one scalar per
    input, statistics 0..i-1 and, for i > 0, the value that stage i-1 reduced
    at the same element (its carry). `finish` maps the statistics to one
    scalar per row output; `map` gets the inputs' scalars, all statistics and
    the last stage's carry, and yields one scalar per element output. Outs
    whose map uses the last dimension are element outputs and come first.

    Examples of stages: softmax is max of x, then sum of exp(x - max), map =
    carry / sum. Layer norm is sum of x, then sum of (x - s0/n)^2.

    `maps` gives one affine map (projected permutation; constants 0 for
    broadcast) per input, then one per out.

    Rules: (W1) maps count and dimensions agree; (W2) kinds are known, one per
    stage; (W3) region arguments and yields are as above; (W4) element outs first;
    (W5) each dimension is an axis of an operand.

    Example:
    ```mlir
    %y = kernel.rows ins %x outs %o {kinds = ["max", "sum"], maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>],
        shapes = [[], []]} stages {
    ^bb0(%e: f32):
      kernel.yield %e : f32
    }, {
    ^bb0(%e: f32, %m: f32, %carry: f32):
      %d = arith.subf %e, %m : f32
      %p = math.exp %d : f32
      kernel.yield %p : f32
    } finish {
    ^bb0(%m: f32, %s: f32):
      kernel.yield
    } map {
    ^bb0(%e: f32, %m: f32, %s: f32, %p: f32):
      %q = arith.divf %p, %s : f32
      kernel.yield %q : f32
    } : (tensor<?x384xf32>, tensor<?x384xf32>) -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins Variadic<Kernel_Shaped>:$ins, Variadic<Kernel_Shaped>:$outs, StrArrayAttr:$kinds,
                       AffineMapArrayAttr:$maps, ArrayAttr:$shapes, Kernel_RowsSchedules:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$finish, SizedRegion<1>:$map, VariadicRegion<SizedRegion<1>>:$stages);
  let assemblyFormat = [{
    `ins` $ins `outs` $outs attr-dict `stages` $stages `finish` $finish `map` $map `:`
    functional-type(operands, results)
  }];
}

def Kernel_Map : Kernel_Op<"map", [AttrSizedOperandSegments]> {
  let summary = "element-wise loop nest over broadcast and permuted operands";
  let description = [{
    The iteration space is that of the outs, whose maps are identities.
    `maps` gives each input's element as a projected permutation of the
    dimensions, with constants 0 for broadcast axes. The body gets one scalar
    per input and yields one per out; `kernel.index` gives coordinates.

    Rules: (P1) one map per input, then per out, with as many dimensions as the
    outs' rank; (P2) the outs' maps are identities; (P3) body arguments and
    yields are as above.

    Example:
    ```mlir
    %y = kernel.map ins %a, %b outs %o {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
        shapes = [[], [], []]} body {
    ^bb0(%x: f32, %z: f32):
      %s = arith.addf %x, %z : f32
      kernel.yield %s : f32
    } : (tensor<?x8xf32>, tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let arguments = (ins Variadic<Kernel_Shaped>:$ins, Variadic<Kernel_Shaped>:$outs, AffineMapArrayAttr:$maps,
                       ArrayAttr:$shapes, Kernel_LoopSchedules:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`ins` $ins^)? `outs` $outs attr-dict `body` $body `:` functional-type(operands, results)
  }];
}

def Kernel_Reduce : Kernel_Op<"reduce", [AttrSizedOperandSegments]> {
  let summary = "reduction over any axes of an element-wise expression";
  let description = [{
    The iteration space has the dimensions of `maps`; `reduced` lists the
    reduced ones. The body maps the inputs' scalars to the value that is
    reduced with `kind` ("sum", "max", "min", "prod"); `finish` maps the
    reduced value to one scalar per out. For reductions along the last axis
    of a row, `kernel.rows` is the better form.

    Rules: (E1) one map per input, then per out; (E2) the outs' maps use no
    reduced dimension and, among the others, are projected permutations in
    order; (E3) region arguments and yields are as above; (E4) each dimension is
    an axis of an operand.

    Example:
    ```mlir
    %y = kernel.reduce ins %a outs %o {kind = "sum", reduced = array<i64: 1>,
        maps = [affine_map<(b, s, d) -> (b, s, d)>, affine_map<(b, s, d) -> (b, d)>], shapes = [[], []]} body {
    ^bb0(%x: f32):
      kernel.yield %x : f32
    } finish {
    ^bb0(%s: f32):
      kernel.yield %s : f32
    } : (tensor<?x?x384xf32>, tensor<?x384xf32>) -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins Variadic<Kernel_Shaped>:$ins, Variadic<Kernel_Shaped>:$outs, StrAttr:$kind,
                       DenseI64ArrayAttr:$reduced, AffineMapArrayAttr:$maps, ArrayAttr:$shapes,
                       Kernel_ReduceSchedules:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body, SizedRegion<1>:$finish);
  let assemblyFormat = [{
    (`ins` $ins^)? `outs` $outs attr-dict `body` $body `finish` $finish `:` functional-type(operands, results)
  }];
}

def Kernel_Gather : Kernel_Op<"gather"> {
  let summary = "rows of a table chosen by indices";
  let description = [{
    outs[p..., i..., s...] = table[p..., indices[i...], s...] where `axis` is
    the number of leading axes p. Indices mean what `kernel.position` says.

    Rules: (H1) axis is an axis of the table; (H2) rank(outs) = rank(table) - 1 + rank(indices).

    Example:
    ```mlir
    %y = kernel.gather %t, %i outs %o {axis = 0 : i64, shapes = [[], [], []]}
      : (tensor<30522x384xf32>, tensor<?x?xi64>, tensor<?x?x384xf32>) -> tensor<?x?x384xf32>
    ```
  }];
  let arguments = (ins Kernel_Shaped:$table, Kernel_Shaped:$indices, Variadic<Kernel_Shaped>:$outs, I64Attr:$axis,
                       ArrayAttr:$shapes, Kernel_LoopSchedules:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = "$table `,` $indices `outs` $outs attr-dict `:` functional-type(operands, results)";
}

def Kernel_Write : Kernel_Op<"write", [AttrSizedOperandSegments]> {
  let summary = "new positions written into lines of a cache, at another place in each sequence";
  let description = [{
    With n the size of x along `axis` and s = starts[b], where b counts along
    axis 0, the element of outs at position t of `axis` is that of x at t - s
    if s <= t < s + n; `x_map` gives x's element for these coordinates. Before
    that it is past's at t; behind that 0, or past's at t with `keep_rest`; 0
    also where past has no t. With `circular`, s counts modulo the size of outs
    along `axis`, and positions of x wrap around the end; without it, positions
    outside the axis fail the run. outs may lie in the memory of past: the new
    positions are all there is to write then.

    Rules: (J1) 0 < axis < rank; (J2) x and past have the rank of outs, starts
    are [batch]; (J3) `x_map` is a permutation; (J4) one element type.

    Example:
    ```mlir
    %y = kernel.write %x, %s past %p outs %o {axis = 1 : i64, x_map = affine_map<(b, t, d) -> (b, t, d)>, shapes = [[], [], [], []]}
      : (tensor<2x1x8xf32>, tensor<2xi64>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
    ```
  }];
  let arguments = (ins Kernel_Shaped:$x, Kernel_Shaped:$starts, Optional<Kernel_Shaped>:$past,
                       Variadic<Kernel_Shaped>:$outs, I64Attr:$axis, AffineMapAttr:$x_map, UnitAttr:$keep_rest,
                       UnitAttr:$circular, ArrayAttr:$shapes, Kernel_LoopSchedules:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $x `,` $starts (`past` $past^)? `outs` $outs attr-dict `:` functional-type(operands, results)
  }];
}

def Kernel_Task : Kernel_Op<"task", [AttrSizedOperandSegments]> {
  let summary = "a loop nest written out, for operations without a better form";
  let description = [{
    The generic fallback. The body computes work item `item` of `item_count`
    (on a GPU one thread does, with a schedule that groups them in blocks); its
    arguments are one memref per operand (ins, then outs), then the item's
    index. It holds `scf`, `memref`, `arith` and `math` operations and
    `kernel.position`.

    Rules: (K1) body arguments are memrefs of the operands' ranks and element
    types, then an index.

    Example:
    ```mlir
    %y = kernel.task ins %x outs %o {item_count = #xf.dim<n>, shapes = [[], []]} body {
    ^bb0(%a: memref<?xf32, strided<[?], offset: ?>>, %b: memref<?xf32, strided<[?], offset: ?>>, %i: index):
      %v = memref.load %a[%i] : memref<?xf32, strided<[?], offset: ?>>
      memref.store %v, %b[%i] : memref<?xf32, strided<[?], offset: ?>>
      kernel.yield
    } : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    ```
  }];
  let arguments = (ins Variadic<Kernel_Shaped>:$ins, Variadic<Kernel_Shaped>:$outs, Xf_DimAttr:$item_count, ArrayAttr:$shapes,
                       OptionalAttr<Kernel_CudaLoop>:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`ins` $ins^)? `outs` $outs attr-dict `body` $body `:` functional-type(operands, results)
  }];
}

//===-- Inside regions ----------------------------------------------------===//

def Kernel_Yield : Op<Kernel_Dialect, "yield", [Pure, Terminator, ReturnLike]> {
  let summary = "ends a region of a kernel";
  let description = "Example: `kernel.yield %x : f32`";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
}

def Kernel_Index : Op<Kernel_Dialect, "index", [Pure]> {
  let summary = "the current coordinate along a dimension of the iteration space";
  let description = "Example: `%i = kernel.index 1`";
  let arguments = (ins I64Attr:$dimension);
  let results = (outs Index:$y);
  let assemblyFormat = "$dimension attr-dict";
}

def Kernel_Position : Op<Kernel_Dialect, "position", [MemoryEffects<[MemWrite]>]> {
  let summary = "the place on an axis of `size` elements that an index means";
  let description = [{
    Negative indices count from the end, unless `from_start`. An index out of
    range marks the run as failed, with the index and the size, and gives the
    nearest place, or 0 on an empty axis.

    Example: `%p = kernel.position %i of %n`
  }];
  let arguments = (ins Index:$at, Index:$size, UnitAttr:$from_start);
  let results = (outs Index:$y);
  let assemblyFormat = "$at `of` $size attr-dict";
}

#endif // HAGANE_DIALECTS_KERNEL_KERNELOPS_TD
