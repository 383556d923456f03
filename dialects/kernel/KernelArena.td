//===- KernelArena.td - Buffers in the arena ---------------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELARENA_TD
#define HAGANE_DIALECTS_KERNEL_KERNELARENA_TD

include "dialects/kernel/KernelDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Kernel_BufferOffset : Op<Kernel_Dialect, "buffer_offset", [Pure]> {
  let summary = "where a buffer begins in the arena";
  let description = [{
    In bytes, a multiple of 64. `hgn_plan` places the buffers that the function's
    attribute `kernel.buffers` lists; `buffer` counts them. It tries each order
    of `kernel.arena_orders`: one buffer after the other goes to the lowest place
    at which it overlaps no other that is alive at the same time. The order that
    needs the least memory is kept.

    Rules: (A1) `buffer` is at least 0.

    Example:
    ```mlir
    %o = kernel.buffer_offset {buffer = 3 : i64} : index
    ```
  }];
  let arguments = (ins I64Attr:$buffer);
  let results = (outs Index:$offset);
  let assemblyFormat = "attr-dict `:` type($offset)";
  let hasVerifier = 1;
}

#endif // HAGANE_DIALECTS_KERNEL_KERNELARENA_TD
