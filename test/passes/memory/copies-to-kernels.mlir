// RUN: hagane-opt %s --hagane-copies-to-kernels --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: kernel.map ins %arg0 outs %arg1
// CHECK-SAME: shapes = {{\[}}[#xf.dim<n>, #xf.dim<8>], [#xf.dim<n>, #xf.dim<8>]]
// CHECK-NOT: memref.copy
func.func @main(%a: memref<?x8xf32> {xf.dims = [#xf.dim<n>, #xf.dim<8>]}, %b: memref<?x8xf32>) {
  // expected-remark @below {{the value is copied}}
  memref.copy %a, %b : memref<?x8xf32> to memref<?x8xf32>
  memref.copy %b, %b : memref<?x8xf32> to memref<?x8xf32>
  return
}
