// RUN: hagane-opt %s -pass-pipeline='builtin.module(func.func(hagane-prepare-loops))' | FileCheck %s

xf.computed_size @s {min = 0 : i64, max = 64 : i64}

// What keeps its sizes goes where it came from, unless parts of that are written
// already; what changes them does not.

// CHECK-LABEL: func.func @sizes
// CHECK: scf.for {{.*}} iter_args(%[[A:.*]] = %arg0, %[[B:.*]] = %arg1, %[[C:.*]] = %arg2)
// CHECK:   %[[I:.*]] = tensor.insert_slice %{{.*}} into %[[B]]
// CHECK:   %[[D:.*]] = bufferization.materialize_in_destination %{{.*}} in %[[A]] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// CHECK:   scf.yield %[[D]], %[[I]], %{{.*}} : tensor<4xf32>, tensor<4xf32>, tensor<?xf32>
func.func @sizes(%x: tensor<4xf32>, %y: tensor<4xf32>, %z: tensor<?xf32>, %n: index, %w: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0:3 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %y, %c = %z) -> (tensor<4xf32>, tensor<4xf32>, tensor<?xf32>) {
    %m = xf.measure %c {binds = array<i64: 0>, dims = [#xf.dim<s>]} : (tensor<?xf32>) -> tensor<?xf32>
    %1 = xf.add %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %2 = tensor.extract_slice %w[0] [2] [1] : tensor<4xf32> to tensor<2xf32>
    %3 = tensor.insert_slice %2 into %b[1] [2] [1] : tensor<2xf32> into tensor<4xf32>
    %4 = xf.concat %m, %a {axis = 0 : i64} : (tensor<?xf32>, tensor<4xf32>) -> tensor<?xf32>
    scf.yield %1, %3, %4 : tensor<4xf32>, tensor<4xf32>, tensor<?xf32>
  }
  return %0#0, %0#1, %0#2 : tensor<4xf32>, tensor<4xf32>, tensor<?xf32>
}

// An inner loop's buffers are its own, and two values do not share one.

// CHECK-LABEL: func.func @alone
// CHECK: scf.for
// CHECK:   %[[INNER:.*]] = scf.for
// CHECK:   %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[INNER]]) : tensor<?xf32>
// CHECK:   %[[SECOND:.*]] = bufferization.alloc_tensor() copy(%[[NEW:.*]]) : tensor<?xf32>
// CHECK:   scf.yield %[[COPY]], %[[NEW]], %[[SECOND]]
func.func @alone(%x: tensor<?xf32>, %n: index, %w: tensor<4xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0:3 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %x, %c = %x) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
    %1 = scf.for %j = %c0 to %n step %c1 iter_args(%d = %a) -> (tensor<?xf32>) {
      %2 = xf.concat %d, %w {axis = 0 : i64} : (tensor<?xf32>, tensor<4xf32>) -> tensor<?xf32>
      scf.yield %2 : tensor<?xf32>
    }
    %3 = xf.concat %b, %w {axis = 0 : i64} : (tensor<?xf32>, tensor<4xf32>) -> tensor<?xf32>
    scf.yield %1, %3, %3 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
  }
  return %0#0, %0#1, %0#2 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}

// The values of a loop with a test, in the order in which the test passes them.

// CHECK-LABEL: func.func @test
// CHECK: ^bb0(%[[A:.*]]: tensor<4xf32>):
// CHECK:   %[[N:.*]] = xf.neg %[[A]]
// CHECK:   %[[D:.*]] = bufferization.materialize_in_destination %[[N]] in %[[A]]
// CHECK:   scf.yield %{{.*}}, %[[D]] : i1, tensor<4xf32>
func.func @test(%x: tensor<4xf32>, %go: i1) -> tensor<4xf32> {
  %0 = scf.while (%c = %go, %a = %x) : (i1, tensor<4xf32>) -> tensor<4xf32> {
    scf.condition(%c) %a : tensor<4xf32>
  } do {
  ^bb0(%b: tensor<4xf32>):
    %1 = xf.neg %b : (tensor<4xf32>) -> tensor<4xf32>
    %no = arith.constant false
    scf.yield %no, %1 : i1, tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}
