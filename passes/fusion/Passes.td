//===- Passes.td - Fusions on the xf dialect ---------------*- tablegen -*-===//
//
// One pass per row of Fusions.def. Each sees a whole module, for the ranges of
// its symbols.
//
//===----------------------------------------------------------------------===//

include "mlir/Pass/PassBase.td"

class FusionPass<string flag> : Pass<flag, "::mlir::ModuleOp"> {
  let dependentDialects = ["::hagane::xf::XfDialect"];
}

def SimplifyFormsPass : FusionPass<"hagane-simplify-forms"> {
  let summary = "what exporters spell in many ways is spelt in one";
  let description = [{
    Gathers of one known position become slices; slices move before transposes
    and before reshapes that split the last axis; tuples of one index, casts
    there and back, operands that broadcast by themselves, products over one
    element, sums divided by their count and changes of shape that change
    nothing get their plain form.

    Before:
    ```mlir
    %0 = xf.reshape %qkv {shape = [#xf.dim<b>, #xf.dim<s>, #xf.dim<3>, #xf.dim<8>]} : (tensor<?x?x24xf32>) -> tensor<?x?x3x8xf32>
    %k = xf.gather %0, %one {axis = 2 : i64} : (tensor<?x?x3x8xf32>, tensor<i64>) -> tensor<?x?x8xf32>
    ```
    After:
    ```mlir
    %k = xf.slice %qkv {axes = array<i64: 2>, starts = [#xf.dim<8>], ends = [#xf.dim<16>], steps = array<i64: 1>} : (tensor<?x?x24xf32>) -> tensor<?x?x8xf32>
    ```
  }];
}

def SimplifyViewsPass : FusionPass<"hagane-simplify-views"> {
  let summary = "slices move before transposes";
  let description = [{
    Along the last axis, too, which `hagane-simplify-forms` leaves: rotary
    embeddings are found by the halves of the tensor that they rotate.

    Before:
    ```mlir
    %0 = xf.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x5x4x48xf32>) -> tensor<2x4x5x48xf32>
    %k = xf.slice %0 {axes = array<i64: 3>, starts = [#xf.dim<16>], ends = [#xf.dim<32>], steps = array<i64: 1>} : (tensor<2x4x5x48xf32>) -> tensor<2x4x5x16xf32>
    ```
    After:
    ```mlir
    %0 = xf.slice %x {axes = array<i64: 3>, starts = [#xf.dim<16>], ends = [#xf.dim<32>], steps = array<i64: 1>} : (tensor<2x5x4x48xf32>) -> tensor<2x5x4x16xf32>
    %k = xf.transpose %0 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x5x4x16xf32>) -> tensor<2x4x5x16xf32>
    ```
  }];
}

def FuseSoftmaxPass : FusionPass<"hagane-fuse-softmax"> {
  let summary = "e^(x - max) / sum(e^(x - max)) becomes softmax";
  let description = [{
    Before:
    ```mlir
    %0 = xf.reduce %x {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<max>} : (tensor<?x64xf32>) -> tensor<?x1xf32>
    %1 = xf.sub %x, %0 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
    %2 = xf.exp %1 : (tensor<?x64xf32>) -> tensor<?x64xf32>
    %3 = xf.reduce %2 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<sum>} : (tensor<?x64xf32>) -> tensor<?x1xf32>
    %y = xf.div %2, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %y = xf.softmax %x {axis = 1 : i64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
  }];
}

def FuseGroupNormPass : FusionPass<"hagane-fuse-group-norm"> {
  let summary = "a norm of groups as channels, scaled by channel, becomes group_norm";
  let description = [{
    Exporters reshape groups of channels to channels, normalise each by itself,
    and scale the channels after the reshape back.

    Before:
    ```mlir
    %0 = xf.reshape %x {shape = [#xf.dim<0>, #xf.dim<4>, #xf.dim<-1>], copy_zero} : (tensor<?x16x8x8xf32>) -> tensor<?x4x256xf32>
    %1 = xf.group_norm %0, %ones, %zeros {groups = 4 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x4x256xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x256xf32>
    %2 = xf.reshape %1 {shape = [#xf.dim<b>, #xf.dim<16>, #xf.dim<8>, #xf.dim<8>]} : (tensor<?x4x256xf32>) -> tensor<?x16x8x8xf32>
    %3 = xf.mul %2, %scale : (tensor<?x16x8x8xf32>, tensor<16x1x1xf32>) -> tensor<?x16x8x8xf32>
    %y = xf.add %3, %bias : (tensor<?x16x8x8xf32>, tensor<16x1x1xf32>) -> tensor<?x16x8x8xf32>
    ```
    After:
    ```mlir
    %y = xf.group_norm %x, %scale1, %bias1 {groups = 4 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x16x8x8xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<?x16x8x8xf32>
    ```
  }];
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

def FuseLayerNormPass : FusionPass<"hagane-fuse-layer-norm"> {
  let summary = "(x - mean) / sqrt(variance + epsilon) * scale + bias becomes layer_norm";
  let description = [{
    Also moves a constant scale and bias after a layer_norm into it, and a
    norm that is computed in a wider type, between two casts, to its operand's.

    Before:
    ```mlir
    %0 = xf.reduce %x {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x64xf32>) -> tensor<?x1xf32>
    %1 = xf.sub %x, %0 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
    %2 = xf.pow %1, %two : (tensor<?x64xf32>, tensor<f32>) -> tensor<?x64xf32>
    %3 = xf.reduce %2 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x64xf32>) -> tensor<?x1xf32>
    %4 = xf.add %3, %epsilon : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
    %5 = xf.sqrt %4 : (tensor<?x1xf32>) -> tensor<?x1xf32>
    %6 = xf.div %1, %5 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
    %7 = xf.mul %6, %scale : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    %y = xf.add %7, %bias : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %y = xf.layer_norm %x, %scale, %bias {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    ```
  }];
}

def FuseRmsNormPass : FusionPass<"hagane-fuse-rms-norm"> {
  let summary = "x / sqrt(mean(x^2) + epsilon) * scale becomes rms_norm";
  let description = [{
    Also moves a constant scale after an rms_norm into it, and a norm that is
    computed in a wider type, between two casts, to its operand's.

    Before:
    ```mlir
    %0 = xf.mul %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    %1 = xf.reduce %0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<?x64xf32>) -> tensor<?x1xf32>
    %2 = xf.add %1, %epsilon : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
    %3 = xf.rsqrt %2 : (tensor<?x1xf32>) -> tensor<?x1xf32>
    %4 = xf.mul %x, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
    %y = xf.mul %scale, %4 : (tensor<64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %y = xf.rms_norm %x, %scale {axis = 1 : i64, epsilon = 1.0e-6 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
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

def FuseSiluPass : FusionPass<"hagane-fuse-silu"> {
  let summary = "x * sigmoid(x) and x / (1 + e^-x) become silu";
  let description = [{
    Before:
    ```mlir
    %0 = xf.sigmoid %x : (tensor<?xf32>) -> tensor<?xf32>
    %y = xf.mul %x, %0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    ```
    After:
    ```mlir
    %y = xf.silu %x : (tensor<?xf32>) -> tensor<?xf32>
    ```
  }];
}

def FuseGatedPass : FusionPass<"hagane-fuse-gated"> {
  let summary = "activation(gate) * up becomes gated";
  let description = [{
    For silu, gelu and relu, where the shapes of both are provably equal.

    Before:
    ```mlir
    %0 = xf.silu %g : (tensor<?x64xf32>) -> tensor<?x64xf32>
    %y = xf.mul %0, %u : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %y = xf.gated %g, %u {activation = #xf.activation_kind<silu>} : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
  }];
}

def FuseRotaryPass : FusionPass<"hagane-fuse-rotary"> {
  let summary = "x * cos + rotate_half(x) * sin becomes rotary";
  let description = [{
    The tables of rotary have one angle per pair of features. Tables of full
    width must be proved to repeat each angle: they are traced back to the
    concatenation of a tensor with itself. The other form, whose halves are
    concatenated after the rotation, needs no proof.

    Before:
    ```mlir
    %0 = xf.slice %x {axes = array<i64: 3>, starts = [#xf.dim<0>], ends = [#xf.dim<8>], steps = array<i64: 1>} : (tensor<?x4x?x16xf32>) -> tensor<?x4x?x8xf32>
    %1 = xf.slice %x {axes = array<i64: 3>, starts = [#xf.dim<8>], ends = [#xf.dim<16>], steps = array<i64: 1>} : (tensor<?x4x?x16xf32>) -> tensor<?x4x?x8xf32>
    %2 = xf.neg %1 : (tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
    %3 = xf.concat %2, %0 {axis = 3 : i64} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x16xf32>
    %4 = xf.concat %angles, %angles {axis = 3 : i64} : (tensor<?x1x?x8xf32>, tensor<?x1x?x8xf32>) -> tensor<?x1x?x16xf32>
    %5 = xf.cos %4 : (tensor<?x1x?x16xf32>) -> tensor<?x1x?x16xf32>
    %6 = xf.sin %4 : (tensor<?x1x?x16xf32>) -> tensor<?x1x?x16xf32>
    %7 = xf.mul %x, %5 : (tensor<?x4x?x16xf32>, tensor<?x1x?x16xf32>) -> tensor<?x4x?x16xf32>
    %8 = xf.mul %3, %6 : (tensor<?x4x?x16xf32>, tensor<?x1x?x16xf32>) -> tensor<?x4x?x16xf32>
    %y = xf.add %7, %8 : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
    ```
    After:
    ```mlir
    %cos = xf.cos %angles : (tensor<?x1x?x8xf32>) -> tensor<?x1x?x8xf32>
    %sin = xf.sin %angles : (tensor<?x1x?x8xf32>) -> tensor<?x1x?x8xf32>
    %y = xf.rotary %x, %cos, %sin {rotated = 16 : i64} : (tensor<?x4x?x16xf32>, tensor<?x1x?x8xf32>, tensor<?x1x?x8xf32>) -> tensor<?x4x?x16xf32>
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

def FuseCacheAppendPass : FusionPass<"hagane-fuse-cache-append"> {
  let summary = "concat(past, x) read by attention becomes cache_append";
  let description = [{
    Where `past` is an argument of the function and the concatenation one of
    its results, along the axis of the attention's keys.

    Before:
    ```mlir
    %k = xf.concat %past, %new {axis = 2 : i64} : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32>
    ```
    After:
    ```mlir
    %k = xf.cache_append %past, %new {axis = 2 : i64} : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32>
    ```
  }];
}

def LoopRecurrentPass : FusionPass<"hagane-loop-recurrent"> {
  let summary = "recurrences with large weights become loops of linears";
  let description = [{
    A recurrence of a small state runs from end to end on one thread for each
    sequence. Where its recurrent weight exceeds the first cache, a loop whose
    steps multiply the states of all sequences by it at once is faster.

    Before:
    ```mlir
    %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<rnn>, direction = #xf.direction_kind<forward>, activations = ["Tanh"], hidden = 256 : i64}
      : (tensor<?x2x3xf32>, tensor<1x256x3xf32>, tensor<1x256x256xf32>) -> (tensor<?x1x2x256xf32>, tensor<1x2x256xf32>, tensor<0x2x256xf32>)
    ```
    After:
    ```mlir
    %in = xf.linear %x, %w0 {transpose_weight} : (tensor<?x2x3xf32>, tensor<256x3xf32>) -> tensor<?x2x256xf32>
    %3:2 = scf.for %i = %c0 to %steps step %c1 iter_args(%y = %0, %h = %1) -> (tensor<?x2x256xf32>, tensor<2x256xf32>) {
      xf.bind @step, %i : index
      %s = xf.linear %h, %r0 {transpose_weight} : (tensor<2x256xf32>, tensor<256x256xf32>) -> tensor<2x256xf32>
      ...
    }
    ```
  }];
  let dependentDialects = ["::hagane::xf::XfDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
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
