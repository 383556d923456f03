// RUN: hagane-opt %s --split-input-file --hagane-make-stateful --verify-diagnostics

// expected-error @below {{no input is a cache that attention reads; remarks tell what was found}}
func.func @nothing(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// Values stay an input: they are read by another operation too.
xf.symbol @p {min = 0 : i64, max = 64 : i64}
// expected-error @below {{no input is a cache that attention reads}}
func.func @half(%q: tensor<1x2x1x8xf32>, %pk: tensor<1x2x?x8xf32> {xf.dims = [#xf.dim<1>, #xf.dim<2>, #xf.dim<p>, #xf.dim<8>]},
                %pv: tensor<1x2x?x8xf32> {onnx.name = "pv", xf.dims = [#xf.dim<1>, #xf.dim<2>, #xf.dim<p>, #xf.dim<8>]}) -> (tensor<1x2x1x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) {
  %kc = xf.cache_append %pk, %q {axis = 2 : i64} : (tensor<1x2x?x8xf32>, tensor<1x2x1x8xf32>) -> tensor<1x2x?x8xf32>
  %vc = xf.cache_append %pv, %q {axis = 2 : i64} : (tensor<1x2x?x8xf32>, tensor<1x2x1x8xf32>) -> tensor<1x2x?x8xf32>
  %n = xf.neg %vc : (tensor<1x2x?x8xf32>) -> tensor<1x2x?x8xf32>
  %y = xf.attention %q, %kc, %vc {scale = 0.25 : f64, causal = #xf.causal_kind<bottom_right>} : (tensor<1x2x1x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) -> tensor<1x2x1x8xf32>
  return %y, %kc, %n : tensor<1x2x1x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>
}

// -----

// The second layer's cache cannot become a state.
xf.symbol @p {min = 0 : i64, max = 64 : i64}
// expected-error @below {{input 'other' of 'tensor<1x2x?x8xf32>' grows with the past but cannot become a state; remarks tell why}}
func.func @left(%q: tensor<1x2x1x8xf32>, %pk: tensor<1x2x?x8xf32> {xf.dims = [#xf.dim<1>, #xf.dim<2>, #xf.dim<p>, #xf.dim<8>]},
                %o: tensor<1x2x?x8xf32> {onnx.name = "other", xf.dims = [#xf.dim<1>, #xf.dim<2>, #xf.dim<p>, #xf.dim<8>]}) -> (tensor<1x2x1x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) {
  %kc = xf.cache_append %pk, %q {axis = 2 : i64} : (tensor<1x2x?x8xf32>, tensor<1x2x1x8xf32>) -> tensor<1x2x?x8xf32>
  %y = xf.attention %q, %kc, %kc {scale = 0.25 : f64, causal = #xf.causal_kind<bottom_right>} : (tensor<1x2x1x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>) -> tensor<1x2x1x8xf32>
  %oc = xf.cache_append %o, %q {axis = 2 : i64} : (tensor<1x2x?x8xf32>, tensor<1x2x1x8xf32>) -> tensor<1x2x?x8xf32>
  return %y, %kc, %oc : tensor<1x2x1x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>
}
