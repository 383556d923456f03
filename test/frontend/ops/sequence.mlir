// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file -verify-diagnostics | FileCheck %s

// Nothing of the sequence remains.
// CHECK-LABEL: func.func @SplitToSequence24(
// CHECK: %[[LAST:.*]] = xf.slice %arg0 {{.*}} -> tensor<1x3xf32>
// CHECK: return %[[LAST]]
func.func @SplitToSequence24(%x: tensor<5x3xf32>) -> !onnx.unknown {
  %split = onnx.initializer "split" dense<2> : tensor<i64>
  %at = onnx.initializer "at" dense<-1> : tensor<i64>
  %s = onnx.node "SplitToSequence" since 24 (%x, %split) : (tensor<5x3xf32>, tensor<i64>) -> !onnx.unknown
  %y = onnx.node "SequenceAt" since 11 (%s, %at) : (!onnx.unknown, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @edited(
// CHECK: xf.concat %arg1, %arg0, %arg1 {axis = 0 : i64}
// CHECK: dense<3> : tensor<i64>
func.func @edited(%x: tensor<3xf32>, %y: tensor<3xf32>) -> (!onnx.unknown, !onnx.unknown) {
  %zero = onnx.initializer "zero" dense<0> : tensor<i64>
  %e = onnx.node "SequenceEmpty" since 11 () : () -> !onnx.unknown
  %a = onnx.node "SequenceInsert" since 11 (%e, %x) : (!onnx.unknown, tensor<3xf32>) -> !onnx.unknown
  %b = onnx.node "SequenceInsert" since 11 (%a, %y, %zero) : (!onnx.unknown, tensor<3xf32>, tensor<i64>) -> !onnx.unknown
  %c = onnx.node "SequenceInsert" since 11 (%b, %y) : (!onnx.unknown, tensor<3xf32>) -> !onnx.unknown
  %d = onnx.node "SequenceInsert" since 11 (%c, %x) : (!onnx.unknown, tensor<3xf32>) -> !onnx.unknown
  %f = onnx.node "SequenceErase" since 11 (%d) : (!onnx.unknown) -> !onnx.unknown
  %g = onnx.node "ConcatFromSequence" since 11 (%f) {axis = 0 : i64} : (!onnx.unknown) -> !onnx.unknown
  %n = onnx.node "SequenceLength" since 11 (%f) : (!onnx.unknown) -> !onnx.unknown
  return %g, %n : !onnx.unknown, !onnx.unknown
}

// -----

// A negative place of insertion is before the element it names.
// CHECK-LABEL: func.func @inserted(
// CHECK: xf.concat %arg0, %arg0, %arg1 {axis = 0 : i64}
func.func @inserted(%x: tensor<3xf32>, %y: tensor<3xf32>) -> !onnx.unknown {
  %back = onnx.initializer "back" dense<-1> : tensor<i64>
  %a = onnx.node "SequenceConstruct" since 11 (%x, %y) : (tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  %b = onnx.node "SequenceInsert" since 11 (%a, %x, %back) : (!onnx.unknown, tensor<3xf32>, tensor<i64>) -> !onnx.unknown
  %c = onnx.node "ConcatFromSequence" since 11 (%b) {axis = 0 : i64} : (!onnx.unknown) -> !onnx.unknown
  return %c : !onnx.unknown
}

// -----

func.func @chosen(%c: tensor<i1>, %x: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "If" since 16 (%c) graphs ["then_branch", "else_branch"] {
    %s = onnx.node "SequenceConstruct" since 11 (%x) : (tensor<3xf32>) -> !onnx.unknown
    // expected-error @+1 {{an output of a subgraph is a sequence, expected a tensor}}
    onnx.yield %s : !onnx.unknown
  }, {
    %s = onnx.node "SequenceConstruct" since 11 (%x, %x) : (tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
    // expected-error @+1 {{an output of a subgraph is a sequence, expected a tensor}}
    onnx.yield %s : !onnx.unknown
  } : (tensor<i1>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

// A sequence as a result is one result per element.
// CHECK-LABEL: func.func @SequenceConstruct11(
// CHECK-SAME: -> (tensor<3xf32> {onnx.name = "out[0]"}, tensor<2xf32> {onnx.name = "out[1]"})
// CHECK: return %arg0, %arg1
func.func @SequenceConstruct11(%x: tensor<3xf32>, %y: tensor<2xf32>) -> (!onnx.unknown {onnx.name = "out"}) {
  %s = onnx.node "SequenceConstruct" since 11 (%x, %y) : (tensor<3xf32>, tensor<2xf32>) -> !onnx.unknown
  return %s : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @SequenceMap17(
// CHECK: %[[A:.*]] = xf.add %arg0, %arg1
// CHECK: %[[B:.*]] = xf.add %arg1, %arg1
// CHECK: xf.concat %[[A]], %[[B]]
func.func @SequenceMap17(%x: tensor<3xf32>, %y: tensor<3xf32>) -> !onnx.unknown {
  %s = onnx.node "SequenceConstruct" since 11 (%x, %y) : (tensor<3xf32>, tensor<3xf32>) -> !onnx.unknown
  %m = onnx.node "SequenceMap" since 17 (%s, %y) graphs ["body"] {
  ^bb0(%a: !onnx.unknown, %b: !onnx.unknown):
    %c = onnx.node "Add" since 14 (%a, %b) : (!onnx.unknown, !onnx.unknown) -> !onnx.unknown
    onnx.yield %c : !onnx.unknown
  } : (!onnx.unknown, tensor<3xf32>) -> !onnx.unknown
  %g = onnx.node "ConcatFromSequence" since 11 (%m) {axis = 0 : i64} : (!onnx.unknown) -> !onnx.unknown
  return %g : !onnx.unknown
}

// -----

// CHECK-LABEL: func.func @optional(
// CHECK: dense<true> : tensor<i1>
// CHECK: dense<false> : tensor<i1>
// CHECK: return %arg0
func.func @optional(%x: tensor<3xf32>) -> (!onnx.unknown, !onnx.unknown, !onnx.unknown) {
  %none = onnx.absent : none
  %v = onnx.node "OptionalGetElement" since 18 (%x) : (tensor<3xf32>) -> !onnx.unknown
  %a = onnx.node "OptionalHasElement" since 18 (%x) : (tensor<3xf32>) -> !onnx.unknown
  %b = onnx.node "OptionalHasElement" since 18 (%none) : (none) -> !onnx.unknown
  return %v, %a, %b : !onnx.unknown, !onnx.unknown, !onnx.unknown
}

// -----

func.func @unknown_length(%s: tensor<3xf32>) -> !onnx.unknown {
  // expected-error @+1 {{the length of the sequence is not known}}
  %n = onnx.node "SequenceLength" since 11 (%s) : (tensor<3xf32>) -> !onnx.unknown
  return %n : !onnx.unknown
}

// -----

// Pieces of sizes that the run tells.
// CHECK-LABEL: func.func @computed(
// CHECK: %[[ENDS:.*]] = xf.cumsum %arg1
// CHECK: %[[STARTS:.*]] = xf.sub %[[ENDS]], %arg1
// CHECK: dense<2> : tensor<i64>
func.func @computed(%x: tensor<?x3xf32>, %split: tensor<2xi64>) -> (!onnx.unknown, !onnx.unknown) {
  %at = onnx.initializer "at" dense<1> : tensor<i64>
  %s = onnx.node "SplitToSequence" since 11 (%x, %split) : (tensor<?x3xf32>, tensor<2xi64>) -> !onnx.unknown
  %y = onnx.node "SequenceAt" since 11 (%s, %at) : (!onnx.unknown, tensor<i64>) -> !onnx.unknown
  %n = onnx.node "SequenceLength" since 11 (%s) : (!onnx.unknown) -> !onnx.unknown
  return %y, %n : !onnx.unknown, !onnx.unknown
}

// -----

// As many pieces as the axis is long.
// CHECK-LABEL: func.func @positions(
// CHECK: %[[STACK:.*]] = xf.transpose %arg0 {permutation = array<i64: 1, 0>}
// CHECK: xf.gather %[[STACK]], %arg1 {axis = 0 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<3xf32>
func.func @positions(%x: tensor<3x?xf32>, %at: tensor<i64>) -> !onnx.unknown {
  %s = onnx.node "SplitToSequence" since 11 (%x) {axis = 1 : i64, keepdims = 0 : i64} : (tensor<3x?xf32>) -> !onnx.unknown
  %y = onnx.node "SequenceAt" since 11 (%s, %at) : (!onnx.unknown, tensor<i64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @pairs(%x: tensor<?xf32>) -> !onnx.unknown {
  %two = onnx.initializer "two" dense<2> : tensor<i64>
  // expected-error @+1 {{the size of axis 0 is not known, expected pieces of size 1 or a list of sizes}}
  %s = onnx.node "SplitToSequence" since 11 (%x, %two) : (tensor<?xf32>, tensor<i64>) -> !onnx.unknown
  return %s : !onnx.unknown
}
