//===- KernelDialect.td - Loop nests with schedules --------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELDIALECT_TD
#define HAGANE_DIALECTS_KERNEL_KERNELDIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::hagane::kernel";
  let summary = "What runs as one loop nest, and how";
  let description = [{
    Each operation is one kernel: an anchor (gemm, conv, attention, rows, map,
    reduce, window, gather, task) in destination-passing style on tensors, later on
    memrefs, with regions of scalar `arith` and `math` operations for what is
    fused into it, and a schedule attribute that says how it is tiled,
    vectorised and split over threads. Kernels are outlined into functions of
    work items and called by `kernel.launch`.

    Element types in regions are the compute type: f32 for 16-bit floats, the
    storage type otherwise; loads and stores convert.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::hagane::xf::XfDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect"];
}

//===-- Schedules ---------------------------------------------------------===//

class Kernel_Schedule<string name, string schedule_mnemonic, list<Trait> traits = []>
    : AttrDef<Kernel_Dialect, name, traits> {
  let mnemonic = schedule_mnemonic;
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Kernel_GemmSchedule : Kernel_Schedule<"GemmSchedule", "gemm_schedule"> {
  let summary = "how a matrix product is tiled";
  let description = [{
    A work item is a block of `item_m` rows and `item_n` columns of the result.
    Inside it the contraction runs in blocks of `block_k` (0: whole), columns
    in panels of `micro_n`, rows in strips of `micro_m`; the micro-kernel keeps
    micro_m x micro_n accumulators in registers. `pack_a` copies a row block
    into strips first. `prefetch` is how many bytes ahead of its reads a panel
    is prefetched (0: not at all), unless all rows are one strip: that reads
    every panel once, prefetched close ahead, without blocks or packing; `unroll_k` repeats the innermost step.

    Rules: (S1) sizes within reason, all but block_k and prefetch positive; (S2) item_m
    and item_n are multiples of micro_m and micro_n; (S3) block_k is a multiple
    of unroll_k; (S4) with pack_a, block_k is positive.
  }];
  let parameters = (ins "int64_t":$item_m, "int64_t":$item_n, "int64_t":$block_k,
                        "int64_t":$micro_m, "int64_t":$micro_n, "int64_t":$unroll_k,
                        "int64_t":$prefetch, "bool":$pack_a);
}

def Kernel_ConvSchedule : Kernel_Schedule<"ConvSchedule", "conv_schedule"> {
  let summary = "how a convolution is tiled";
  let description = [{
    A work item is `item_m` output channels of a group at `item_n` positions of
    the result. It copies what the windows of these positions see of `block_c`
    channels into its scratch memory, a row for each element of the window, and
    multiplies the weights by that; micro_m x micro_n sums are in registers.

    Rules: (S1) all sizes are positive and within reason; (S2) item_m and item_n are multiples of
    micro_m and micro_n.
  }];
  let parameters = (ins "int64_t":$item_m, "int64_t":$item_n, "int64_t":$block_c,
                        "int64_t":$micro_m, "int64_t":$micro_n, "int64_t":$unroll_k);
}

def Kernel_AttentionSchedule : Kernel_Schedule<"AttentionSchedule", "attention_schedule"> {
  let summary = "how attention is tiled";
  let description = [{
    A work item is one head of one batch entry and `block_q` queries, of which
    `micro_n` at a time run along vector lanes; keys are visited in blocks of
    `block_k`, and micro_m x micro_n scores are in registers at a time. With
    `pack`, an item copies each block of keys and values to where they lie
    close together.

    Up to `few_q` queries (0: none) run another way: an item is all heads that
    share keys and values, which it reads once for them, along their features.
    With `parts` above 1 the keys are cut in as many parts, each an item of its
    own, whose results another kernel merges.

    Rules: (S1) sizes within reason, all but few_q positive; (S2) block_k is a
    multiple of micro_n; (S3) with parts above 1, few_q is positive.
  }];
  let parameters = (ins "int64_t":$block_q, "int64_t":$block_k, "int64_t":$micro_m, "int64_t":$micro_n,
                        DefaultValuedParameter<"bool", "false">:$pack,
                        DefaultValuedParameter<"int64_t", "0">:$few_q,
                        DefaultValuedParameter<"int64_t", "1">:$parts);
}

def Kernel_RowsSchedule : Kernel_Schedule<"RowsSchedule", "rows_schedule"> {
  let summary = "how a row kernel is split: rows per work item, elements per vector step";
  let parameters = (ins "int64_t":$item_rows, "int64_t":$vector);
  let description = "Rules: (S1) both are positive and within reason.";
}

def Kernel_LoopSchedule : Kernel_Schedule<"LoopSchedule", "loop_schedule"> {
  let summary = "how a map, reduction, gather or window is split: elements per work item, elements per vector step";
  let parameters = (ins "int64_t":$item_size, "int64_t":$vector);
  let description = "Rules: (S1) both are positive and within reason.";
}

//===-- Codes -------------------------------------------------------------===//

def Kernel_Codes : AttrDef<Kernel_Dialect, "Codes"> {
  let mnemonic = "codes";
  let summary = "weights as numbers of few bits, with a scale for each block of rows";
  let description = [{
    The weight in row k and column n is scale[g, n] * (code[k, n] - zero), where
    g = k / `block` (a block of 0: all rows are one block; it is no longer than
    the rows are many). Codes are numbers of `bits` bits without sign. `zero` is
    the zero point of all codes; without it each block has one for each column.
    Scales are of type `scale`.

    In memory columns are in panels of 32, each of which is read front to back.
    A panel has, for each block, the codes, the 32 scales, then the 32 zero
    points, if it has its own, a byte each. The codes of a block are those of 32
    rows after 32 rows; rows that do not exist, behind the last one and where a
    block is no multiple of 32, are zero points. The codes of 32 rows are those
    of the first 16 columns, then of the others.

    Rows are in quads of four, q from 0 to 7. Codes are split by their bits in
    planes of 8, 4, 2 and 1 bits, the lowest bits in the widest plane, which
    comes first: 6 bits are a plane of 4, then one of 2. A plane of w bits is w
    rows of 64 bytes, in which byte 4 * c + e is of column c. Bits s * w on of a
    byte in row r are of element e of quad s * w + r. So 4 bits have quad r in
    the lower halves of the bytes of row r, and quad r + 4 in the upper ones.

    Rules: (Q1) `bits` is from 1 to 8; (Q2) `block` is from 0 to 65536; (Q3)
    `zero` is a code; (Q4) `scale` is f16, bf16 or f32.

    Example: `#kernel.codes<bits = 4, block = 32, zero = 8, scale = f16>`
  }];
  let parameters = (ins "int64_t":$bits, "int64_t":$block,
                        OptionalParameter<"std::optional<int64_t>">:$zero, "::mlir::Type":$scale);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Kernel_Shaped : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef], "ranked tensor or strided memref">;

#endif // HAGANE_DIALECTS_KERNEL_KERNELDIALECT_TD
