// RUN: hagane-opt %s --hagane-choose-precision=factors=f16 | FileCheck %s
// RUN: hagane-opt %s --hagane-choose-precision=factors=f16 --hagane-phase-kernels | FileCheck %s --check-prefix=KERNEL
// RUN: hagane-opt %s --hagane-choose-precision=factors=f16 --remarks-filter=precision 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK: f16 {{.*}}Reason="it is no product by a constant matrix"

xf.symbol @m {min = 16 : i64, max = 512 : i64}

// Only a constant is rounded, and rows stay as they are.
// CHECK-LABEL: func.func @main
// CHECK: xf.linear %arg0, %{{.*}} {xf.factor_type = f16}
// CHECK-NOT: xf.factor_type
// KERNEL: kernel.global @[[W:.*]] : tensor<2x64x32xf16>
// KERNEL: kernel.gemm %arg0, {{.*}}b_layout = "panels"
// KERNEL: (tensor<?x64xf32>, tensor<2x64x32xf16>, tensor<?x48xf32>) -> tensor<?x48xf32>
func.func @main(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<m>, #xf.dim<64>]}) -> (tensor<?x48xf32>, tensor<?x?xf32>) {
  %w = xf.constant {value = dense_resource<w> : tensor<64x48xf32>} : () -> tensor<64x48xf32>
  %0 = xf.linear %x, %w : (tensor<?x64xf32>, tensor<64x48xf32>) -> tensor<?x48xf32>
  %1 = xf.matmul %0, %0 {transpose_b} : (tensor<?x48xf32>, tensor<?x48xf32>) -> tensor<?x?xf32>
  return %0, %1 : tensor<?x48xf32>, tensor<?x?xf32>
}
