//===- Passes.td - From tensors to one arena ---------------*- tablegen -*-===//

include "mlir/Pass/PassBase.td"

def PrepareOutputsPass : Pass<"hagane-prepare-outputs", "::mlir::func::FuncOp"> {
  let summary = "give results destinations, so that kernels write into the caller's buffers";
  let description = [{
    Each result of `main` becomes a memref argument that the result is
    materialised in. Reshapes at the end are done on the destination.

    Before: `func.func @main(%x: tensor<?xf32>) -> tensor<?xf32>`. After:
    ```mlir
    func.func @main(%x: tensor<?xf32>, %out: memref<?xf32> {kernel.output = 0 : i64, xf.dims = [...]}) {
      ...
      bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?xf32>, memref<?xf32>) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
                           "::hagane::xf::XfDialect"];
}

def PrepareLoopsPass : Pass<"hagane-prepare-loops", "::mlir::func::FuncOp"> {
  let summary = "carry values of fixed sizes from one iteration to the next in place";
  let description = [{
    What an iteration yields is materialised in what it got, where the sizes are
    the same: one buffer for the whole loop. Values whose sizes change get a new
    buffer in each iteration.

    Before: `scf.yield %next : tensor<4xf32>` in a loop with `iter_args(%x = %0)`.
    After:
    ```mlir
    %y = bufferization.materialize_in_destination %next in %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    scf.yield %y : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
}

def BufferizePass : Pass<"hagane-bufferize", "::mlir::ModuleOp"> {
  let summary = "One-Shot Bufferize with the options that kernels need";
  let description = [{
    Removes tensor.empty where the result has a destination, then bufferizes:
    inputs are read-only, allocations and function arguments have identity
    layouts, the regions of `kernel.global` stay tensors.

    Before: `%e = tensor.empty(%n) : tensor<?xf32>` and kernels on tensors.
    After: `%e = memref.alloc(%n) : memref<?xf32>` and kernels on memrefs.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def CopiesToKernelsPass : Pass<"hagane-copies-to-kernels", "::mlir::func::FuncOp"> {
  let summary = "run the copies that bufferization left as kernels, and say so";
  let description = [{
    A `memref.copy` becomes a `kernel.map`, with a remark at the operation it
    came from; a copy of a buffer to itself goes away.

    Before: `memref.copy %a, %b : memref<?xf32> to memref<?xf32>`. After:
    `kernel.map ins %a outs %b ... body { yield the element }`.
  }];
  let dependentDialects = ["::hagane::kernel::KernelDialect"];
}

def ReuseOperandsPass : Pass<"hagane-reuse-operands", "::mlir::func::FuncOp"> {
  let summary = "write results over operands that end there";
  let description = [{
    Where a buffer is last read by a kernel that reads it element by element (an
    input of a map or of rows, an extra operand of a product or convolution, by
    the identity) and the kernel's result is a buffer of the same type and sizes,
    both become one. Nothing else of the kernel may see the buffer.

    Before: `kernel.map ins %a outs %b ...`, the last use of `%a`. After:
    `kernel.map ins %a outs %a ...`, and `%a` wherever `%b` was.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def ShareOutputsPass : Pass<"hagane-share-outputs", "::mlir::func::FuncOp"> {
  let summary = "find outputs for which a caller may give an input's memory";
  let description = [{
    A `kernel.write` reads each element of its past only to write the same element
    of its result. Where both are arguments, nothing else reads the input and
    nothing has the output before the kernel, they may be the same memory: the
    output gets `kernel.shares`, the input's number.
  }];
}

def PlanArenaPass : Pass<"hagane-plan-arena", "::mlir::ModuleOp"> {
  let summary = "place all buffers in one arena";
  let description = [{
    Every `memref.alloc` of `main` becomes a view of one arena argument, at a
    `kernel.buffer_offset` that `hgn_plan` works out from the sizes of a run. The
    function's `kernel.buffers` lists sizes and lives, `kernel.arena_orders` some
    orders in which to place them, each buffer at the lowest place that is free
    during its life; a local search finds them, at sample values of the symbols.

    The first order bounds what the best one takes, `kernel.arena_bytes`: it
    follows bins, shared by buffers that do not live at the same time and as
    large as the largest, one behind the other. By induction each buffer fits
    behind the bins before its own.

    Buffers of computed sizes stay, with `kernel.heap_bytes`, for the run's heap,
    as do those with which the bound would have no expression; so do those that a
    loop carries into its next iteration, with `kernel.alternates`: two pieces of
    memory, in turn.

    Before: `%a = memref.alloc(%n) : memref<?x384xf32>`. After:
    ```mlir
    %o = kernel.buffer_offset {buffer = 0 : i64} : index
    %a = memref.view %arena[%o][%n] : memref<?xi8> to memref<?x384xf32>
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::hagane::kernel::KernelDialect",
                           "::hagane::xf::XfDialect"];
}

def OutlineKernelsPass : Pass<"hagane-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "move each distinct kernel into a function and launch it";
  let description = [{
    The function gets the kernel's operands, then the range of work items and
    the thread's scratch; kernels with the same text share one function.

    Before: `kernel.gemm %a, %b outs %c {...}`. After:
    ```mlir
    kernel.launch @gemm_0(%a, %b, %c) {items = #xf.dim<...>, ...} : ...
    func.func private @gemm_0(%a: ..., %b: ..., %c: ..., %begin: index, %end: index, %scratch: memref<?xi8>)
        attributes {kernel.body} {
      kernel.gemm %a, %b outs %c {...}
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::hagane::kernel::KernelDialect"];
}
