// RUN: hagane-opt %s -hagane-assign-weights -hagane-lower-host=device -split-input-file | FileCheck %s

// The words count the workspace behind them; the scratch is that of all items.
// CHECK-LABEL: module attributes
// CHECK-SAME: kernel.kernels = [{{.*}}name = "copy", nodes = ["A"], schedule = "s", words = 5 : i64}]

// CHECK-LABEL: func.func @hgn_plan
// CHECK: llvm.intr.smul.with.overflow

// CHECK: func.func @hgn_run(%[[EXEC:.*]]: !llvm.ptr) -> i32
// CHECK: %[[NONE:.*]] = llvm.mlir.zero : !llvm.ptr
// CHECK: llvm.call %{{.*}}(%[[EXEC]], %{{.*}}, %[[NONE]], %{{.*}}, %{{.*}}) : !llvm.ptr

// The kernel is another code generator's.
// CHECK-NOT: func.func {{.*}}@copy
module {
  xf.symbol @n {min = 1 : i64, max = 64 : i64}
  func.func @main(%x: memref<?xf32> {onnx.name = "x", xf.dims = [#xf.dim<n>]},
                  %y: memref<?xf32> {onnx.name = "y", kernel.output = 0 : i64, xf.dims = [#xf.dim<n>]}) {
    kernel.launch @copy(%x, %y) {items = #xf.dim<n>, scratch = #xf.dim<64>, flops = #xf.dim<0>, bytes = #xf.dim<8 * n>,
      kind = "map", schedule = "s", nodes = ["A"]} : memref<?xf32>, memref<?xf32>
    return
  }
  func.func private @copy(%x: memref<?xf32>, %y: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
      attributes {kernel.body} {
    return
  }
}

// -----

// The host reads and writes elements through the runtime, and launches nothing after that failed. A report is the
// device's own.
// CHECK-LABEL: {{^// -+$}}
// CHECK: func.func @hgn_run
// CHECK: %[[WORDS:.*]] = llvm.alloca
// CHECK: %[[STAGING:.*]] = llvm.alloca %{{.*}} x i64
// CHECK-NOT: memref.load
// CHECK-NOT: memref.store
// CHECK: %[[RESULT:.*]] = llvm.call %{{.*}}(%{{.*}}, %{{.*}}, %[[STAGING]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64) -> i32
// CHECK: arith.cmpi ne, %[[RESULT]]
// CHECK: llvm.load %[[STAGING]] : !llvm.ptr -> i1
// CHECK: scf.if
// CHECK: llvm.ptrtoint
// CHECK: llvm.store %{{.*}}, %[[STAGING]] : i64, !llvm.ptr
// CHECK: llvm.call %{{.*}}(%{{.*}}, %{{.*}}, %[[STAGING]], %{{.*}})
module {
  func.func @main(%c: memref<i1> {onnx.name = "c"}, %y: memref<2x4xi64> {onnx.name = "y", kernel.output = 0 : i64}) {
    %c1 = arith.constant 1 : index
    %v = arith.constant 7 : i64
    %is = memref.load %c[] : memref<i1>
    scf.if %is {
      kernel.launch @look(%y) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
        kind = "gather", schedule = "", nodes = [], check = "no place"} : memref<2x4xi64>
    }
    memref.store %v, %y[%c1, %c1] : memref<2x4xi64>
    return
  }
  func.func private @look(%y: memref<2x4xi64>, %check: memref<3xi64>, %number: index, %begin: index, %end: index,
                          %scratch: memref<?xi8>) attributes {kernel.body, kernel.reports} {
    return
  }
}

// -----

// A loop ends once a kernel has noted a failure: its report is read before the condition counts.
// CHECK-LABEL: {{^// -+$}}
// CHECK: func.func @hgn_run
// CHECK: scf.while
// CHECK: llvm.call
// CHECK: llvm.load
// CHECK: llvm.call
// CHECK: arith.cmpi ne
// CHECK: arith.andi
// CHECK: scf.condition
module {
  func.func @main(%c: memref<i1> {onnx.name = "c", kernel.output = 0 : i64}) {
    scf.while : () -> () {
      %is = memref.load %c[] : memref<i1>
      scf.condition(%is)
    } do {
      kernel.launch @look(%c) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
        kind = "gather", schedule = "", nodes = [], check = "no place"} : memref<i1>
      scf.yield
    }
    return
  }
  func.func private @look(%c: memref<i1>, %check: memref<3xi64>, %number: index, %begin: index, %end: index,
                          %scratch: memref<?xi8>) attributes {kernel.body, kernel.reports} {
    return
  }
}
