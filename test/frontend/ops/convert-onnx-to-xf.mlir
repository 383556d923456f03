// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file | FileCheck %s
// RUN: hagane-opt %s -convert-onnx-to-xf='dim=batch=1:64 specialize=seq=128' -split-input-file \
// RUN:   | FileCheck %s --check-prefix=SPEC

// Named dimensions become symbols; an expression over them stays one; unnamed
// ones get a name; text that is no expression is sanitised.

module attributes {onnx.ir_version = 10 : i64} {
  // CHECK-DAG: xf.symbol @batch {max = 9223372036854775807 : i64, min = 0 : i64}
  // CHECK-DAG: xf.symbol @seq {max = 9223372036854775807 : i64, min = 0 : i64}
  // CHECK-DAG: xf.symbol @past
  // CHECK-DAG: xf.symbol @mask_d0
  // CHECK-DAG: xf.symbol @a_b
  // CHECK: func.func @main(
  // CHECK-SAME: tensor<?x?x4xf32> {onnx.name = "x", xf.dims = [#xf.dim<batch>, #xf.dim<seq>, #xf.dim<4>]}
  // CHECK-SAME: tensor<?x?xf32> {onnx.name = "mask", xf.dims = [#xf.dim<mask_d0>, #xf.dim<past + seq>]}
  // CHECK-SAME: tensor<?x?xf32> {onnx.name = "other", xf.dims = [#xf.dim<a_b>, #xf.dim<past>]}
  // CHECK-SAME: -> (tensor<?x?x4xf32> {onnx.name = "y"})
  // CHECK-NEXT: xf.relu
  // CHECK-NOT: onnx.node
  // SPEC: xf.symbol @batch {max = 64 : i64, min = 1 : i64}
  // SPEC-NOT: xf.symbol @seq
  // SPEC: %{{.*}}: tensor<?x128x4xf32> {onnx.name = "x", xf.dims = [#xf.dim<batch>, #xf.dim<128>, #xf.dim<4>]}
  // SPEC-SAME: tensor<?x?xf32> {onnx.name = "mask", xf.dims = [#xf.dim<mask_d0>, #xf.dim<past + 128>]}
  func.func @main(%x: tensor<?x?x4xf32> {onnx.dims = ["batch", "seq", 4], onnx.name = "x"},
                  %mask: tensor<?x?xf32> {onnx.dims = ["?", "past + seq"], onnx.name = "mask"},
                  %other: tensor<?x?xf32> {onnx.dims = ["a b", "past"], onnx.name = "other"})
      -> (tensor<?x?x4xf32> {onnx.dims = ["batch", "seq", 4], onnx.name = "y"}) {
    %y = onnx.node "Relu" since 14 (%x) : (tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
    return %y : tensor<?x?x4xf32>
  }
}

// -----

// Initializers become constants, whose name stays; unknown types are inferred.

module {
  xf.symbol @batch {min = 0 : i64, max = 1 : i64}
  // CHECK: xf.symbol @batch_1
  // CHECK: xf.dims = [#xf.dim<batch_1>, #xf.dim<seq>]
  // CHECK: %[[W:.*]] = xf.constant {name = "w", value = dense<5.000000e-01> : tensor<1xf32>}
  // CHECK: xf.add %{{.*}}, %[[W]] : (tensor<?x?xf32>, tensor<1xf32>) -> tensor<?x?xf32>
  // CHECK: return %{{.*}} : tensor<?x?xf32>
  // SPEC: xf.symbol @batch_1 {max = 64 : i64, min = 1 : i64}
  // SPEC: tensor<?x128xf32> {onnx.name = "x", xf.dims = [#xf.dim<batch_1>, #xf.dim<128>]}
  func.func @main(%x: tensor<?x?xf32> {onnx.dims = ["batch", "seq"], onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) {
    %w = onnx.initializer "w" dense<0.5> : tensor<1xf32>
    %y = onnx.node "Add" since 14 (%x, %w) : (tensor<?x?xf32>, tensor<1xf32>) -> !onnx.unknown
    return %y : !onnx.unknown
  }
}
