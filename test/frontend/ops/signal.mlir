// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @windows(
// CHECK-DAG: dense<[0.000000e+00, 5.000000e-01, 1.000000e+00, 5.000000e-01]> : tensor<4xf32>
// CHECK-DAG: dense<[0.0869565{{.*}}, 0.543478{{.*}}, 1.000000e+00, 0.543478{{.*}}]> : tensor<4xf32>
// CHECK-DAG: dense<[{{.*}}, 3.400000e-01, 1.000000e+00, 3.400000e-01]> : tensor<4xf32>
func.func @windows() -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %size = onnx.initializer "size" dense<4> : tensor<i64>
  %a = onnx.node "HannWindow" since 17 (%size) : (tensor<i64>) -> !onnx.unknown
  %b = onnx.node "HammingWindow" since 17 (%size) : (tensor<i64>) -> !onnx.unknown
  %c = onnx.node "BlackmanWindow" since 17 (%size) : (tensor<i64>) -> !onnx.unknown
  return %a, %b, %c : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

func.func @unknown_size(%size: tensor<i64>) -> !onnx.unknown {
  // expected-error @+1 {{size is computed by the model, expected a constant}}
  %a = onnx.node "HannWindow" since 17 (%size) : (tensor<i64>) -> !onnx.unknown
  return %a : !onnx.unknown
}

// -----

// A real signal needs one product for each part of the spectrum's half.
// CHECK-LABEL: func.func @DFT20(
// CHECK: xf.linear %{{.*}} : (tensor<2x8xf32>, tensor<8x5xf32>) -> tensor<2x5xf32>
// CHECK: xf.linear %{{.*}} : (tensor<2x8xf32>, tensor<8x5xf32>) -> tensor<2x5xf32>
// CHECK-NOT: xf.linear
// CHECK: xf.concat %{{.*}} -> tensor<2x5x2xf32>
func.func @DFT20(%x: tensor<2x8x1xf32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %axis = onnx.initializer "axis" dense<1> : tensor<i64>
  %y = onnx.node "DFT" since 20 (%x, %none, %axis) {onesided = 1 : i64}
    : (tensor<2x8x1xf32>, none, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @DFT17(
// CHECK-COUNT-4: xf.linear %{{.*}} : (tensor<2x8xf32>, tensor<8x8xf32>) -> tensor<2x8xf32>
func.func @DFT17(%x: tensor<2x8x2xf32>) -> !onnx.unknown {
  %y = onnx.node "DFT" since 17 (%x) {axis = 1 : i64, inverse = 1 : i64}
    : (tensor<2x8x2xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @STFT17(
// CHECK: xf.gather %arg0, %{{.*}} {axis = 1 : i64} : (tensor<1x20x1xf32>, tensor<4x8xi64>) -> tensor<1x4x8x1xf32>
// CHECK: xf.mul %{{.*}}, %arg1
// CHECK: xf.concat %{{.*}} -> tensor<1x4x5x2xf32>
func.func @STFT17(%x: tensor<1x20x1xf32>, %window: tensor<8xf32>) -> !onnx.unknown {
  %step = onnx.initializer "step" dense<4> : tensor<i64>
  %y = onnx.node "STFT" since 17 (%x, %step, %window)
    : (tensor<1x20x1xf32>, tensor<i64>, tensor<8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// As many frames as the signal's length allows.
// CHECK-LABEL: func.func @STFT17_length(
// CHECK: xf.range {{.*}}bounds = [#xf.dim<0>, #xf.dim<floordiv({{.*}}, 4) * 4>, #xf.dim<4>]
// CHECK: xf.gather %arg0, %{{.*}} {axis = 1 : i64} : (tensor<1x?x1xf32>, tensor<?x8xi64>) -> tensor<1x?x8x1xf32>
func.func @STFT17_length(%x: tensor<1x?x1xf32>, %window: tensor<8xf32>) -> !onnx.unknown {
  %step = onnx.initializer "step" dense<4> : tensor<i64>
  %y = onnx.node "STFT" since 17 (%x, %step, %window)
    : (tensor<1x?x1xf32>, tensor<i64>, tensor<8xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @MelWeightMatrix17(
// CHECK: xf.constant {{.*}} tensor<9x2xf32>
func.func @MelWeightMatrix17() -> !onnx.unknown {
  %bins = onnx.initializer "bins" dense<2> : tensor<i64>
  %length = onnx.initializer "length" dense<16> : tensor<i64>
  %rate = onnx.initializer "rate" dense<8192> : tensor<i64>
  %low = onnx.initializer "low" dense<0.0> : tensor<f32>
  %high = onnx.initializer "high" dense<4096.0> : tensor<f32>
  %y = onnx.node "MelWeightMatrix" since 17 (%bins, %length, %rate, %low, %high)
    : (tensor<i64>, tensor<i64>, tensor<i64>, tensor<f32>, tensor<f32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Rfft1(
// CHECK: xf.linear
// CHECK: xf.linear
// CHECK: xf.reshape
// CHECK: xf.reshape
// CHECK: xf.concat {{.*}}tensor<?x5x2xf32>
func.func @Rfft1(%a0: tensor<?x8xf32>) -> !onnx.unknown {
  %r0 = onnx.node "Rfft" domain "com.microsoft" since 1 (%a0) {signal_ndim = 1 : i64, onesided = 1 : i64, normalized = 0 : i64} : (tensor<?x8xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}

// CHECK-LABEL: func.func @Irfft1(
// CHECK: xf.slice
// CHECK: xf.reshape
// CHECK: xf.linear
// CHECK: xf.linear
// CHECK: xf.add {{.*}}tensor<?x8xf32>
func.func @Irfft1(%a0: tensor<?x5x2xf32>) -> !onnx.unknown {
  %r0 = onnx.node "Irfft" domain "com.microsoft" since 1 (%a0) {signal_ndim = 1 : i64, onesided = 1 : i64, normalized = 0 : i64} : (tensor<?x5x2xf32>) -> !onnx.unknown
  return %r0 : !onnx.unknown
}
