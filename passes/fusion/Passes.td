//===- Passes.td - Fusions on the xf dialect --------------------*- tablegen -*-===//
//
// One pass per row of Fusions.def. Each sees a whole module, for the ranges of
// its symbols.
//
//===----------------------------------------------------------------------===//

include "mlir/Pass/PassBase.td"

class FusionPass<string flag> : Pass<flag, "::mlir::ModuleOp"> {
  let dependentDialects = ["::hagane::xf::XfDialect"];
}

def FuseLinearBiasPass : FusionPass<"hagane-fuse-linear-bias"> {
  let summary = "constant vectors added to linears become biases";
  let description = [{
    Also makes products with a constant matrix linears, and a linear's
    transposed weight a flag.

    Before:
    ```mlir
    %y = xf.linear %x, %w : (tensor<?x384xf32>, tensor<384x64xf32>) -> tensor<?x64xf32>
    %z = xf.add %b, %y : (tensor<64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %z = xf.linear %x, %w, %b : (tensor<?x384xf32>, tensor<384x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    ```
  }];
}

def FuseGeluPass : FusionPass<"hagane-fuse-gelu"> {
  let summary = "x/2 * (1 + erf(x / sqrt(2))) and its tanh approximation become gelu";
  let description = [{
    In any order and association of the factors.

    Before:
    ```mlir
    %0 = xf.div %x, %sqrt2 : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
    %1 = xf.erf %0 : (tensor<?xf32>) -> tensor<?xf32>
    %2 = xf.add %1, %one : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
    %3 = xf.mul %x, %2 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    %y = xf.mul %3, %half : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
    ```
    After:
    ```mlir
    %y = xf.gelu %x : (tensor<?xf32>) -> tensor<?xf32>
    ```
  }];
}

def FuseAttentionPass : FusionPass<"hagane-fuse-attention"> {
  let summary = "softmax(scale * q k^T + mask) v becomes attention";
  let description = [{
    Scales on the scores, on q or on k; masks that are added or that select;
    keys transposed by whatever transpose; heads merged with the batch;
    repeated key/value heads; rows replaced by zeros where they are NaN because
    a mask hides all of their keys.

    A mask that selects a finite number does so only if the number is so low
    that adding it to any score gives the number back.

    Before:
    ```mlir
    %0 = xf.transpose %k {permutation = array<i64: 0, 1, 3, 2>} : (tensor<2x4x?x8xf32>) -> tensor<2x4x8x?xf32>
    %1 = xf.matmul %q, %0 : (tensor<2x4x?x8xf32>, tensor<2x4x8x?xf32>) -> tensor<2x4x?x?xf32>
    %2 = xf.mul %1, %scale : (tensor<2x4x?x?xf32>, tensor<f32>) -> tensor<2x4x?x?xf32>
    %3 = xf.add %2, %mask : (tensor<2x4x?x?xf32>, tensor<2x1x1x?xf32>) -> tensor<2x4x?x?xf32>
    %4 = xf.softmax %3 {axis = 3 : i64} : (tensor<2x4x?x?xf32>) -> tensor<2x4x?x?xf32>
    %y = xf.matmul %4, %v : (tensor<2x4x?x?xf32>, tensor<2x4x?x8xf32>) -> tensor<2x4x?x8xf32>
    ```
    After:
    ```mlir
    %y = xf.attention %q, %k, %v bias %mask {causal = #xf.causal_kind<none>, scale = 0.35355339059327379 : f64} : (tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, tensor<2x1x1x?xf32>) -> tensor<2x4x?x8xf32>
    ```
  }];
}

def MergeLinearsPass : FusionPass<"hagane-merge-linears"> {
  let summary = "linears of one operand side by side become one";
  let description = [{
    Queries, keys and values, or gate and up: their weights side by side are an
    expression on constants, executed when the module is written. Only where
    each part stays a view: its users split its last axis or gate it.

    Before:
    ```mlir
    %q = xf.linear %x, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
    %k = xf.linear %x, %wk : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
    ```
    After:
    ```mlir
    %w = xf.concat %wq, %wk {axis = 1 : i64} : (tensor<8x8xf32>, tensor<8x4xf32>) -> tensor<8x12xf32>
    %qk = xf.linear %x, %w : (tensor<?x8xf32>, tensor<8x12xf32>) -> tensor<?x12xf32>
    %q = xf.slice %qk {axes = array<i64: 1>, starts = [#xf.dim<0>], ends = [#xf.dim<8>], steps = array<i64: 1>} : (tensor<?x12xf32>) -> tensor<?x8xf32>
    %k = xf.slice %qk {axes = array<i64: 1>, starts = [#xf.dim<8>], ends = [#xf.dim<12>], steps = array<i64: 1>} : (tensor<?x12xf32>) -> tensor<?x4xf32>
    ```
  }];
}
