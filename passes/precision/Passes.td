//===- Passes.td - Passes on precision ---------------------*- tablegen -*-===//

include "mlir/Pass/PassBase.td"

def ChoosePrecisionPass : Pass<"hagane-choose-precision", "::mlir::ModuleOp"> {
  let summary = "let large products round their factors";
  let description = [{
    Marks products and attention whose f32 factors may be rounded to a narrower
    type: `hagane-form-kernels` rounds constants when the module is written, and
    other factors where they are made. Sums stay f32, and so does everything
    between products. Remarks of category "precision" tell what was marked and
    what was left, and why.

    Before:
    ```mlir
    %y = xf.linear %x, %w : (tensor<?x384xf32>, tensor<384x1536xf32>) -> tensor<?x1536xf32>
    ```
    After, with `factors=bf16`:
    ```mlir
    %y = xf.linear %x, %w {xf.factor_type = bf16} : (tensor<?x384xf32>, tensor<384x1536xf32>) -> tensor<?x1536xf32>
    ```
  }];
  let options = [
    Option<"factors", "factors", "std::string", "\"model\"",
           "type of factors: \"bf16\", \"f16\" for weights alone, or \"model\" for what the model says">];
  let dependentDialects = ["::hagane::xf::XfDialect"];
}

def NarrowResultsPass : Pass<"hagane-narrow-results", "::mlir::func::FuncOp"> {
  let summary = "kernels write the types that others read";
  let description = [{
    A kernel whose result is read only once it has been rounded to a narrower
    type writes that type. If others read the result as it is, the kernel writes
    both, where that moves fewer bytes than a kernel of its own that rounds.

    Before:
    ```mlir
    %y = kernel.rows ins %x outs %o {...} ... : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    %z = kernel.map ins %y outs %e {...} body {
    ^bb0(%v: f32):
      kernel.yield %v : f32
    } : (tensor<?x64xf32>, tensor<?x64xbf16>) -> tensor<?x64xbf16>
    ```
    After, if `%y` has no other use:
    ```mlir
    %z = kernel.rows ins %x outs %o {...} ... : (tensor<?x64xf32>, tensor<?x64xbf16>) -> tensor<?x64xbf16>
    ```
  }];
  let dependentDialects = ["::hagane::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}
