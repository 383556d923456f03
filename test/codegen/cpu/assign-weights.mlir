// RUN: hagane-opt %s -hagane-assign-weights -split-input-file -verify-diagnostics | FileCheck %s

// Places are aligned to 64 bytes; equal expressions share one, others of equal size do not.
// CHECK: kernel.global @a : tensor<3xf32> attributes {offset = 0 : i64}
// CHECK: kernel.global @b : tensor<2x1x2xf32> attributes {offset = 64 : i64}
// CHECK: kernel.global @c : tensor<3xf32> attributes {offset = 0 : i64}
// CHECK: kernel.global @d : tensor<3xf32> attributes {offset = 128 : i64}
// Nothing takes no place, not even one behind the others.
// CHECK: kernel.global @e : tensor<0xf32> attributes {offset = 0 : i64}
kernel.global @a : tensor<3xf32> {
  %c = xf.constant {value = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  kernel.yield %c : tensor<3xf32>
}
kernel.global @b : tensor<2x1x2xf32> {
  %c = xf.constant {value = dense<1.0> : tensor<1x3xf32>} : () -> tensor<1x3xf32>
  %p = kernel.pack %c {panel = 2 : i64} : tensor<1x3xf32> -> tensor<2x1x2xf32>
  kernel.yield %p : tensor<2x1x2xf32>
}
kernel.global @c : tensor<3xf32> {
  %x = xf.constant {value = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  kernel.yield %x : tensor<3xf32>
}
kernel.global @d : tensor<3xf32> {
  %x = xf.constant {value = dense<[1.0, 2.0, 4.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  kernel.yield %x : tensor<3xf32>
}
kernel.global @e : tensor<0xf32> {
  %x = xf.constant {value = dense<> : tensor<0xf32>} : () -> tensor<0xf32>
  kernel.yield %x : tensor<0xf32>
}
