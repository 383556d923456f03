// RUN: hagane-opt %s --hagane-choose-precision=factors=bf16 --remarks-filter=precision 2>&1 | FileCheck %s
// RUN: hagane-opt %s --hagane-choose-precision | FileCheck %s --check-prefix=MODEL

// CHECK-DAG: [Passed] bf16 | Category:precision | Function=products | Nodes=/up/MatMul
// CHECK-DAG: [Missed] bf16 | Category:precision | Function=products | Nodes=/small/MatMul, Reason="its matrix is small"
// CHECK-DAG: [Missed] bf16 | Category:precision | Function=cached | Nodes=/attention, Reason="its queries lie in memory as f32"
// CHECK-DAG: [Passed] bf16 | Category:precision | Function=tied | Nodes=/embed/Gather
// CHECK-DAG: [Missed] bf16 | Category:precision | Function=convolutions | Nodes=/groups/Conv, Reason="its channels are in groups"
// CHECK-DAG: [Missed] bf16 | Category:precision | Function=convolutions | Nodes=/odd/Conv, Reason="its channels are odd in number"
// CHECK-DAG: [Missed] bf16 | Category:precision | Function=convolutions | Nodes=/few/Conv, Reason="its matrix is small"
// CHECK-DAG: [Missed] bf16 | Category:precision | Function=convolutions | Nodes=/computed/Conv, Reason="its weight is no constant"

// MODEL-NOT: factor_type

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// A large weight pays even where the other factor is rounded in a pass of its
// own; other types stay.
// CHECK-LABEL: func.func @products
// CHECK: xf.linear %{{.*}} {xf.factor_type = bf16} : (tensor<?x32xf32>
// CHECK: xf.matmul %{{.*}} {xf.factor_type = bf16} : (tensor<?x48xf32>
// CHECK: xf.linear %{{[^{]*}} : (tensor<?x16xf32>
// CHECK: xf.linear %{{[^{]*}} : (tensor<?x32xf16>
func.func @products(%x: tensor<?x32xf32> {xf.dims = [#xf.dim<s>, #xf.dim<32>]}, %h: tensor<?x32xf16> {xf.dims = [#xf.dim<s>, #xf.dim<32>]}) -> (tensor<?x8xf32>, tensor<?x32xf16>) {
  %w0 = xf.constant {value = dense_resource<w0> : tensor<32x48xf32>} : () -> tensor<32x48xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<48x16xf32>} : () -> tensor<48x16xf32>
  %w2 = xf.constant {value = dense_resource<w2> : tensor<16x8xf32>} : () -> tensor<16x8xf32>
  %w3 = xf.constant {value = dense_resource<w3> : tensor<32x32xf16>} : () -> tensor<32x32xf16>
  %0 = xf.linear %x, %w0 : (tensor<?x32xf32>, tensor<32x48xf32>) -> tensor<?x48xf32> loc("/up/MatMul")
  %1 = xf.matmul %0, %w1 : (tensor<?x48xf32>, tensor<48x16xf32>) -> tensor<?x16xf32>
  %2 = xf.linear %1, %w2 : (tensor<?x16xf32>, tensor<16x8xf32>) -> tensor<?x8xf32> loc("/small/MatMul")
  %3 = xf.linear %h, %w3 : (tensor<?x32xf16>, tensor<32x32xf16>) -> tensor<?x32xf16>
  return %2, %3 : tensor<?x8xf32>, tensor<?x32xf16>
}

// What a product makes for codes alone it writes rounded; a norm's rows, and
// what has other readers, stay.
// CHECK-LABEL: func.func @codes
// CHECK: xf.quantize_rows %{{[0-9]+}} {block = 0 : i64, xf.factor_type = bf16} : (tensor<?x48xf32>)
// CHECK: xf.quantize_rows %{{[0-9]+}} {block = 0 : i64} : (tensor<?x32xf32>)
// CHECK: xf.quantize_rows %{{[0-9]+}} {block = 0 : i64} : (tensor<?x16xf32>)
func.func @codes(%x: tensor<?x32xf32> {xf.dims = [#xf.dim<s>, #xf.dim<32>]}) -> (tensor<?x48xi8>, tensor<?x1xf32>, tensor<?x32xi8>, tensor<?x1xf32>, tensor<?x16xi8>, tensor<?x1xf32>, tensor<?x16xf32>) {
  %w0 = xf.constant {value = dense_resource<w0> : tensor<32x48xf32>} : () -> tensor<32x48xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<32x16xf32>} : () -> tensor<32x16xf32>
  %0 = xf.linear %x, %w0 : (tensor<?x32xf32>, tensor<32x48xf32>) -> tensor<?x48xf32>
  %1 = xf.gelu %0 : (tensor<?x48xf32>) -> tensor<?x48xf32>
  %c0, %s0 = xf.quantize_rows %1 {block = 0 : i64} : (tensor<?x48xf32>) -> (tensor<?x48xi8>, tensor<?x1xf32>)
  %2 = xf.rms_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %c1, %s1 = xf.quantize_rows %2 {block = 0 : i64} : (tensor<?x32xf32>) -> (tensor<?x32xi8>, tensor<?x1xf32>)
  %3 = xf.linear %x, %w1 : (tensor<?x32xf32>, tensor<32x16xf32>) -> tensor<?x16xf32>
  %c2, %s2 = xf.quantize_rows %3 {block = 0 : i64} : (tensor<?x16xf32>) -> (tensor<?x16xi8>, tensor<?x1xf32>)
  return %c0, %s0, %c1, %s1, %c2, %s2, %3 : tensor<?x48xi8>, tensor<?x1xf32>, tensor<?x32xi8>, tensor<?x1xf32>, tensor<?x16xi8>, tensor<?x1xf32>, tensor<?x16xf32>
}

// Attention takes what products and rotations write rounded, through views.
// CHECK-LABEL: func.func @heads
// CHECK: xf.attention %{{.*}} {causal = #xf.causal_kind<none>, scale = 5.000000e-01 : f64, xf.factor_type = bf16}
func.func @heads(%x: tensor<1x?x32xf32> {xf.dims = [#xf.dim<1>, #xf.dim<s>, #xf.dim<32>]}, %cos: tensor<?x4xf32> {xf.dims = [#xf.dim<s>, #xf.dim<4>]}) -> tensor<1x4x?x8xf32> {
  %w = xf.constant {value = dense_resource<w0> : tensor<32x32xf32>} : () -> tensor<32x32xf32>
  %0 = xf.linear %x, %w : (tensor<1x?x32xf32>, tensor<32x32xf32>) -> tensor<1x?x32xf32>
  %1 = xf.reshape %0 {shape = [#xf.dim<1>, #xf.dim<s>, #xf.dim<4>, #xf.dim<8>]} : (tensor<1x?x32xf32>) -> tensor<1x?x4x8xf32>
  %2 = xf.transpose %1 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x?x4x8xf32>) -> tensor<1x4x?x8xf32>
  %q = xf.rotary %2, %cos, %cos {rotated = 8 : i64} : (tensor<1x4x?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<1x4x?x8xf32>
  %y = xf.attention %q, %2, %2 {scale = 0.5 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>) -> tensor<1x4x?x8xf32>
  return %y : tensor<1x4x?x8xf32>
}

// Queries would have to be rounded in a pass over them; keys and values that lie in memory are rounded as they are read.
// CHECK-LABEL: func.func @cached
// CHECK: xf.attention %{{[^{]*}} {causal = #xf.causal_kind<none>, scale = 5.000000e-01 : f64} :
// CHECK: xf.attention %{{[^{]*}} {causal = #xf.causal_kind<none>, scale = 5.000000e-01 : f64, xf.factor_type = bf16, xf.read_factors = array<i64: 1, 2>} :
func.func @cached(%q: tensor<1x4x1x8xf32>, %k: tensor<1x4x?x8xf32> {xf.dims = [#xf.dim<1>, #xf.dim<4>, #xf.dim<s>, #xf.dim<8>]}) -> (tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>) {
  %0 = xf.attention %q, %k, %k {scale = 0.5 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x1x8xf32>, tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>) -> tensor<1x4x1x8xf32> loc("/attention")
  %m = xf.mul %q, %q : (tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>) -> tensor<1x4x1x8xf32>
  %1 = xf.attention %m, %k, %k {scale = 0.5 : f64, causal = #xf.causal_kind<none>} : (tensor<1x4x1x8xf32>, tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>) -> tensor<1x4x1x8xf32>
  return %0, %1 : tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>
}

// Rows of a table that is a product's weight as well are read from that; others stay.
// CHECK-LABEL: func.func @tied
// CHECK: xf.gather {{.*}}xf.factor_type = bf16{{.*}} : (tensor<64x32xf32>
// CHECK: xf.linear {{.*}}xf.factor_type = bf16
// CHECK: xf.gather %{{[^{]*}} {axis = 0 : i64} : (tensor<32x32xf32>
func.func @tied(%i: tensor<?xi64> {xf.dims = [#xf.dim<s>]}) -> (tensor<?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %t = xf.constant {value = dense_resource<t> : tensor<64x32xf32>} : () -> tensor<64x32xf32>
  %w = xf.constant {value = dense_resource<w> : tensor<32x32xf32>} : () -> tensor<32x32xf32>
  %0 = xf.gather %t, %i {axis = 0 : i64} : (tensor<64x32xf32>, tensor<?xi64>) -> tensor<?x32xf32> loc("/embed/Gather")
  %1 = xf.linear %0, %t {transpose_weight} : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  %2 = xf.gather %w, %i {axis = 0 : i64} : (tensor<32x32xf32>, tensor<?xi64>) -> tensor<?x32xf32>
  %3 = xf.linear %0, %w : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32>
  return %1, %2, %3 : tensor<?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// What depends on constants alone is computed when the module is written.
// CHECK-LABEL: func.func @constants
// CHECK-NOT: factor_type
func.func @constants() -> tensor<32x48xf32> {
  %a = xf.constant {value = dense_resource<a> : tensor<32x32xf32>} : () -> tensor<32x32xf32>
  %w = xf.constant {value = dense_resource<w0> : tensor<32x48xf32>} : () -> tensor<32x48xf32>
  %y = xf.matmul %a, %w : (tensor<32x32xf32>, tensor<32x48xf32>) -> tensor<32x48xf32>
  return %y : tensor<32x48xf32>
}

// A convolution rounds its input itself, two channels at once.
// CHECK-LABEL: func.func @convolutions
// CHECK: xf.conv {{.*}}xf.factor_type = bf16{{.*}} : (tensor<1x4x9xf32>, tensor<16x4x5xf32>)
// CHECK-NOT: factor_type
// CHECK-LABEL: func.func
func.func @convolutions(%x: tensor<1x4x9xf32>, %odd: tensor<1x3x9xf32>, %k: tensor<16x4x5xf32>) -> (tensor<1x16x5xf32>, tensor<1x32x3xf32>, tensor<1x16x7xf32>, tensor<1x8x5xf32>, tensor<1x16x5xf32>) {
  %w0 = xf.constant {value = dense_resource<k0> : tensor<16x4x5xf32>} : () -> tensor<16x4x5xf32>
  %w1 = xf.constant {value = dense_resource<k1> : tensor<32x8x3xf32>} : () -> tensor<32x8x3xf32>
  %w2 = xf.constant {value = dense_resource<k2> : tensor<16x3x6xf32>} : () -> tensor<16x3x6xf32>
  %w3 = xf.constant {value = dense_resource<k3> : tensor<8x4x5xf32>} : () -> tensor<8x4x5xf32>
  %0 = xf.conv %x, %w0 {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x9xf32>, tensor<16x4x5xf32>) -> tensor<1x16x5xf32>
  %1 = xf.conv %0, %w1 {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 2 : i64} : (tensor<1x16x5xf32>, tensor<32x8x3xf32>) -> tensor<1x32x3xf32> loc("/groups/Conv")
  %2 = xf.conv %odd, %w2 {strides = array<i64: 1>, pads = array<i64: 1, 2>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x3x9xf32>, tensor<16x3x6xf32>) -> tensor<1x16x7xf32> loc("/odd/Conv")
  %3 = xf.conv %x, %w3 {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x9xf32>, tensor<8x4x5xf32>) -> tensor<1x8x5xf32> loc("/few/Conv")
  %4 = xf.conv %x, %k {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x9xf32>, tensor<16x4x5xf32>) -> tensor<1x16x5xf32> loc("/computed/Conv")
  return %0, %1, %2, %3, %4 : tensor<1x16x5xf32>, tensor<1x32x3xf32>, tensor<1x16x7xf32>, tensor<1x8x5xf32>, tensor<1x16x5xf32>
}

// CHECK: return
func.func @end() {
  return
}
