// RUN: hagane-opt %s -hagane-fold-constants | FileCheck %s
// RUN: hagane-opt %s -hagane-fold-constants=max-bytes=8 | FileCheck %s --check-prefix=SMALL

// CHECK-LABEL: func @chain
// SMALL-LABEL: func @chain
func.func @chain() -> tensor<2xi64> {
  %a = xf.constant {value = dense<[1, 2]> : tensor<2xi64>} : () -> tensor<2xi64>
  %b = xf.add %a, %a : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
  %c = xf.mul %b, %a : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
  // CHECK: %[[C:.*]] = xf.constant {value = dense<[2, 8]> : tensor<2xi64>}
  // CHECK-NOT: xf.mul
  // CHECK: return %[[C]]
  // SMALL: xf.mul
  return %c : tensor<2xi64>
}

// The value's type is more exact than the operation's.
// CHECK-LABEL: func @exact_type
func.func @exact_type() -> tensor<2x?xi64> {
  %x = xf.constant {value = dense<[[true, false], [true, true]]> : tensor<2x2xi1>} : () -> tensor<2x2xi1>
  // CHECK: xf.constant {value = dense<{{\[\[}}0, 1, 1], [0, 0, 1]]> : tensor<2x3xi64>}
  // CHECK: tensor.cast %{{.*}} : tensor<2x3xi64> to tensor<2x?xi64>
  %y = xf.nonzero %x : (tensor<2x2xi1>) -> tensor<2x?xi64>
  return %y : tensor<2x?xi64>
}

// Weights stay expressions, and so do large results.
// CHECK-LABEL: func @stay
func.func @stay() -> (tensor<2xf32>, tensor<1000x1000xf32>) {
  %w = xf.constant {value = dense_resource<w> : tensor<2xf32>} : () -> tensor<2xf32>
  // CHECK: xf.neg
  %n = xf.neg %w : (tensor<2xf32>) -> tensor<2xf32>
  %one = xf.constant {value = dense<1.0> : tensor<1xf32>} : () -> tensor<1xf32>
  // CHECK: xf.broadcast
  %b = xf.broadcast %one {shape = [#xf.dim<1000>, #xf.dim<1000>]} : (tensor<1xf32>) -> tensor<1000x1000xf32>
  return %n, %b : tensor<2xf32>, tensor<1000x1000xf32>
}

{-# dialect_resources: {builtin: {w: "0x0400000000002041000020C1"}} #-}
