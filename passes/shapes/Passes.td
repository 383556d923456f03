//===- Passes.td - Passes on symbolic shapes ---------------*- tablegen -*-===//

include "mlir/Pass/PassBase.td"

def ResolveShapesPass : Pass<"hagane-resolve-shapes", "::mlir::ModuleOp"> {
  let summary = "replace shape arithmetic by symbolic dimensions";
  let description = [{
    Infers symbolic shapes and the contents of small integer tensors through
    every function, then writes down what was learnt: result types become as
    static as they are known to be, small integer tensors of known contents
    become `xf.dims` or `xf.constant`, and size operands become attributes.
    The arithmetic left behind is dead; canonicalize and cse remove it.

    Contents that only running the model tells (a shape that is an input, how
    many elements are not 0) become an `xf.computed_size` each, bound by an
    `xf.bind` before the operation whose size it is.

    With `compute=false` they stay as they are: arithmetic on what has become
    constant can be folded before the rest is bound.

    Before, with `%x`'s dimensions [batch, seq]:
    ```mlir
    %s = xf.shape_of %x : (tensor<?x?xf32>) -> tensor<2xi64>
    %b = xf.gather %s, %zero {axis = 0 : i64} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
    %t = xf.concat %b, %minus_one {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
    %y = xf.reshape %z, %t : (tensor<?x?x1xf32>, tensor<2xi64>) -> tensor<?x?xf32>
    ```
    After:
    ```mlir
    %y = xf.reshape %z {shape = [#xf.dim<batch>, #xf.dim<seq>]} : (tensor<?x?x1xf32>) -> tensor<?x?xf32>
    ```
  }];
  let options = [
    Option<"compute", "compute", "bool", "true", "bind sizes that only running the model tells">,
  ];
  let dependentDialects = ["::hagane::xf::XfDialect", "::mlir::tensor::TensorDialect"];
}
