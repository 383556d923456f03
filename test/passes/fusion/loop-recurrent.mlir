// RUN: hagane-opt %s -hagane-loop-recurrent --remarks-filter=fusion 2>&1 | FileCheck %s

// CHECK-DAG: [Passed] loop-recurrent | Category:fusion | Function=large | Nodes=/LSTM
// CHECK-DAG: [Missed] loop-recurrent | Category:fusion | Function=clipped | Nodes=/RNN, Reason="it has peepholes, clips, or forgets by its input"

xf.symbol @seq {min = 1 : i64, max = 64 : i64}
// CHECK: xf.computed_size @[[STEP:[a-z0-9]+]] {

// CHECK-LABEL: func.func @large
// CHECK: %[[IN:.*]] = xf.linear %arg0, %{{.*}} {transpose_weight} : {{.*}} -> tensor<?x2x512xf32>
// CHECK: scf.for %[[I:.*]] = {{.*}} iter_args(%[[Y:.*]] = %{{.*}}, %[[H:.*]] = %{{.*}}, %{{.*}} = %{{.*}}) -> (tensor<?x2x128xf32>, tensor<2x128xf32>, tensor<2x128xf32>)
// CHECK: xf.bind @[[STEP]], %[[I]]
// CHECK: xf.item %[[IN]] {at = #xf.dim<{{.*}}[[STEP]]{{.*}}>, axis = 0
// CHECK: xf.linear %[[H]], %{{.*}} {transpose_weight} : (tensor<2x128xf32>, tensor<512x128xf32>) -> tensor<2x512xf32>
// CHECK: xf.put_item
// CHECK-NOT: xf.recurrent
// CHECK: return
func.func @large(%x: tensor<?x2x3xf32> {xf.dims = [#xf.dim<seq>, #xf.dim<2>, #xf.dim<3>]}) -> (tensor<?x1x2x128xf32>, tensor<1x2x128xf32>) {
  %w = xf.constant {value = dense<0.01> : tensor<1x512x3xf32>} : () -> tensor<1x512x3xf32>
  %r = xf.constant {value = dense<0.02> : tensor<1x512x128xf32>} : () -> tensor<1x512x128xf32>
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<lstm>, direction = #xf.direction_kind<reverse>, activations = ["Sigmoid", "Tanh", "Tanh"], hidden = 128 : i64} : (tensor<?x2x3xf32>, tensor<1x512x3xf32>, tensor<1x512x128xf32>) -> (tensor<?x1x2x128xf32>, tensor<1x2x128xf32>, tensor<1x2x128xf32>) loc("/LSTM")
  return %y, %h : tensor<?x1x2x128xf32>, tensor<1x2x128xf32>
}

// A thread's own cache holds the weights.
// CHECK-LABEL: func.func @small
// CHECK: xf.recurrent
func.func @small(%x: tensor<5x2x3xf32>) -> tensor<5x1x2x8xf32> {
  %w = xf.constant {value = dense<0.01> : tensor<1x8x3xf32>} : () -> tensor<1x8x3xf32>
  %r = xf.constant {value = dense<0.02> : tensor<1x8x8xf32>} : () -> tensor<1x8x8xf32>
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<rnn>, direction = #xf.direction_kind<forward>, activations = ["Tanh"], hidden = 8 : i64} : (tensor<5x2x3xf32>, tensor<1x8x3xf32>, tensor<1x8x8xf32>) -> (tensor<5x1x2x8xf32>, tensor<1x2x8xf32>, tensor<0x2x8xf32>)
  return %y : tensor<5x1x2x8xf32>
}

// CHECK-LABEL: func.func @clipped
// CHECK: xf.recurrent
func.func @clipped(%x: tensor<5x2x3xf32>) -> tensor<5x1x2x256xf32> {
  %w = xf.constant {value = dense<0.01> : tensor<1x256x3xf32>} : () -> tensor<1x256x3xf32>
  %r = xf.constant {value = dense<0.02> : tensor<1x256x256xf32>} : () -> tensor<1x256x256xf32>
  %y, %h, %c = xf.recurrent %x, %w, %r {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, kind = #xf.recurrent_kind<rnn>, direction = #xf.direction_kind<forward>, activations = ["Tanh"], hidden = 256 : i64, clip = 1.0 : f64} : (tensor<5x2x3xf32>, tensor<1x256x3xf32>, tensor<1x256x256xf32>) -> (tensor<5x1x2x256xf32>, tensor<1x2x256xf32>, tensor<0x2x256xf32>) loc("/RNN")
  return %y : tensor<5x1x2x256xf32>
}
