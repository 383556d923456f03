// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file -verify-diagnostics

func.func @absurd_targets(%x: tensor<3x2xf32>) -> !onnx.unknown {
  // expected-error @below {{there are 3 leaves for 2147483647 targets, more than 67108864 weights}}
  %y = onnx.node "TreeEnsemble" domain "ai.onnx.ml" since 5 (%x) {n_targets = 2147483647, tree_roots = array<i64: 0>,
    nodes_featureids = array<i64: 0, 1>, nodes_splits = dense<[1.0, 2.0]> : tensor<2xf32>, nodes_modes = dense<[0, 3]> : tensor<2xui8>,
    nodes_truenodeids = array<i64: 1, 0>, nodes_trueleafs = array<i64: 0, 1>, nodes_falsenodeids = array<i64: 2, 1>, nodes_falseleafs = array<i64: 1, 1>,
    leaf_targetids = array<i64: 0, 0, 0>, leaf_weights = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>} : (tensor<3x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @mode_that_is_none(%x: tensor<3x2xf32>) -> !onnx.unknown {
  // expected-error @below {{a node's mode is nan, expected 0 to 6}}
  %y = onnx.node "TreeEnsemble" domain "ai.onnx.ml" since 5 (%x) {n_targets = 1, tree_roots = array<i64: 0>,
    nodes_featureids = array<i64: 0, 1>, nodes_splits = dense<[1.0, 2.0]> : tensor<2xf32>, nodes_modes = dense<[0.0, 0x7FC00000]> : tensor<2xf32>,
    nodes_truenodeids = array<i64: 1, 0>, nodes_trueleafs = array<i64: 0, 1>, nodes_falsenodeids = array<i64: 2, 1>, nodes_falseleafs = array<i64: 1, 1>,
    leaf_targetids = array<i64: 0, 0, 0>, leaf_weights = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>} : (tensor<3x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
