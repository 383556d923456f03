// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// Rows in order; where one differs from the row before, a group starts.
// CHECK-LABEL: func.func @Unique11(
// CHECK: %[[O:.*]] = xf.sort_rows {{.*}} -> tensor<5xi64>
// CHECK: xf.cmp {{.*}}<ne>
// CHECK: xf.scatter_elements {{.*}}<set>
// CHECK: %[[N:.*]] = xf.nonzero
// CHECK: xf.scatter_elements {{.*}}<add>
func.func @Unique11(%x: tensor<5xf32>) -> !onnx.unknown {
  %y, %i, %j, %c = onnx.node "Unique" since 11 (%x) : (tensor<5xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %y : !onnx.unknown
}
