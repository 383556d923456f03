//===- Passes.td - From outlined kernels to host code ------*- tablegen -*-===//

#ifndef HAGANE_CODEGEN_CPU_PASSES_TD
#define HAGANE_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerKernelsPass : Pass<"hagane-lower-kernels", "::mlir::func::FuncOp"> {
  let summary = "replace kernels by loops over their work items";
  let description = [{
    In a function that outlining made (`kernel.body`), replaces the one kernel
    operation by loops and vectors over the work items [begin, end), which are
    the arguments before the thread's scratch memory. Other functions stay.
    `kernel.position` becomes a comparison that writes the run's report where
    it fails; see `kernel.launch`.

    ```mlir
    func.func @k(%x: memref<64xf32>, %y: memref<64xf32>, %begin: index, %end: index,
                 %scratch: memref<?xi8>) attributes {kernel.body} {
      kernel.map ins %x outs %y {...} body { ... }
    // becomes
      scf.for %i = %first to %last step %c16 {
        %v = vector.load %x[%i] : memref<64xf32>, vector<16xf32>
        ...
        vector.store %w, %y[%i] : memref<64xf32>, vector<16xf32>
    ```
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", /*default=*/"512",
           "width of a vector register">,
    Option<"vectorRegisters", "vector-registers", "int64_t", /*default=*/"32",
           "number of vector registers">,
    Option<"bf16Dots", "bf16-dots", "std::string", /*default=*/"",
           "LLVM's intrinsic that adds products of pairs of bf16 to sums in f32; empty: none">,
    Option<"mixedDots", "mixed-dots", "std::string", /*default=*/"",
           "the same of quads of 8 bits, unsigned by signed, to sums in i32">,
    Option<"signedDots", "signed-dots", "std::string", /*default=*/"",
           "the same of quads of 8 bits, both signed">,
    Option<"pairProducts", "pair-products", "std::string", /*default=*/"",
           "LLVM's intrinsic that sums products of pairs of 16 bits in i32; empty: none">,
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExpandMathPass : Pass<"hagane-expand-math"> {
  let summary = "replace elementary functions by arithmetic";
  let description = [{
    Compiled code calls no mathematics library, so every function of the math
    dialect on f32 and f64, scalars or vectors, becomes branch-free arithmetic;
    ExpandMath.cpp tells how exact each is.

    ```mlir
    %y = math.exp %x : vector<16xf32>
    // becomes
    %4 = arith.mulf %f, %c5 fastmath<contract> : vector<16xf32>
    %5 = arith.addf %4, %c4 fastmath<contract> : vector<16xf32>
    ...
    %y = arith.mulf %34, %power : vector<16xf32>
    ```

    With AVX-512, full registers are scaled by powers of two in one instruction.
  }];
  let options = [
    Option<"avx512", "avx512", "bool", /*default=*/"false", "use AVX-512's own operations">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::LLVM::LLVMDialect"];
}

def ExpandConversionsPass : Pass<"hagane-expand-conversions"> {
  let summary = "convert narrow floats by operations on bits";
  let description = [{
    For floats of at most 8 bits, and for processors without instructions that
    convert between f32 and f16 or bf16, where LLVM would call functions of its
    own library. Results are rounded
    to nearest even; NaN stays NaN.

    ```mlir
    %y = arith.extf %x : bf16 to f32
    // becomes
    %bits = arith.bitcast %x : bf16 to i16
    %wide = arith.extui %bits : i16 to i32
    %high = arith.shli %wide, %c16 : i32
    %y = arith.bitcast %high : i32 to f32
    ```
  }];
  let options = [
    Option<"f16", "f16", "bool", /*default=*/"true", "expand conversions of f16">,
    Option<"bf16", "bf16", "bool", /*default=*/"true", "expand conversions of bf16">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

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
    size at most the function's `kernel.arena_bytes`),
    by `@hgn_plan` and `@hgn_run` of runtime/include/hagane/abi.h. Every
    symbolic dimension that the host needs becomes a slot of the plan, computed
    by `@hgn_plan` with checks for overflow; `@hgn_run` only loads it.
    `@hgn_plan` also places the function's `kernel.buffers` in the arena, by the
    best of `kernel.arena_orders`; what it found are slots, too.

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

    With `device`, kernels are another code generator's and disappear: a launch
    has no function, its scratch is that of all its items, and what `@main`
    itself loads and stores goes through the runtime's `read` and `write`.

    ```mlir
    %n = memref.load %size[] : memref<i64>
    // becomes
    llvm.call %read(%exec, %address, %staging, %c8)
    %n = llvm.load %staging : !llvm.ptr -> i64
    ```

    What the module file tells of the code stays behind in attributes of the
    module, `kernel.inputs`, `kernel.slots`, `kernel.kernels` and so on; see
    codegen/module/ModuleRecord.h.
  }];
  let options = [
    Option<"device", "device", "bool", /*default=*/"false", "launch a device's kernels">,
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

#endif // HAGANE_CODEGEN_CPU_PASSES_TD
