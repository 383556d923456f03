//===- Passes.td - Kernels as CUDA C++ ---------------------*- tablegen -*-===//

#ifndef HAGANE_CODEGEN_CUDA_PASSES_TD
#define HAGANE_CODEGEN_CUDA_PASSES_TD

include "mlir/Pass/PassBase.td"

def EmitCudaPass : Pass<"hagane-emit-cuda", "::mlir::ModuleOp"> {
  let summary = "print the CUDA C++ of outlined kernels";
  let description = [{
    Prints the source of each function that outlining made (`kernel.body`), in
    order, to the standard output. The IR stays as it is.
  }];
  let options = [Option<"sm", "sm", "std::string", "\"90a\"", "the GPU: 80, 86, 89, 90a or 100">];
}

#endif // HAGANE_CODEGEN_CUDA_PASSES_TD
