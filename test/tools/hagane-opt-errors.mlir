// RUN: not hagane-opt %s 2>&1 | FileCheck %s
// An unknown dialect is an error with a place, never accepted silently.

// CHECK: hagane-opt-errors.mlir:[[@LINE+2]]:3: error: Dialect `nowhere' not found
func.func @f() {
  nowhere.op
  return
}
