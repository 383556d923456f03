// RUN: hagane-opt %s -hagane-fuse-gelu --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] gelu | Category:fusion | Function=torch
// CHECK-DAG: [Missed] gelu | Category:fusion | Function=other_uses | {{.*}}Reason="a factor has other uses"
// CHECK-DAG: [Missed] gelu | Category:fusion | Function=wrong_constant | {{.*}}Reason="the operand is not x / sqrt(2)"
// CHECK-DAG: [Missed] gelu | Category:fusion | Function=incomplete | {{.*}}Reason="the result is not x/2 * (1 + erf)"

// x * (1 + erf(x / sqrt(2))) * 0.5, as PyTorch's TorchScript exporter writes it.
// CHECK-LABEL: func.func @torch
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf32>
// CHECK-NEXT: %[[Y:.*]] = xf.gelu %[[X]] : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @torch(%x: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> {
  %root = xf.constant {value = dense<1.41421354> : tensor<f32>} : () -> tensor<f32>
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.div %x, %root : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?x8xf32>
  %1 = xf.erf %0 : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %2 = xf.add %1, %one : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?x8xf32>
  %3 = xf.mul %x, %2 : (tensor<?x?x8xf32>, tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %4 = xf.mul %3, %half : (tensor<?x?x8xf32>, tensor<f32>) -> tensor<?x?x8xf32>
  return %4 : tensor<?x?x8xf32>
}

// (x * 0.5) * (1 + erf(x * sqrt(1/2))), as TensorFlow's writes it; x is itself a product.
// CHECK-LABEL: func.func @half_first
// CHECK: %[[X:.*]] = xf.mul
// CHECK-NEXT: %[[Y:.*]] = xf.gelu %[[X]]
// CHECK-NEXT: return %[[Y]]
func.func @half_first(%h: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %root = xf.constant {value = dense<0.707106769> : tensor<1xf32>} : () -> tensor<1xf32>
  %one = xf.constant {value = dense<1.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %half = xf.constant {value = dense<0.5> : tensor<1xf32>} : () -> tensor<1xf32>
  %x = xf.mul %h, %h : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %0 = xf.mul %x, %root : (tensor<4x8xf32>, tensor<1xf32>) -> tensor<4x8xf32>
  %1 = xf.erf %0 : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = xf.add %one, %1 : (tensor<1xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %3 = xf.mul %half, %x : (tensor<1xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %4 = xf.mul %2, %3 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %4 : tensor<4x8xf32>
}

// x * (0.5 * erf + 0.5)
// CHECK-LABEL: func.func @distributed
// CHECK-NEXT: %[[Y:.*]] = xf.gelu %{{.*}}
// CHECK-NEXT: return %[[Y]]
func.func @distributed(%x: tensor<?xf16>) -> tensor<?xf16> {
  %root = xf.constant {value = dense<0.70703125> : tensor<f16>} : () -> tensor<f16>
  %half = xf.constant {value = dense<0.5> : tensor<f16>} : () -> tensor<f16>
  %0 = xf.mul %x, %root : (tensor<?xf16>, tensor<f16>) -> tensor<?xf16>
  %1 = xf.erf %0 : (tensor<?xf16>) -> tensor<?xf16>
  %2 = xf.mul %1, %half : (tensor<?xf16>, tensor<f16>) -> tensor<?xf16>
  %3 = xf.add %2, %half : (tensor<?xf16>, tensor<f16>) -> tensor<?xf16>
  %4 = xf.mul %3, %x : (tensor<?xf16>, tensor<?xf16>) -> tensor<?xf16>
  return %4 : tensor<?xf16>
}

// 0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3)))
// CHECK-LABEL: func.func @tanh_power
// CHECK-NEXT: %[[Y:.*]] = xf.gelu %{{.*}} {tanh}
// CHECK-NEXT: return %[[Y]]
func.func @tanh_power(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %root = xf.constant {value = dense<0.797884583> : tensor<f32>} : () -> tensor<f32>
  %cubic = xf.constant {value = dense<0.044715> : tensor<f32>} : () -> tensor<f32>
  %three = xf.constant {value = dense<3.0> : tensor<f32>} : () -> tensor<f32>
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.mul %x, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = xf.pow %x, %three : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %2 = xf.mul %1, %cubic : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = xf.add %x, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = xf.mul %3, %root : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %5 = xf.tanh %4 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = xf.add %5, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %7 = xf.mul %0, %6 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %7 : tensor<?x8xf32>
}

// The same with x * sqrt(2/pi) * (1 + 0.044715 * x * x).
// CHECK-LABEL: func.func @tanh_products
// CHECK-NEXT: %[[Y:.*]] = xf.gelu %{{.*}} {tanh}
// CHECK-NEXT: return %[[Y]]
func.func @tanh_products(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %root = xf.constant {value = dense<0.797884583> : tensor<f32>} : () -> tensor<f32>
  %cubic = xf.constant {value = dense<0.044715> : tensor<f32>} : () -> tensor<f32>
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.mul %x, %cubic : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = xf.mul %0, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = xf.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = xf.mul %x, %root : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %4 = xf.mul %3, %2 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %5 = xf.tanh %4 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = xf.add %5, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %7 = xf.mul %x, %6 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %8 = xf.mul %7, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %8 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @other_uses
// CHECK-NOT: xf.gelu
// CHECK: return
func.func @other_uses(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %root = xf.constant {value = dense<1.41421354> : tensor<f32>} : () -> tensor<f32>
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.div %x, %root : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = xf.erf %0 : (tensor<8xf32>) -> tensor<8xf32>
  %2 = xf.add %1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %3 = xf.mul %x, %2 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %4 = xf.mul %3, %half : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %2, %4 : tensor<8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @wrong_constant
// CHECK-NOT: xf.gelu
// CHECK: return
func.func @wrong_constant(%x: tensor<8xf32>) -> tensor<8xf32> {
  %root = xf.constant {value = dense<1.5> : tensor<f32>} : () -> tensor<f32>
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.div %x, %root : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = xf.erf %0 : (tensor<8xf32>) -> tensor<8xf32>
  %2 = xf.add %1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %3 = xf.mul %x, %2 : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %4 = xf.mul %3, %half : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %4 : tensor<8xf32>
}

// The constant widens x: the result has another shape.
// CHECK-LABEL: func.func @incomplete
// CHECK-NOT: xf.gelu
// CHECK: return
func.func @incomplete(%x: tensor<8xf32>) -> tensor<2x8xf32> {
  %root = xf.constant {value = dense<1.41421354> : tensor<f32>} : () -> tensor<f32>
  %one = xf.constant {value = dense<1.0> : tensor<2x8xf32>} : () -> tensor<2x8xf32>
  %half = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.div %x, %root : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = xf.erf %0 : (tensor<8xf32>) -> tensor<8xf32>
  %2 = xf.add %1, %one : (tensor<8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  %3 = xf.mul %x, %2 : (tensor<8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  %4 = xf.mul %3, %half : (tensor<2x8xf32>, tensor<f32>) -> tensor<2x8xf32>
  return %4 : tensor<2x8xf32>
}

// A plain tanh is no near match.
// CHECK-LABEL: func.func @pooler
// CHECK-NEXT: xf.tanh
func.func @pooler(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = xf.tanh %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
