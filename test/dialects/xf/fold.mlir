// RUN: hagane-opt %s --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @add_zero
// Only negative zero leaves every float as it is.
func.func @add_zero(%x: tensor<4xf32>, %i: tensor<4xi64>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xi64>) {
  %p = xf.constant {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %n = xf.constant {value = dense<-0.0> : tensor<f32>} : () -> tensor<f32>
  %z = xf.constant {value = dense<0> : tensor<i64>} : () -> tensor<i64>
  // CHECK: %[[SUM:.*]] = xf.add
  %0 = xf.add %x, %p : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = xf.add %x, %n : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = xf.add %i, %z : (tensor<4xi64>, tensor<i64>) -> tensor<4xi64>
  // CHECK: return %[[SUM]], %arg0, %arg1
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xi64>
}

// -----

// CHECK-LABEL: @one_and_zero
func.func @one_and_zero(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = xf.constant {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %zero = xf.constant {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %0 = xf.mul %x, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = xf.div %0, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = xf.sub %1, %zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = xf.neg %2 : (tensor<4xf32>) -> tensor<4xf32>
  %4 = xf.neg %3 : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK-NEXT: return %arg0
  return %4 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @broadcasting_stays
func.func @broadcasting_stays(%x: tensor<4xf32>) -> tensor<3x4xf32> {
  %one = xf.constant {value = dense<1.0> : tensor<3x1xf32>} : () -> tensor<3x1xf32>
  // CHECK: xf.mul
  %0 = xf.mul %x, %one : (tensor<4xf32>, tensor<3x1xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

// CHECK-LABEL: @transposes
func.func @transposes(%x: tensor<2x3x4xf32>) -> (tensor<2x3x4xf32>, tensor<4x2x3xf32>) {
  %0 = xf.transpose %x {permutation = array<i64: 1, 2, 0>} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %1 = xf.transpose %0 {permutation = array<i64: 2, 0, 1>} : (tensor<3x4x2xf32>) -> tensor<2x3x4xf32>
  // CHECK: %[[T:.*]] = xf.transpose %arg0 {permutation = array<i64: 2, 0, 1>}
  %2 = xf.transpose %0 {permutation = array<i64: 1, 2, 0>} : (tensor<3x4x2xf32>) -> tensor<4x2x3xf32>
  // CHECK: return %arg0, %[[T]]
  return %1, %2 : tensor<2x3x4xf32>, tensor<4x2x3xf32>
}

// -----

// CHECK-LABEL: @reshapes
func.func @reshapes(%x: tensor<?x12xf32>, %y: tensor<3x4xf32>) -> (tensor<?x3x4xf32>, tensor<3x4xf32>) {
  %0 = xf.reshape %x {shape = [#xf.dim<-1>, #xf.dim<6>]} : (tensor<?x12xf32>) -> tensor<?x6xf32>
  // CHECK: %[[R:.*]] = xf.reshape %arg0 {shape = [#xf.dim<-1>, #xf.dim<3>, #xf.dim<4>]}
  %1 = xf.reshape %0 {shape = [#xf.dim<-1>, #xf.dim<3>, #xf.dim<4>]} : (tensor<?x6xf32>) -> tensor<?x3x4xf32>
  %2 = xf.reshape %y {shape = [#xf.dim<3>, #xf.dim<-1>]} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  // CHECK: return %[[R]], %arg1
  return %1, %2 : tensor<?x3x4xf32>, tensor<3x4xf32>
}

// -----

// CHECK-LABEL: @whole
// A reversal keeps the type but moves the elements.
func.func @whole(%x: tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  %0 = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 0>, starts = [#xf.dim<0>], ends = [#xf.dim<9223372036854775807>], steps = array<i64: 1>} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  // CHECK: %[[S:.*]] = xf.slice
  %1 = xf.slice %x {operandSegmentSizes = array<i32: 1, 0, 0>, axes = array<i64: 0>, starts = [#xf.dim<-1>], ends = [#xf.dim<-9223372036854775807>], steps = array<i64: -1>} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %2 = xf.concat %x {axis = 0 : i64} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  // CHECK: return %arg0, %[[S]], %arg0
  return %0, %1, %2 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
}

// -----

// CHECK-LABEL: @comparisons
func.func @comparisons(%i: tensor<2xi64>, %f: tensor<2xf32>) -> (tensor<2xi64>, tensor<2xi1>) {
  %0 = xf.cmp %i, %i {kind = #xf.cmp_kind<lt>} : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi1>
  %1 = xf.neg %i : (tensor<2xi64>) -> tensor<2xi64>
  %2 = xf.select %0, %1, %i : (tensor<2xi1>, tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
  // CHECK: %[[C:.*]] = xf.cmp %arg1, %arg1
  %3 = xf.cmp %f, %f {kind = #xf.cmp_kind<eq>} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  // CHECK: return %arg0, %[[C]]
  return %2, %3 : tensor<2xi64>, tensor<2xi1>
}

// -----

// CHECK-LABEL: @dim_value
func.func @dim_value() -> (index, index) {
  // CHECK-DAG: %[[C:.*]] = arith.constant 6 : index
  // CHECK-DAG: %[[D:.*]] = xf.dim_value {dim = #xf.dim<seq>}
  %0 = xf.dim_value {dim = #xf.dim<2 * 3>} : index
  %1 = xf.dim_value {dim = #xf.dim<seq>} : index
  // CHECK: return %[[C]], %[[D]]
  return %0, %1 : index, index
}
