//===- Passes.td - From outlined kernels to the host's code -----*- tablegen -*-===//

#ifndef HAGANE_CODEGEN_CPU_PASSES_TD
#define HAGANE_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignWeightsPass : Pass<"hagane-assign-weights", "::mlir::ModuleOp"> {
  let summary = "give every constant its place in the weight segment";
  let description = [{
    Sets `offset` on each `kernel.global`, aligned to 64 bytes, in the order of
    the module. Constants made by the same expression share their place.

    ```mlir
    kernel.global @w : tensor<4xf32> { ... }
    // becomes
    kernel.global @w : tensor<4xf32> attributes {offset = 0 : i64} { ... }
    ```
  }];
  let dependentDialects = ["::hagane::kernel::KernelDialect"];
}

def LowerHostPass : Pass<"hagane-lower-host", "::mlir::ModuleOp"> {
  let summary = "turn main and its launches into the module's two entry points";
  let description = [{
    Replaces `@main`, whose arguments are the model's inputs, outputs
    (`kernel.output`), states (`kernel.state`) and the arena (`kernel.arena`, its
    size the function's `kernel.arena_bytes`),
    by `@hgn_plan` and `@hgn_run` of runtime/include/hagane/abi.h. Every
    symbolic dimension that the host needs becomes a slot of the plan, computed
    by `@hgn_plan` with checks for overflow; `@hgn_run` only loads it.

    A kernel function takes bare words in place of each memref: the address of
    its first element, then the sizes and strides that its type does not tell.
    `@NAME_entry` loads them from the launch's words.

    ```mlir
    kernel.launch @k(%x) {items = #xf.dim<n>, ...} : memref<?xf32>
    // becomes
    llvm.store %address, %words : i64, !llvm.ptr
    llvm.store %size, %words_1 : i64, !llvm.ptr
    llvm.call %parallel(%exec, %launch, %k_entry, %words, %items)
    ```

    What the module file tells of the code stays behind in attributes of the
    module, `kernel.inputs`, `kernel.slots`, `kernel.kernels` and so on; see
    codegen/module/ModuleRecord.h.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

#endif // HAGANE_CODEGEN_CPU_PASSES_TD
