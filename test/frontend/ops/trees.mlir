// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// Two levels: the feature and split of each row's node, then the node's child.
// CHECK-LABEL: func.func @TreeEnsemble5(
// CHECK: xf.gather_elements %arg0
// CHECK: xf.select {{.*}} -> tensor<3x1xi64>
// CHECK: xf.gather_elements %arg0
// CHECK: xf.select {{.*}} -> tensor<3x1xi64>
// CHECK-NOT: xf.gather_elements
// CHECK: xf.reduce {{.*}} -> tensor<3x1xf32>
func.func @TreeEnsemble5(%x: tensor<3x2xf32>) -> !onnx.unknown {
  %y = onnx.node "TreeEnsemble" domain "ai.onnx.ml" since 5 (%x) {n_targets = 1, tree_roots = array<i64: 0>,
    nodes_featureids = array<i64: 0, 1>, nodes_splits = dense<[1.0, 2.0]> : tensor<2xf32>, nodes_modes = dense<[0, 3]> : tensor<2xui8>,
    nodes_truenodeids = array<i64: 1, 0>, nodes_trueleafs = array<i64: 0, 1>, nodes_falsenodeids = array<i64: 2, 1>, nodes_falseleafs = array<i64: 1, 1>,
    leaf_targetids = array<i64: 0, 0, 0>, leaf_weights = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>} : (tensor<3x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
