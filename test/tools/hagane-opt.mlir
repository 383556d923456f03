// RUN: hagane-opt %s -canonicalize | FileCheck %s
// The tool reads IR, runs an upstream pass and prints the result.

// CHECK-LABEL: func.func @fold
func.func @fold() -> i32 {
  // CHECK: %[[C:.*]] = arith.constant 5 : i32
  // CHECK: return %[[C]]
  %a = arith.constant 2 : i32
  %b = arith.constant 3 : i32
  %c = arith.addi %a, %b : i32
  return %c : i32
}
