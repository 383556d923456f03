// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @TreeEnsembleRegressor1(
// CHECK: xf.broadcast
// CHECK: xf.gather
// CHECK: xf.cast
// CHECK: xf.gather
// CHECK: xf.reduce {{.*}}tensor<?x1xf32>
func.func @TreeEnsembleRegressor1(%a0: tensor<?x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "TreeEnsembleRegressor" domain "ai.onnx.ml" since 1 (%a0) {nodes_treeids = array<i64: 0, 0, 0>, nodes_nodeids = array<i64: 0, 1, 2>, nodes_featureids = array<i64: 1, 0, 0>, nodes_modes = ["BRANCH_LEQ", "LEAF", "LEAF"], nodes_values = array<f32: 0.5, 0.0, 0.0>, nodes_truenodeids = array<i64: 1, 0, 0>, nodes_falsenodeids = array<i64: 2, 0, 0>, n_targets = 1 : i64, target_treeids = array<i64: 0, 0>, target_nodeids = array<i64: 1, 2>, target_ids = array<i64: 0, 0>, target_weights = array<f32: 1.0, 2.0>} : (tensor<?x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @TreeEnsembleClassifier1(
// CHECK: xf.broadcast
// CHECK: xf.gather
// CHECK: xf.select
// CHECK: xf.neg
// CHECK: xf.concat {{.*}}tensor<?x2xf32>
func.func @TreeEnsembleClassifier1(%a0: tensor<?x2xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %r0, %r1 = onnx.node "TreeEnsembleClassifier" domain "ai.onnx.ml" since 1 (%a0) {nodes_treeids = array<i64: 0, 0, 0>, nodes_nodeids = array<i64: 0, 1, 2>, nodes_featureids = array<i64: 1, 0, 0>, nodes_modes = ["BRANCH_LEQ", "LEAF", "LEAF"], nodes_values = array<f32: 0.5, 0.0, 0.0>, nodes_truenodeids = array<i64: 1, 0, 0>, nodes_falsenodeids = array<i64: 2, 0, 0>, classlabels_int64s = array<i64: 4, 2>, class_treeids = array<i64: 0, 0>, class_nodeids = array<i64: 1, 2>, class_ids = array<i64: 0, 0>, class_weights = array<f32: 1.0, -2.0>} : (tensor<?x2xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %r0, %r1 : !onnx.unknown, !onnx.unknown
}
