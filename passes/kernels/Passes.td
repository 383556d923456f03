//===- Passes.td - Passes that make kernels ----------------*- tablegen -*-===//

include "mlir/Pass/PassBase.td"

def FormKernelsPass : Pass<"hagane-form-kernels", "::mlir::ModuleOp"> {
  let summary = "turn xf operations into kernels, one by one";
  let description = [{
    Every `xf` operation becomes a kernel, a view (reshape, slice) or, if it is
    constant, part of a `kernel.global`. Transposes around attention are
    absorbed into its layouts; nothing else is fused here.

    Before:
    ```mlir
    %y = xf.linear %x, %w, %b : (tensor<?x384xf32>, tensor<384x1536xf32>, tensor<1536xf32>) -> tensor<?x1536xf32>
    ```
    After:
    ```mlir
    %p = kernel.get_global @weight_0 : tensor<48x384x32xf32>
    %b = kernel.get_global @weight_1 : tensor<1536xf32>
    %n = xf.dim_value {dim = #xf.dim<tokens>} : index
    %e = tensor.empty(%n) : tensor<?x1536xf32>
    %y = kernel.gemm %x, %p extras %b outs %e {b_layout = "panels", ...} epilogue { add } : ...
    ```
  }];
  let options = [
    Option<"panel", "panel", "int64_t", "32", "columns of a packed panel of weights">,
    Option<"chunkBytes", "chunk-bytes", "int64_t", "0", "bytes of a column's terms side by side in a panel (0: as many terms as processors sum products of)">];
  let dependentDialects = ["::hagane::kernel::KernelDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::memref::MemRefDialect"];
}

def FuseKernelsPass : Pass<"hagane-fuse-kernels", "::mlir::func::FuncOp"> {
  let summary = "merge element-wise kernels into their producers and consumers";
  let description = [{
    A `kernel.map` whose result has one use joins the map or row kernel that
    uses it; a map that is the one use of a gemm's result becomes part of the
    gemm's epilogue, through a reshape between them if need be.

    Before:
    ```mlir
    %g = kernel.gemm ... -> tensor<?x64xf32>
    %y = kernel.map ins %g ... body { gelu } -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %y = kernel.gemm ... epilogue { gelu } -> tensor<?x64xf32>
    ```
  }];
  let dependentDialects = ["::hagane::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}

def FuseGatesPass : Pass<"hagane-fuse-gates", "::mlir::ModuleOp"> {
  let summary = "merge maps of both halves of a product's columns into its epilogue";
  let description = [{
    A `kernel.map` that reads the first and the second half of the columns of a
    gemm with a constant weight, where nothing else reads these, becomes part of
    the gemm's epilogue. The weight is packed anew, so that each panel holds as
    many columns of either half; the result has half of the columns, and neither
    half of the product is ever stored.

    Before:
    ```mlir
    %p = kernel.gemm %x, %w ... {groups = 1 : i64, ...} -> tensor<?x128xf32>
    %g = tensor.extract_slice %p[0, 0] [%m, 64] [1, 1] : tensor<?x128xf32> to tensor<?x64xf32>
    %u = tensor.extract_slice %p[0, 64] [%m, 64] [1, 1] : tensor<?x128xf32> to tensor<?x64xf32>
    %y = kernel.map ins %g, %u ... body { silu(g) * u } -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %y = kernel.gemm %x, %w2 ... {groups = 2 : i64, ...} epilogue { silu(g) * u } -> tensor<?x64xf32>
    ```
  }];
  let dependentDialects = ["::hagane::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}
