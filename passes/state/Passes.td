//===- Passes.td - Passes on caches that stay in place -----*- tablegen -*-===//

include "mlir/Pass/PassBase.td"

def MakeStatefulPass : Pass<"hagane-make-stateful", "::mlir::ModuleOp"> {
  let summary = "past inputs and present results become states in pages";
  let description = [{
    Each cache that an input begins, `xf.cache_append` or `xf.cache_write`
    extends, attention reads and a result returns becomes a state, which a step
    changes in place. The inputs `hagane.pages` and `hagane.lengths` tell where
    each entry's positions are. Attention ends at each entry's last position,
    and is causal there if the model's mask says so. `xf.cache` on the function
    describes the step; its `reason` tells why lengths in a step may not differ,
    if so. Fails, with the reason, if an input that grows with the past stays.

    Before:
    ```mlir
    func.func @main(%x: tensor<?x2x?x16xf32>, %past: tensor<?x2x?x16xf32>) -> (tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>) {
      %k = xf.cache_append %past, %x {axis = 2 : i64} : (...) -> tensor<?x2x?x16xf32>
      %y = xf.attention %x, %k, %k {causal = #xf.causal_kind<bottom_right>, scale = 1.0 : f64} : ...
      return %y, %k
    }
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<?x2x?x16xf32>, %pages: tensor<?x?xi32>, %lengths: tensor<?xi64>, %state: tensor<?x2x64x16xf32> {kernel.state = 0}) -> tensor<?x2x?x16xf32> {
      %n, %s, %e = xf.state_places %pages, %lengths {page = 64 : i64, ...} : ...
      %a = xf.state_append %state, %x, %n, %s : ...
      %k = xf.state_read %a, %n {count = #xf.dim<past + seq>} : ...
      %y = xf.attention %x, %k, %k lengths %e {causal = #xf.causal_kind<bottom_right>, scale = 1.0 : f64} : ...
      return %y
    }
    ```
  }];
  let options = [
    Option<"page", "page", "int64_t", "64", "positions of a page">,
    Option<"element", "element", "std::string", "\"model\"",
           "type of the caches: \"bf16\", \"int8\" with a scale for each row, or \"model\" for what the model says">];
  let dependentDialects = ["::hagane::xf::XfDialect"];
}

def VerifyStatesPass : Pass<"hagane-verify-states", "::mlir::func::FuncOp"> {
  let summary = "fail where a state would be copied";
  let description = [{
    After bufferization a state is read and written where it is: as an operand of
    kernels, through views at most. Anything else that takes its memory, a copy
    first of all, is an error.
  }];
}
