//===- XfState.td - Caches that stay in place --------------*- tablegen -*-===//
//
// A cache of keys or values is a state: [pages, heads, page, features], pages of
// `page` positions each, which belong to whichever sequence their numbers are
// listed for. A step appends positions to several sequences at once.
//
// In a state of i8 each row of features is codes, then the four bytes, lowest
// first, of an f32 that they are multiplied by: the row's largest magnitude / 127.
// Codes are as of `xf.quantize_rows`.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_XFSTATE_TD
#define HAGANE_DIALECTS_XF_XFSTATE_TD

include "dialects/xf/XfBase.td"

def Xf_StateTensor : 4DTensorOf<[AnyFloat, I8]>;

def Xf_StatePlaces : Xf_Op<"state_places"> {
  let summary = "where a step's positions are, checked";
  let description = [{
    Entry b of the step has lengths[b] positions in its pages, pages[b, 0] being
    the first, and appends `step` more. The results are safe to use: `numbers`
    are those of pages in [0, capacity), `starts` the lengths, `ends` the lengths
    after the step. The run fails if a page that is needed has no such number,
    or a length is negative, ends beyond the table, is above `most` or, with
    `equal`, is not `most`.

    Rules: (T1) pages are [batch, table], lengths [batch]; (T2) a page has at
    least one position.

    Example:
    ```mlir
    %n, %s, %e = xf.state_places %pages, %lengths {page = 64 : i64, capacity = #xf.dim<cache_pages>, step = #xf.dim<seq>, most = #xf.dim<past>} : (tensor<?x?xi32>, tensor<?xi64>) -> (tensor<?x?xi32>, tensor<?xi64>, tensor<?xi64>)
    ```
  }];
  let arguments = (ins 2DTensorOf<[I32]>:$pages, 1DTensorOf<[I64]>:$lengths, I64Attr:$page,
                       Xf_DimAttr:$capacity, Xf_DimAttr:$step, Xf_DimAttr:$most, UnitAttr:$equal);
  let results = (outs 2DTensorOf<[I32]>:$numbers, 1DTensorOf<[I64]>:$starts, 1DTensorOf<[I64]>:$ends);
}

def Xf_StateAppend : Xf_Op<"state_append"> {
  let summary = "a state with new positions of each entry written into its pages";
  let description = [{
    x is [batch, heads, step, features]. Position starts[b] + i of entry b, of
    x[b, .., i, ..], is position (starts[b] + i) mod page of page numbers[b,
    (starts[b] + i) / page]; all else stays. Pages are written in the order of
    entries if two share one. Elements are rounded to the state's type, rows
    quantized if that is i8. A kernel writes the state in place.

    Rules: (T3) state and x have rank 4; (T4) heads, features and batches must
    not provably differ; (T5) the page size is static, and with i8 the size of
    rows, which is more than 4; (T6) only f32 and narrower floats are quantized.

    Example:
    ```mlir
    %y = xf.state_append %state, %x, %n, %s : (tensor<?x2x64x16xf32>, tensor<?x2x?x16xf32>, tensor<?x?xi32>, tensor<?xi64>) -> tensor<?x2x64x16xf32>
    ```
  }];
  let arguments = (ins Xf_StateTensor:$state, 4DTensorOf<[AnyFloat]>:$x, 2DTensorOf<[I32]>:$numbers,
                       1DTensorOf<[I64]>:$starts);
  let results = (outs Xf_StateTensor:$y);
}

def Xf_StateRead : Xf_Op<"state_read"> {
  let summary = "the positions of each entry, in order";
  let description = [{
    y[b, h, t, ..] = state[numbers[b, t / page], h, t mod page, ..] for t in [0,
    count), 0 where the table ends before; in f32, and without the scales, if the
    state is i8. Attention reads the state itself.

    Rules: (T3) the state has rank 4; (T5) as for `xf.state_append`.

    Example:
    ```mlir
    %y = xf.state_read %state, %n {count = #xf.dim<past + seq>} : (tensor<?x2x64x16xf32>, tensor<?x?xi32>) -> tensor<?x2x?x16xf32>
    ```
  }];
  let arguments = (ins Xf_StateTensor:$state, 2DTensorOf<[I32]>:$numbers, Xf_DimAttr:$count);
  let results = (outs 4DTensorOf<[AnyFloat]>:$y);
}

def Xf_StateAlign : Xf_Op<"state_align"> {
  let summary = "rows of keys moved between a common end and each entry's own beginning";
  let description = [{
    With a step's masks and biases in one order of keys for all entries, key
    `most` - 1 being the last before the step, y[b, .., t] = x[b, .., t + most -
    starts[b]]: in the order of the entry's own positions. `reverse` is the way
    back, y[b, .., t] = x[b, .., t - (most - starts[b])]. Where that is outside
    of x, y is 0. An x of batch 1 is every entry's.

    Rules: (T7) x has at least two axes; (T8) its batch is 1 or that of starts.

    Example:
    ```mlir
    %y = xf.state_align %bias, %s {most = #xf.dim<past>} : (tensor<1x4x?x?xf32>, tensor<?xi64>) -> tensor<?x4x?x?xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$x, 1DTensorOf<[I64]>:$starts, Xf_DimAttr:$most, UnitAttr:$reverse);
  let results = (outs AnyRankedTensor:$y);
}

#endif // HAGANE_DIALECTS_XF_XFSTATE_TD
