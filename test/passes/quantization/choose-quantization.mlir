// RUN: hagane-opt %s --hagane-choose-quantization=rules=int4,*up*=int8:act=int8,/exempt=none,/bytes=int8:group=16:asym:act=int8-group --remarks-filter=quantization 2>&1 | FileCheck %s
// RUN: hagane-opt %s --hagane-choose-quantization | FileCheck %s --check-prefix=MODEL

// CHECK-DAG: [Passed] quantize | Category:quantization | Function=products | Nodes=/up/MatMul
// CHECK-DAG: [Missed] quantize | Category:quantization | Function=products | Nodes=/small/MatMul, Reason="its matrix is small"
// CHECK-DAG: [Missed] quantize | Category:quantization | Function=products | Nodes=/coded/MatMul, Reason="its weight is quantized in the model"

// MODEL-NOT: quantize_

// The last rule that matches a name counts; products of one input share codes.
// CHECK-LABEL: func.func @products
// CHECK: %[[C:.*]], %[[S:.*]] = xf.quantize_rows %arg0 {block = 0 : i64}
// CHECK: %[[X:.*]] = xf.dequantize %[[C]], %[[S]] {axis = 1 : i64, block = 40 : i64} : (tensor<?x40xi8>, tensor<?x1xf32>) -> tensor<?x40xf32>
// CHECK: %[[W:.*]], %[[WS:.*]] = xf.quantize_weight %{{.*}} {bits = 8 : i64, block = 0 : i64, method = "nearest", scale_type = f32, symmetric} : (tensor<40x48xf32>) -> (tensor<40x48xi8>, tensor<1x48xf32>)
// CHECK: %[[U:.*]] = xf.dequantize %[[W]], %[[WS]] {axis = 0 : i64, block = 40 : i64}
// CHECK: xf.linear %[[X]], %[[U]] {xf.scheme = "int8:act=int8"}
// CHECK: xf.linear %[[X]], %{{.*}} {xf.scheme = "int8:act=int8"}
// The default of others: blocks of 32, of which the last is short.
// CHECK: xf.quantize_weight %{{.*}} {bits = 4 : i64, block = 32 : i64, method = "mse", scale_type = f16, symmetric} : (tensor<40x16xf32>) -> (tensor<40x16xi4>, tensor<2x16xf16>)
// CHECK: xf.linear %arg0, %{{.*}} {xf.scheme = "int4"}
// CHECK: xf.linear %arg0, %{{[^{]*}} : (tensor<?x40xf32>, tensor<40x16xf32>)
// CHECK: xf.linear %arg0, %{{[^{]*}} : (tensor<?x40xf32>, tensor<40x8xf32>)
// CHECK: xf.linear %arg0, %{{[^{]*}} : (tensor<?x40xf32>, tensor<40x16xf32>)
func.func @products(%x: tensor<?x40xf32>) -> (tensor<?x48xf32>, tensor<?x48xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x16xf32>) {
  %w0 = xf.constant {value = dense_resource<w0> : tensor<40x48xf32>} : () -> tensor<40x48xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<40x16xf32>} : () -> tensor<40x16xf32>
  %w2 = xf.constant {value = dense_resource<w2> : tensor<40x8xf32>} : () -> tensor<40x8xf32>
  %w3 = xf.constant {value = dense<3> : tensor<40x16xi8>} : () -> tensor<40x16xi8>
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %w4 = xf.dequantize %w3, %one {axis = 0 : i64, block = 0 : i64} : (tensor<40x16xi8>, tensor<f32>) -> tensor<40x16xf32>
  %0 = xf.linear %x, %w0 : (tensor<?x40xf32>, tensor<40x48xf32>) -> tensor<?x48xf32> loc("/up/MatMul")
  %1 = xf.linear %x, %w0 : (tensor<?x40xf32>, tensor<40x48xf32>) -> tensor<?x48xf32> loc("/layer/upper/MatMul")
  %2 = xf.linear %x, %w1 : (tensor<?x40xf32>, tensor<40x16xf32>) -> tensor<?x16xf32> loc("/down/MatMul")
  // A pattern of a scope is for all that is in it.
  %3 = xf.linear %x, %w1 : (tensor<?x40xf32>, tensor<40x16xf32>) -> tensor<?x16xf32> loc("/exempt/a/MatMul")
  %4 = xf.linear %x, %w2 : (tensor<?x40xf32>, tensor<40x8xf32>) -> tensor<?x8xf32> loc("/small/MatMul")
  %5 = xf.linear %x, %w4 : (tensor<?x40xf32>, tensor<40x16xf32>) -> tensor<?x16xf32> loc("/coded/MatMul")
  return %0, %1, %2, %3, %4, %5 : tensor<?x48xf32>, tensor<?x48xf32>, tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x16xf32>
}

// Zero points, transposed weights, blocks of activations, and numbers of 16 bits.
// CHECK-LABEL: func.func @blocks
// CHECK: %[[C:.*]], %[[S:.*]] = xf.quantize_rows %arg0 {block = 16 : i64} : (tensor<2x?x48xf16>) -> (tensor<2x?x48xi8>, tensor<2x?x3xf32>)
// CHECK: %[[X:.*]] = xf.dequantize %[[C]], %[[S]] {axis = 2 : i64, block = 16 : i64}
// CHECK: %[[H:.*]] = xf.cast %[[X]] {to = f16}
// CHECK: %[[W:.*]], %[[WS:.*]], %[[Z:.*]] = xf.quantize_weight %{{.*}} {bits = 8 : i64, block = 16 : i64, method = "nearest", scale_type = f32, transposed} : (tensor<32x48xf16>) -> (tensor<32x48xui8>, tensor<32x3xf32>, tensor<32x3xui8>)
// CHECK: %[[D:.*]] = xf.dequantize %[[W]], %[[WS]], %[[Z]] {axis = 1 : i64, block = 16 : i64}
// CHECK: %[[U:.*]] = xf.cast %[[D]] {to = f16}
// CHECK: xf.linear %[[H]], %[[U]] {transpose_weight, xf.scheme = "int8:group=16:asym:act=int8-group"}
func.func @blocks(%x: tensor<2x?x48xf16>) -> tensor<2x?x32xf16> {
  %w = xf.constant {value = dense_resource<w5> : tensor<32x48xf16>} : () -> tensor<32x48xf16>
  %y = xf.linear %x, %w {transpose_weight} : (tensor<2x?x48xf16>, tensor<32x48xf16>) -> tensor<2x?x32xf16> loc("/bytes")
  return %y : tensor<2x?x32xf16>
}
