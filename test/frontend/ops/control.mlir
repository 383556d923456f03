// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file | FileCheck %s

// Branches that differ in a size give a result whose size is measured; they may
// use values from outside.

// CHECK-LABEL: func.func @If16(
// CHECK: %[[S:.*]] = xf.reshape %arg0 {shape = []}
// CHECK: %[[B:.*]] = tensor.extract %[[S]][] : tensor<i1>
// CHECK: %[[R:.*]] = scf.if %[[B]] -> (tensor<?x4xf32>) {
// CHECK:   %[[T:.*]] = xf.relu %arg1
// CHECK:   %[[TC:.*]] = tensor.cast %[[T]] : tensor<2x4xf32> to tensor<?x4xf32>
// CHECK:   scf.yield %[[TC]]
// CHECK: } else {
// CHECK:   %[[E:.*]] = xf.neg %arg2
// CHECK:   %[[EC:.*]] = tensor.cast %[[E]] : tensor<3x4xf32> to tensor<?x4xf32>
// CHECK:   scf.yield %[[EC]]
// CHECK: }
// CHECK: %[[M:.*]] = xf.measure %[[R]] {binds = array<i64: 0>, dims = [#xf.dim<carried0>, #xf.dim<4>]}
// CHECK: xf.exp %[[M]] : (tensor<?x4xf32>) -> tensor<?x4xf32>
func.func @If16(%c: tensor<1xi1>, %x: tensor<2x4xf32>, %y: tensor<3x4xf32>) -> !onnx.unknown {
  %0 = onnx.node "If" since 16 (%c) graphs ["then_branch", "else_branch"] {
    %1 = onnx.node "Relu" since 14 (%x) : (tensor<2x4xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  }, {
    %1 = onnx.node "Neg" since 13 (%y) : (tensor<3x4xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  } : (tensor<1xi1>) -> !onnx.unknown
  %2 = onnx.node "Exp" since 13 (%0) : (!onnx.unknown) -> !onnx.unknown
  return %2 : !onnx.unknown
}

// -----

// A known condition picks its branch.

// CHECK-LABEL: func.func @If16_known(
// CHECK-NOT: scf.if
// CHECK: xf.neg
// CHECK-NOT: xf.relu
// CHECK: return
func.func @If16_known(%x: tensor<2x4xf32>) -> !onnx.unknown {
  %c = onnx.initializer "c" dense<false> : tensor<i1>
  %0 = onnx.node "If" since 16 (%c) graphs ["then_branch", "else_branch"] {
    %1 = onnx.node "Relu" since 14 (%x) : (tensor<2x4xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  }, {
    %1 = onnx.node "Neg" since 13 (%x) : (tensor<2x4xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  } : (tensor<i1>) -> !onnx.unknown
  return %0 : !onnx.unknown
}

// -----

// A trip count alone makes a counted loop. A value that no iteration changes is
// not carried; one of fixed sizes keeps them; parts of an output go where there
// is room for all of them.

// CHECK: xf.computed_size @iteration
// CHECK-LABEL: func.func @Loop16_counted(
// CHECK: %[[ROOM:.*]] = xf.broadcast {{.*}} {shape = [#xf.dim<20>, #xf.dim<2>, #xf.dim<4>]}
// CHECK: %[[END:.*]] = xf.dim_value {dim = #xf.dim<20>}
// CHECK: %[[L:.*]]:2 = scf.for %[[I:.*]] = %{{.*}} to %[[END]] step %{{.*}} iter_args(%[[X:.*]] = %arg0, %[[ALL:.*]] = %[[ROOM]]) -> (tensor<2x4xf32>, tensor<20x2x4xf32>) {
// CHECK:   xf.bind @[[AT:iteration[0-9]*]], %[[I]] : index
// CHECK:   %[[Y:.*]] = xf.mul %[[X]], %arg1
// CHECK:   %[[PUT:.*]] = xf.put_item %[[Y]], %[[ALL]] {at = #xf.dim<[[AT]]>, axis = 0 : i64}
// CHECK:   scf.yield %[[Y]], %[[PUT]]
// CHECK: return %[[L]]#0, %arg1, %[[L]]#1
func.func @Loop16_counted(%x: tensor<2x4xf32>, %w: tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %m = onnx.initializer "m" dense<20> : tensor<i64>
  %c = onnx.initializer "c" dense<true> : tensor<i1>
  %0:3 = onnx.node "Loop" since 16 (%m, %c, %x, %w) graphs ["body"] {
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %v: tensor<2x4xf32>, %u: tensor<4xf32>):
    %1 = onnx.node "Mul" since 14 (%v, %u) : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
    onnx.yield %go, %1, %u, %1 : tensor<i1>, !onnx.unknown, tensor<4xf32>, !onnx.unknown
  } : (tensor<i64>, tensor<i1>, tensor<2x4xf32>, tensor<4xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown)
  return %0#0, %0#1, %0#2 : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

// A condition makes a loop with a test. A size that changes is measured in each
// iteration and after the last.

// CHECK-LABEL: func.func @Loop16_growing(
// CHECK: %[[B:.*]] = xf.measure %{{.*}} {binds = array<i64>, dims = [#xf.dim<1>]} : (tensor<?xf32>)
// CHECK: %[[L:.*]]:2 = scf.while (%[[I:.*]] = %{{.*}}, %[[X:.*]] = %[[B]], %[[GO:.*]] = %{{.*}})
// CHECK:   scf.condition(%[[GO]]) %[[I]], %[[X]]
// CHECK: } do {
// CHECK: ^bb0(%[[J:.*]]: index, %[[V:.*]]: tensor<?xf32>):
// CHECK:   xf.bind @{{.*}}, %[[J]] : index
// CHECK:   %[[MV:.*]] = xf.measure %[[V]] {binds = array<i64: 0>, dims = [#xf.dim<[[S:carried[0-9]*]]>]}
// CHECK:   %[[N:.*]] = xf.concat %[[MV]], %[[MV]]
// CHECK:   %[[K:.*]] = arith.addi %[[J]]
// CHECK:   scf.yield %[[K]], %[[N]], %{{.*}} : index, tensor<?xf32>, i1
// CHECK: xf.measure %[[L]]#1 {binds = array<i64: 0>
func.func @Loop16_growing(%x: tensor<1xf32>, %limit: tensor<1xf32>, %go: tensor<i1>) -> !onnx.unknown {
  %none = onnx.absent : none
  %0 = onnx.node "Loop" since 16 (%none, %go, %x) graphs ["body"] {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<?xf32>):
    %1 = onnx.node "Concat" since 13 (%v, %v) {axis = 0 : i64} : (tensor<?xf32>, tensor<?xf32>) -> !onnx.unknown
    %2 = onnx.node "ReduceMax" since 13 (%1) {keepdims = 1 : i64} : (!onnx.unknown) -> !onnx.unknown
    %3 = onnx.node "Less" since 13 (%2, %limit) : (!onnx.unknown, tensor<1xf32>) -> !onnx.unknown
    onnx.yield %3, %1 : !onnx.unknown, !onnx.unknown
  } : (none, tensor<i1>, tensor<1xf32>) -> !onnx.unknown
  return %0 : !onnx.unknown
}

// -----

// Few iterations become the operations of each; all sizes are known then.

// CHECK-LABEL: func.func @Loop16_unrolled(
// CHECK-NOT: scf
// CHECK: xf.concat {{.*}} -> tensor<2xf32>
// CHECK: xf.concat {{.*}} -> tensor<4xf32>
// CHECK: return %{{.*}} : tensor<4xf32>
func.func @Loop16_unrolled(%x: tensor<1xf32>) -> !onnx.unknown {
  %none = onnx.absent : none
  %m = onnx.initializer "m" dense<2> : tensor<1xi64>
  %0 = onnx.node "Loop" since 16 (%m, %none, %x) graphs ["body"] {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<?xf32>):
    %1 = onnx.node "Concat" since 13 (%v, %v) {axis = 0 : i64} : (tensor<?xf32>, tensor<?xf32>) -> !onnx.unknown
    onnx.yield %c, %1 : tensor<i1>, !onnx.unknown
  } : (tensor<1xi64>, none, tensor<1xf32>) -> !onnx.unknown
  return %0 : !onnx.unknown
}

// -----

// Both directions count from the end.

// CHECK-LABEL: func.func @Scan9(
// CHECK: scf.for
// CHECK: xf.item %arg1 {at = #xf.dim<-[[AT:iteration[0-9]*]] + seq - 1>, axis = 1 : i64} : (tensor<3x?xf32>) -> tensor<3xf32>
// CHECK: xf.put_item {{.*}} {at = #xf.dim<-[[AT]] + seq - 1>, axis = 1 : i64} : (tensor<3xf32>, tensor<3x?xf32>)
func.func @Scan9(%s: tensor<3xf32>, %x: tensor<3x?xf32> {onnx.dims = [3, "seq"]}) -> (!onnx.unknown, !onnx.unknown) {
  %0:2 = onnx.node "Scan" since 9 (%s, %x) {num_scan_inputs = 1 : i64, scan_input_axes = array<i64: 1>,
      scan_input_directions = array<i64: 1>, scan_output_axes = array<i64: -1>,
      scan_output_directions = array<i64: 1>} graphs ["body"] {
  ^bb0(%a: tensor<3xf32>, %b: tensor<3xf32>):
    %1 = onnx.node "Add" since 14 (%a, %b) : (tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
    onnx.yield %1, %1 : !onnx.unknown, !onnx.unknown
  } : (tensor<3xf32>, tensor<3x?xf32>) -> (!onnx.unknown, !onnx.unknown)
  return %0#0, %0#1 : !onnx.unknown, !onnx.unknown
}

// -----

// What one branch alone reads may have other sizes where the other is taken,
// whatever names they bear.

// CHECK-DAG: xf.symbol @seq {
// CHECK-DAG: xf.symbol @seq_of_branch1 {
// CHECK-LABEL: func.func @If16_own_inputs(
// CHECK-SAME: %arg1: tensor<?xf32> {xf.dims = [#xf.dim<seq>]}
// CHECK-SAME: %arg2: tensor<?xf32> {xf.dims = [#xf.dim<seq_of_branch1>]}
// CHECK-SAME: %arg3: tensor<?xf32> {xf.dims = [#xf.dim<seq_of_branch1>]}
// CHECK: scf.if
// CHECK:   %[[A:.*]] = xf.measure %arg2 {binds = array<i64: 0>, dims = [#xf.dim<[[S:carried[0-9]*]]>]}
// CHECK:   %[[B:.*]] = xf.measure %arg3 {binds = array<i64>, dims = [#xf.dim<[[S]]>]}
// CHECK:   %[[C:.*]] = xf.add %[[A]], %[[B]]
// CHECK:   xf.add %[[C]], %arg1
func.func @If16_own_inputs(%c: tensor<i1>, %x: tensor<?xf32> {onnx.dims = ["seq"]}, %y: tensor<?xf32> {onnx.dims = ["seq"]},
    %z: tensor<?xf32> {onnx.dims = ["seq"]}) -> !onnx.unknown {
  %0 = onnx.node "If" since 16 (%c) graphs ["then_branch", "else_branch"] {
    %1 = onnx.node "Add" since 14 (%y, %z) : (tensor<?xf32>, tensor<?xf32>) -> !onnx.unknown
    %2 = onnx.node "Add" since 14 (%1, %x) : (!onnx.unknown, tensor<?xf32>) -> !onnx.unknown
    onnx.yield %2 : !onnx.unknown
  }, {
    %1 = onnx.node "Neg" since 13 (%x) : (tensor<?xf32>) -> !onnx.unknown
    onnx.yield %1 : !onnx.unknown
  } : (tensor<i1>) -> !onnx.unknown
  return %0 : !onnx.unknown
}
