// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @ReduceL118(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<l1>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceL118(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceL1" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceL218(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<l2>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceL218(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceL2" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceLogSum18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<log_sum>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceLogSum18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceLogSum" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceLogSumExp18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<log_sum_exp>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceLogSumExp18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceLogSumExp" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceMax18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<max>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceMax18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceMax" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceMean18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<mean>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceMean18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceMean" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceMin18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<min>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceMin18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceMin" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceProd18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<prod>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceProd18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceProd" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceSum18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<sum>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceSum18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceSum" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceSumSquare18(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<-1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<sum_square>} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xf32>
func.func @ReduceSumSquare18(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[-1]> : tensor<1xi64>
  %y = onnx.node "ReduceSumSquare" since 18 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceMean13_attribute(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 0>, kind = #xf.reduce_kind<mean>} : (tensor<2x4xf32>) -> tensor<4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<4xf32>
func.func @ReduceMean13_attribute(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "ReduceMean" since 13 (%i0) {axes = array<i64: 0>, keepdims = 0 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceSum13_all(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64: 0, 1>, kind = #xf.reduce_kind<sum>} : (tensor<2x4xf32>) -> tensor<f32>
// CHECK-NEXT: return %[[V0]] : tensor<f32>
func.func @ReduceSum13_all(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "ReduceSum" since 13 (%i0) {keepdims = 0 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceSum13_noop(
// CHECK-NEXT: return %arg0 : tensor<2x4xf32>
func.func @ReduceSum13_noop(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "ReduceSum" since 13 (%i0) {noop_with_empty_axes = 1 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceL118_noop(
// CHECK-NEXT: %[[V0:.*]] = xf.reduce %arg0 {axes = array<i64>, keep_dims, kind = #xf.reduce_kind<l1>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @ReduceL118_noop(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "ReduceL1" since 18 (%i0) {noop_with_empty_axes = 1 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ReduceMax20_bool(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<1> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %[[V1:.*]] = xf.reduce %arg0 {axes = array<i64: 1>, keep_dims, kind = #xf.reduce_kind<any>} : (tensor<2x4xi1>) -> tensor<2x1xi1>
// CHECK-NEXT: return %[[V1]] : tensor<2x1xi1>
func.func @ReduceMax20_bool(%i0: tensor<2x4xi1>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[1]> : tensor<1xi64>
  %y = onnx.node "ReduceMax" since 20 (%i0, %i1)
    : (tensor<2x4xi1>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ArgMax13(
// CHECK-NEXT: %[[V0:.*]] = xf.arg_reduce %arg0 {axis = 1 : i64, largest = true} : (tensor<2x4xf32>) -> tensor<2xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2xi64>
func.func @ArgMax13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "ArgMax" since 13 (%i0) {axis = -1 : i64, keepdims = 0 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @ArgMin13(
// CHECK-NEXT: %[[V0:.*]] = xf.arg_reduce %arg0 {axis = 0 : i64, keep_dims, largest = false, last} : (tensor<2x4xf32>) -> tensor<1x4xi64>
// CHECK-NEXT: return %[[V0]] : tensor<1x4xi64>
func.func @ArgMin13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "ArgMin" since 13 (%i0) {select_last_index = 1 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @CumSum14(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<1> : tensor<i64>} : () -> tensor<i64>
// CHECK-NEXT: %[[V1:.*]] = xf.cumsum %arg0 {axis = 1 : i64, exclusive, reverse} : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x4xf32>
func.func @CumSum14(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<1> : tensor<i64>
  %y = onnx.node "CumSum" since 14 (%i0, %i1) {exclusive = 1 : i64, reverse = 1 : i64}
    : (tensor<2x4xf32>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @TopK11(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c1", value = dense<3> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: %values, %indices = xf.topk %arg0 {axis = 1 : i64, k = [#xf.dim<3>], largest = false} : (tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
// CHECK-NEXT: return %values, %indices : tensor<2x3xf32>, tensor<2x3xi64>
func.func @TopK11(%i0: tensor<2x4xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %i1 = onnx.initializer "c1" dense<[3]> : tensor<1xi64>
  %y:2 = onnx.node "TopK" since 11 (%i0, %i1) {largest = 0 : i64}
    : (tensor<2x4xf32>, tensor<1xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// CHECK-LABEL: func.func @TopK11_dynamic(
// CHECK-NEXT: %values, %indices = xf.topk %arg0, %arg1 {axis = 1 : i64, largest = true} : (tensor<2x4xf32>, tensor<1xi64>) -> (tensor<2x?xf32>, tensor<2x?xi64>)
// CHECK-NEXT: return %values, %indices : tensor<2x?xf32>, tensor<2x?xi64>
func.func @TopK11_dynamic(%i0: tensor<2x4xf32>, %i1: tensor<1xi64>) -> (!onnx.unknown, !onnx.unknown) {
  %y:2 = onnx.node "TopK" since 11 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<1xi64>) -> (!onnx.unknown, !onnx.unknown)
  return %y#0, %y#1 : !onnx.unknown, !onnx.unknown
}

// Only trailing axes are reduced so.
// CHECK-LABEL: func.func @ReduceLogSumExp18_inner(
// CHECK: %[[T:.*]] = xf.transpose %arg0 {permutation = array<i64: 0, 2, 1>}
// CHECK: xf.reduce %[[T]] {axes = array<i64: 2>, kind = #xf.reduce_kind<log_sum_exp>}
func.func @ReduceLogSumExp18_inner(%x: tensor<2x3x4xf32>) -> !onnx.unknown {
  %axes = onnx.initializer "axes" dense<1> : tensor<1xi64>
  %y = onnx.node "ReduceLogSumExp" since 18 (%x, %axes) : (tensor<2x3x4xf32>, tensor<1xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @CumProd26(
// CHECK: xf.cumprod {{.*}}axis = 0 : i64, exclusive
func.func @CumProd26(%x: tensor<3x4xf32>) -> !onnx.unknown {
  %axis = onnx.initializer "axis" dense<0> : tensor<i64>
  %y = onnx.node "CumProd" since 26 (%x, %axis) {exclusive = 1} : (tensor<3x4xf32>, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @TopK1(
// CHECK: xf.topk {{.*}}k = [#xf.dim<2>]
func.func @TopK1(%x: tensor<3x4xf32>) -> !onnx.unknown {
  %y, %i = onnx.node "TopK" since 1 (%x) {k = 2} : (tensor<3x4xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %y : !onnx.unknown
}
