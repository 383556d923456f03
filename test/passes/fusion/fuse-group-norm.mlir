// RUN: hagane-opt %s -hagane-fuse-group-norm --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] group-norm | Category:fusion | Function=torch
// CHECK-DAG: [Missed] group-norm | Category:fusion | Function=bare | {{.*}}Reason="no scale and bias of channels follow"

// PyTorch writes an instance norm of the groups between two reshapes.
// CHECK-LABEL: func.func @torch
// CHECK-DAG: %[[S:.*]] = xf.reshape %{{.*}} {shape = [#xf.dim<4>]}
// CHECK-DAG: %[[B:.*]] = xf.reshape %{{.*}} {shape = [#xf.dim<4>]}
// CHECK: %[[Y:.*]] = xf.group_norm %arg0, %[[S]], %[[B]] {epsilon = {{.*}} : f64, groups = 2 : i64} : (tensor<3x4x5x2xf32>, tensor<4xf32>, tensor<4xf32>)
// CHECK-NEXT: return %[[Y]]
func.func @torch(%x: tensor<3x4x5x2xf32>) -> tensor<3x4x5x2xf32> {
  %ones = xf.constant {value = dense<1.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %zeros = xf.constant {value = dense<0.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %s = xf.constant {value = dense<[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]> : tensor<4x1x1xf32>} : () -> tensor<4x1x1xf32>
  %b = xf.constant {value = dense<[[[0.5]], [[0.25]], [[0.0]], [[-1.0]]]> : tensor<4x1x1xf32>} : () -> tensor<4x1x1xf32>
  %0 = xf.reshape %x {shape = [#xf.dim<3>, #xf.dim<2>, #xf.dim<20>]} : (tensor<3x4x5x2xf32>) -> tensor<3x2x20xf32>
  %1 = xf.group_norm %0, %ones, %zeros {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<3x2x20xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<3x2x20xf32>
  %2 = xf.reshape %1 {shape = [#xf.dim<3>, #xf.dim<4>, #xf.dim<5>, #xf.dim<2>]} : (tensor<3x2x20xf32>) -> tensor<3x4x5x2xf32>
  %3 = xf.mul %2, %s : (tensor<3x4x5x2xf32>, tensor<4x1x1xf32>) -> tensor<3x4x5x2xf32>
  %4 = xf.add %b, %3 : (tensor<4x1x1xf32>, tensor<3x4x5x2xf32>) -> tensor<3x4x5x2xf32>
  return %4 : tensor<3x4x5x2xf32>
}

// CHECK-LABEL: func.func @bare
// CHECK: xf.group_norm %{{.*}} : (tensor<3x2x20xf32>
func.func @bare(%x: tensor<3x4x5x2xf32>) -> tensor<3x4x5x2xf32> {
  %ones = xf.constant {value = dense<1.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %zeros = xf.constant {value = dense<0.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %0 = xf.reshape %x {shape = [#xf.dim<3>, #xf.dim<2>, #xf.dim<20>]} : (tensor<3x4x5x2xf32>) -> tensor<3x2x20xf32>
  %1 = xf.group_norm %0, %ones, %zeros {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<3x2x20xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<3x2x20xf32>
  %2 = xf.reshape %1 {shape = [#xf.dim<3>, #xf.dim<4>, #xf.dim<5>, #xf.dim<2>]} : (tensor<3x2x20xf32>) -> tensor<3x4x5x2xf32>
  return %2 : tensor<3x4x5x2xf32>
}
