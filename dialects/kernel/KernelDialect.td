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

class Kernel_Schedule<string name, string schedule_mnemonic> : AttrDef<Kernel_Dialect, name> {
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

def Kernel_Shaped : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef], "ranked tensor or strided memref">;

#endif // HAGANE_DIALECTS_KERNEL_KERNELDIALECT_TD
