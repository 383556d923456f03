// RUN: hagane-opt %s -hagane-fuse-linear-bias --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] linear-bias | Category:fusion | Function=bias_first | Nodes="/dense/MatMul, /dense/Add"
// CHECK-DAG: [Missed] linear-bias | Category:fusion | Function=has_bias | {{.*}}Reason="the linear has a bias already"
// CHECK-DAG: [Missed] linear-bias | Category:fusion | Function=other_uses | {{.*}}Reason="the linear's result has other uses"
// CHECK-DAG: [Missed] linear-bias | Category:fusion | Function=varies_over_rows | {{.*}}Reason="the constant {{.*}}"

#matmul = loc("/dense/MatMul")
#add = loc("/dense/Add")

// CHECK-LABEL: func.func @bias_first
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf32>
// CHECK-DAG: %[[W:.*]] = xf.constant {value = dense<2.0
// CHECK-DAG: %[[B:.*]] = xf.constant {value = dense<3.0
// CHECK: %[[Y:.*]] = xf.linear %[[X]], %[[W]], %[[B]]
// CHECK-SAME: tensor<?x?x4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @bias_first(%x: tensor<?x?x8xf32>) -> tensor<?x?x4xf32> {
  %w = xf.constant {value = dense<2.0> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
  %b = xf.constant {value = dense<3.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %0 = xf.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x4xf32>) -> tensor<?x?x4xf32> loc(#matmul)
  %1 = xf.add %b, %0 : (tensor<4xf32>, tensor<?x?x4xf32>) -> tensor<?x?x4xf32> loc(#add)
  return %1 : tensor<?x?x4xf32>
}

// A product with a transposed constant, and a bias with leading ones.
// CHECK-LABEL: func.func @from_matmul
// CHECK: %[[W:.*]] = xf.constant {value = dense<2.0
// CHECK: %[[B:.*]] = xf.reshape %{{.*}} {shape = [#xf.dim<4>]} : (tensor<1x1x4xf32>) -> tensor<4xf32>
// CHECK: xf.linear %{{.*}}, %[[W]], %[[B]] {transpose_weight}
// CHECK-NOT: xf.transpose
// CHECK: return
func.func @from_matmul(%x: tensor<2x?x8xf32>) -> tensor<2x?x4xf32> {
  %w = xf.constant {value = dense<2.0> : tensor<4x8xf32>} : () -> tensor<4x8xf32>
  %b = xf.constant {value = dense<3.0> : tensor<1x1x4xf32>} : () -> tensor<1x1x4xf32>
  %t = xf.transpose %w {permutation = array<i64: 1, 0>} : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %0 = xf.matmul %x, %t : (tensor<2x?x8xf32>, tensor<8x4xf32>) -> tensor<2x?x4xf32>
  %1 = xf.add %0, %b : (tensor<2x?x4xf32>, tensor<1x1x4xf32>) -> tensor<2x?x4xf32>
  return %1 : tensor<2x?x4xf32>
}

// CHECK-LABEL: func.func @scalar
// CHECK: %[[B:.*]] = xf.broadcast %{{.*}} {shape = [#xf.dim<4>]} : (tensor<1xf32>) -> tensor<4xf32>
// CHECK: xf.linear %{{.*}}, %{{.*}}, %[[B]]
func.func @scalar(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %w = xf.constant {value = dense<2.0> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
  %b = xf.constant {value = dense<3.0> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.linear %x, %w : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  %1 = xf.add %0, %b : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// A residual is no bias, and no remark is due.
// CHECK-LABEL: func.func @residual
// CHECK: xf.linear
// CHECK: xf.add
func.func @residual(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = xf.constant {value = dense<2.0> : tensor<8x8xf32>} : () -> tensor<8x8xf32>
  %0 = xf.linear %x, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = xf.add %0, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @has_bias
// CHECK: xf.add
func.func @has_bias(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %w = xf.constant {value = dense<2.0> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
  %b = xf.constant {value = dense<3.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %0 = xf.linear %x, %w, %b : (tensor<?x8xf32>, tensor<8x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %1 = xf.add %0, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @other_uses
// CHECK: xf.add
func.func @other_uses(%x: tensor<?x8xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %w = xf.constant {value = dense<2.0> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
  %b = xf.constant {value = dense<3.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %0 = xf.linear %x, %w : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  %1 = xf.add %0, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: func.func @varies_over_rows
// CHECK: xf.add
func.func @varies_over_rows(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
  %w = xf.constant {value = dense<2.0> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
  %b = xf.constant {value = dense<3.0> : tensor<2x4xf32>} : () -> tensor<2x4xf32>
  %0 = xf.linear %x, %w : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  %1 = xf.add %0, %b : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}
