// The pipeline runs every fusion but those left out.
// RUN: hagane-opt %s -hagane-fusion | FileCheck %s --check-prefix=ALL
// RUN: hagane-opt %s "-hagane-fusion=disable-fusion=gelu,attention" | FileCheck %s --check-prefix=WITHOUT
// RUN: not hagane-opt %s "-hagane-fusion=disable-fusion=glue" 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// ALL: xf.gelu
// WITHOUT-NOT: xf.gelu
// UNKNOWN: no fusion is named 'glue'

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %root = xf.constant {value = dense<1.41421354> : tensor<f32>} : () -> tensor<f32>
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.div %x, %root : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = xf.erf %0 : (tensor<8xf32>) -> tensor<8xf32>
  %2 = xf.add %1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %3 = xf.mul %x, %2 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %4 = xf.mul %3, %half : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %4 : tensor<8xf32>
}
