//===- KernelScheduleFiles.td - Lines of a schedule file ---*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELSCHEDULEFILES_TD
#define HAGANE_DIALECTS_KERNEL_KERNELSCHEDULEFILES_TD

include "dialects/kernel/KernelDialect.td"

def Kernel_ScheduleFor : Op<Kernel_Dialect, "schedule_for"> {
  let summary = "a line of a schedule file: how kernels of some kind and size run";
  let description = [{
    A schedule file holds these and nothing else. The first line that fits a
    kernel gives its schedule. A line fits if the kernel is of kind `kernel`,
    its element types are those after `of`, the level that code is made for
    matches the pattern after `on` (`*` stands for anything), and each size in
    `where` is as said: a number; a range [least, most] in which the size
    provably stays; or the symbolic expression that it is. What a line leaves
    out fits everything.

    | kind | element types | sizes |
    |---|---|---|
    | gemm | a, b -> first out | batch, m, n, k, groups |
    | conv | x, weight -> first out | batch, groups, channels (of a group's result), positions, depth (channels of a group times window) |
    | attention | q, k, v -> out | batch, heads, kv_heads, queries, keys, d, e |
    | rows | ins -> first out | rows, columns |
    | map, reduce | ins, if any -> first out | rows, columns (of the result) |
    | window | x -> first out | rows, columns (of the result) |
    | gather | table, indices -> out | rows, columns (elements of a row) |

    Rules: (L1) the kind is in the table; (L2) so are the sizes, which are at
    least 0, in order if a range; (L3) the schedule is one of that kind; (L4)
    the pattern is well-formed.

    Example:
    ```mlir
    kernel.schedule_for "gemm" of "f32, f32 -> f32" on "x86-64-v4*" where {k = 384, m = [64, 4096], n = #xf.dim<1536>}
      use #kernel.gemm_schedule<item_m = 96, item_n = 192, block_k = 0, micro_m = 12, micro_n = 32, unroll_k = 4, prefetch = 0, pack_a = false>
    ```
  }];
  let arguments = (ins StrAttr:$kernel, OptionalAttr<StrAttr>:$types, OptionalAttr<StrAttr>:$level,
                       OptionalAttr<DictionaryAttr>:$sizes, AnyAttr:$schedule);
  let assemblyFormat = [{
    $kernel (`of` $types^)? (`on` $level^)? (`where` $sizes^)? `use` $schedule attr-dict
  }];
  let hasVerifier = 1;
}

#endif // HAGANE_DIALECTS_KERNEL_KERNELSCHEDULEFILES_TD
