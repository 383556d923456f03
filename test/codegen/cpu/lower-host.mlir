// RUN: hagane-opt %s -hagane-assign-weights -hagane-lower-host -split-input-file | FileCheck %s

// What the module file tells of the code.
// CHECK-LABEL: module attributes
// CHECK-SAME: kernel.buffers = [{first = 0 : i64, last = 1 : i64, name = "buffer0", offset = [[#]] : i64, size = [[#]] : i64}]
// CHECK-SAME: kernel.checks = ["a size computed from the symbolic dimensions is out of range"]
// CHECK-SAME: kernel.inputs = [{dims = [#xf.dim<n>], name = "x", type = f32}]
// CHECK-SAME: kernel.kernels = [{{.*}}name = "copy", nodes = ["A"], schedule = "s"}, {{.*}}name = "copy", nodes = ["B"]
// CHECK-SAME: kernel.outputs = [{dims = [#xf.dim<n>], name = "y", type = f32}]
// CHECK-SAME: kernel.slots = [#xf.dim<n * 4>, unit, #xf.dim<n>,

// The plan: the arena and the largest scratch first; overflow fails check 0.
// CHECK: llvm.mlir.global internal constant @buffer_orders(dense<0> : tensor<1xi32>)
// CHECK: func.func private @place_in_order
// CHECK: func.func private @place_buffers
// CHECK-LABEL: func.func @hgn_plan(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// CHECK: llvm.intr.smul.with.overflow
// CHECK: %[[FAILED:.*]] = arith.constant 1 : i32
// CHECK: arith.select %{{.*}}, %[[FAILED]]
// CHECK: scf.if
// CHECK: call @place_buffers

// The run: words are stored, then the kernel is launched over its items.
// CHECK: func.func @hgn_run(%[[EXEC:.*]]: !llvm.ptr) -> i32
// CHECK: %[[WORDS:.*]] = llvm.alloca %{{.*}} x i64
// CHECK: %[[ENTRY:.*]] = constant @copy_entry
// CHECK: %[[FN:.*]] = builtin.unrealized_conversion_cast %[[ENTRY]]
// CHECK: llvm.call %{{.*}}(%[[EXEC]], %{{.*}}, %[[FN]], %[[WORDS]], %{{.*}}) : !llvm.ptr
// CHECK-NOT: kernel.launch
// CHECK-NOT: xf.dim_value
// CHECK-NOT: kernel.buffer_offset

// The kernel takes words: address and open size; the memrefs overlap nothing.
// CHECK-LABEL: func.func private @copy
// CHECK-SAME: (%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: index, %{{.*}}: index, %{{.*}}: !llvm.ptr {llvm.noalias})
// CHECK-LABEL: func.func @copy_entry(%{{.*}}: !llvm.ptr, %{{.*}}: index, %{{.*}}: index, %{{.*}}: !llvm.ptr)
// CHECK-COUNT-4: llvm.load
// CHECK: call @copy
module {
  xf.symbol @n {min = 1 : i64, max = 64 : i64}
  func.func @main(%x: memref<?xf32> {onnx.name = "x", xf.dims = [#xf.dim<n>]},
                  %y: memref<?xf32> {onnx.name = "y", kernel.output = 0 : i64, xf.dims = [#xf.dim<n>]},
                  %arena: memref<?xi8> {kernel.arena})
      attributes {kernel.arena_bytes = #xf.dim<4 * n>, kernel.buffers = [{bytes = #xf.dim<4 * n>, first_use = 0 : i64, last_use = 1 : i64}],
                  kernel.arena_orders = [array<i32: 0>]} {
    %n = xf.dim_value {dim = #xf.dim<n>} : index
    %o = kernel.buffer_offset {buffer = 0 : i64} : index
    %t = memref.view %arena[%o][%n] : memref<?xi8> to memref<?xf32>
    kernel.launch @copy(%x, %t) {items = #xf.dim<n>, scratch = #xf.dim<64>, flops = #xf.dim<0>, bytes = #xf.dim<8 * n>,
      kind = "map", schedule = "s", nodes = ["A"]} : memref<?xf32>, memref<?xf32>
    kernel.launch @copy(%t, %y) {items = #xf.dim<n>, scratch = #xf.dim<128>, flops = #xf.dim<0>, bytes = #xf.dim<8 * n>,
      kind = "map", schedule = "s", nodes = ["B"]} : memref<?xf32>, memref<?xf32>
    return
  }
  func.func private @copy(%x: memref<?xf32>, %y: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
      attributes {kernel.body} {
    %c1 = arith.constant 1 : index
    scf.for %i = %begin to %end step %c1 {
      %v = memref.load %x[%i] : memref<?xf32>
      memref.store %v, %y[%i] : memref<?xf32>
    }
    return
  }
}

// -----

// Two views of one buffer may overlap; a constant offset stays in the type, an open one moves the address.
// CHECK-LABEL: func.func private @both
// CHECK-SAME: (%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: index
module {
  func.func @main(%x: memref<8xf32> {onnx.name = "x"}) {
    %a = memref.subview %x[0] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1]>>
    %b = memref.subview %x[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
    kernel.launch @both(%a, %b) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
      kind = "map", schedule = "", nodes = []} : memref<4xf32, strided<[1]>>, memref<4xf32, strided<[1], offset: 4>>
    return
  }
  func.func private @both(%x: memref<4xf32, strided<[1]>>, %y: memref<4xf32, strided<[1], offset: 4>>, %begin: index,
                          %end: index, %scratch: memref<?xi8>) attributes {kernel.body} {
    return
  }
}

// -----

// A kernel that can fail gets the run's report and its check's number. The run ends with the failure, if one is noted.
// CHECK-LABEL: module attributes
// CHECK-SAME: kernel.checks = ["a size computed from the symbolic dimensions is out of range", "node 'G': index {got} of {want}"]
// CHECK: func.func @hgn_run(%[[EXEC:.*]]: !llvm.ptr) -> i32
// CHECK: llvm.alloca %{{.*}} x i64
// CHECK: %[[REPORT:.*]] = llvm.alloca %{{.*}} x i64
// CHECK: llvm.store %{{.*}}, %[[REPORT]]
// CHECK: llvm.ptrtoint %[[REPORT]]
// CHECK: %[[TWO:.*]] = llvm.mlir.constant(2 : i64)
// CHECK: llvm.store %[[TWO]]
// CHECK: llvm.call
// CHECK: %[[FAILED:.*]] = arith.cmpi ne
// CHECK: scf.if
// CHECK: llvm.call %{{.*}}(%[[EXEC]]
// CHECK: %[[RESULT:.*]] = arith.extui %[[FAILED]]
// CHECK: return %[[RESULT]]
// CHECK-LABEL: func.func private @checked
// CHECK-SAME: (%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: index, %{{.*}}: index, %{{.*}}: !llvm.ptr {llvm.noalias})
module {
  func.func @main(%x: memref<8xf32> {onnx.name = "x"}) {
    kernel.launch @checked(%x) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
      kind = "task", schedule = "", nodes = ["G"], check = "node 'G': index {got} of {want}"} : memref<8xf32>
    return
  }
  func.func private @checked(%x: memref<8xf32>, %report: memref<3xi64>, %check: index, %begin: index, %end: index,
                             %scratch: memref<?xi8>) attributes {kernel.body, kernel.reports} {
    return
  }
}

// -----

// A size that the run computes: hgn_plan does not know what follows from it, hgn_run stores it. Buffers and outputs of
// such sizes come from the runtime, and no kernel runs after a failure.
// CHECK-LABEL: module attributes
// CHECK-SAME: kernel.slots = [#xf.dim<n>, #xf.dim<n * 4>
// CHECK-LABEL: func.func @hgn_plan
// CHECK: arith.constant -9223372036854775808 : i64
// CHECK: func.func @hgn_run(%[[EXEC:.*]]: !llvm.ptr) -> i32
// CHECK: memref.load
// CHECK: %[[SIZE:.*]] = arith.minsi
// CHECK: llvm.store %[[SIZE]]
// CHECK: llvm.intr.smul.with.overflow
// CHECK: %[[MEMORY:.*]] = llvm.call %{{.*}}(%[[EXEC]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i64) -> !llvm.ptr
// CHECK: llvm.icmp "eq" %[[MEMORY]]
// CHECK: llvm.call %{{.*}}(%[[EXEC]], %{{.*}}, %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr) -> !llvm.ptr
// CHECK: %[[ITEMS:.*]] = arith.select
// CHECK: llvm.call %{{.*}}(%[[EXEC]], %{{.*}}, %{{.*}}, %{{.*}}, %[[ITEMS]])
module {
  xf.computed_size @n {min = 0 : i64, max = 64 : i64}
  func.func @main(%count: memref<1xi64> {onnx.name = "count"},
                  %y: memref<?xf32> {onnx.name = "y", kernel.output = 0 : i64, xf.dims = [#xf.dim<n>]}) {
    xf.bind @n, %count : memref<1xi64>
    %n = xf.dim_value {dim = #xf.dim<n>} : index
    %t = memref.alloc(%n) {kernel.heap_bytes = #xf.dim<4 * n>} : memref<?xf32>
    kernel.launch @copy(%t, %y) {items = #xf.dim<n>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
      kind = "map", schedule = "", nodes = []} : memref<?xf32>, memref<?xf32>
    return
  }
  func.func private @copy(%x: memref<?xf32>, %y: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
      attributes {kernel.body} {
    return
  }
}

// -----

// A loop: sizes are stored anew in each iteration; memory is kept from one to
// the next and only asked for where it is too small; nothing follows a failure.

// CHECK: func.func @hgn_run
// CHECK: %[[END:.*]] = arith.select %{{.*}}, %c64, %c0 : index
// CHECK: scf.for %[[I:.*]] = %c0 to %[[END]] step %{{.*}} iter_args(%[[A:.*]] = %{{.*}}) -> (memref<?xf32>) {
// CHECK:   %[[NUMBER:.*]] = arith.index_cast %[[I]] : index to i64
// CHECK:   %[[SIZE:.*]] = memref.dim %[[A]]
// CHECK:   %[[WORD:.*]] = arith.index_cast %[[SIZE]] : index to i64
// CHECK:   llvm.store %[[WORD]]
// CHECK:   %[[GROWS:.*]] = arith.cmpi sgt
// CHECK:   scf.if %[[GROWS]] {
// CHECK:     llvm.lshr
// CHECK:     llvm.call
// CHECK:   }
// CHECK:   scf.yield
module {
  xf.computed_size @i {min = 0 : i64, max = 64 : i64}
  xf.computed_size @n {min = 0 : i64, max = 9223372036854775807 : i64}
  func.func @main(%x: memref<?xf32> {onnx.name = "x", xf.dims = [#xf.dim<s>]}, %y: memref<1xf32> {onnx.name = "y", kernel.output = 0 : i64}) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %end = arith.constant 64 : index
    %0 = scf.for %k = %c0 to %end step %c1 iter_args(%a = %x) -> (memref<?xf32>) {
      xf.bind @i, %k : index
      xf.measure %a {binds = array<i64: 0>, dims = [#xf.dim<n>]} : (memref<?xf32>) -> ()
      %n = xf.dim_value {dim = #xf.dim<n + i>} : index
      %t = memref.alloc(%n) {kernel.alternates, kernel.heap_bytes = #xf.dim<4 * n + 4 * i>} : memref<?xf32>
      kernel.launch @copy(%a, %t) {items = #xf.dim<n>, scratch = #xf.dim<n * 4>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
        kind = "map", schedule = "", nodes = []} : memref<?xf32>, memref<?xf32>
      scf.yield %t : memref<?xf32>
    }
    return
  }
  xf.symbol @s {min = 0 : i64, max = 64 : i64}
  func.func private @copy(%x: memref<?xf32>, %y: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
      attributes {kernel.body} {
    return
  }
}

// -----

// Memory may also be asked for where all sizes come from the inputs; its lack
// is noted, and nothing is launched after it.

// CHECK: func.func @hgn_run(%[[EXEC:.*]]: !llvm.ptr) -> i32
// CHECK: %[[MEMORY:.*]] = llvm.call %{{.*}}(%[[EXEC]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i64) -> !llvm.ptr
// CHECK: llvm.icmp "eq" %[[MEMORY]]
// CHECK: %[[ITEMS:.*]] = arith.select
// CHECK: llvm.call %{{.*}}(%[[EXEC]], %{{.*}}, %{{.*}}, %{{.*}}, %[[ITEMS]])
module {
  xf.symbol @s {min = 0 : i64, max = 64 : i64}
  func.func @main(%x: memref<?xf32> {onnx.name = "x", xf.dims = [#xf.dim<s>]},
                  %y: memref<?xf32> {onnx.name = "y", kernel.output = 0 : i64, xf.dims = [#xf.dim<s>]}) {
    %s = xf.dim_value {dim = #xf.dim<s>} : index
    %t = memref.alloc(%s) {kernel.heap_bytes = #xf.dim<4 * s>} : memref<?xf32>
    kernel.launch @copy(%x, %t) {items = #xf.dim<s>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
      kind = "map", schedule = "", nodes = []} : memref<?xf32>, memref<?xf32>
    return
  }
  func.func private @copy(%x: memref<?xf32>, %y: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
      attributes {kernel.body} {
    return
  }
}
