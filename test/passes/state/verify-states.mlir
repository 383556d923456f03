// RUN: hagane-opt %s --split-input-file --pass-pipeline="builtin.module(func.func(hagane-verify-states))" --verify-diagnostics

// Appended to and read in place, through a view.
func.func @in_place(%x: memref<4xf32>, %q: memref<1x1x1x16xf32>, %n: memref<1x1xi32>, %e: memref<1xi64>, %y: memref<1x1x1x16xf32>,
                    %state: memref<?x1x16x16xf32> {kernel.state = 0 : i64, onnx.name = "past"}) {
  %view = memref.cast %state : memref<?x1x16x16xf32> to memref<4x1x16x16xf32>
  kernel.task ins %x outs %view {item_count = #xf.dim<1>, shapes = [[], []], kernel.keeps} body {
  ^bb0(%a: memref<4xf32, strided<[?], offset: ?>>, %b: memref<4x1x16x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %i: index):
    kernel.yield
  } : (memref<4xf32>, memref<4x1x16x16xf32>) -> ()
  kernel.attention %q, %state, %state lengths %e pages %n outs %y {layouts = ["bhsd", "bhsd", "bhsd", "bhsd"], scale = 0.25 : f64,
      causal = #xf.causal_kind<none>, shapes = [[], [], [], [], [], []]}
    : (memref<1x1x1x16xf32>, memref<?x1x16x16xf32>, memref<?x1x16x16xf32>, memref<1xi64>, memref<1x1xi32>, memref<1x1x1x16xf32>) -> ()
  return
}

// -----

func.func @copied(%size: index, %state: memref<?x1x16x16xf32> {kernel.state = 0 : i64, onnx.name = "past"}) {
  %copy = memref.alloc(%size) : memref<?x1x16x16xf32>
  // expected-error @below {{state 'past' is copied or rewritten here, expected kernels that append to it or attend to it}}
  memref.copy %state, %copy : memref<?x1x16x16xf32> to memref<?x1x16x16xf32>
  return
}

// -----

func.func @rewritten(%x: memref<4x1x16x16xf32>, %state: memref<4x1x16x16xf32> {kernel.state = 0 : i64, onnx.name = "past"}) {
  // expected-error @below {{state 'past' is copied or rewritten here}}
  kernel.map ins %x outs %state {maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>], shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } : (memref<4x1x16x16xf32>, memref<4x1x16x16xf32>) -> ()
  return
}

// -----

// An append that keeps nothing would lose all other positions.
func.func @forgetful(%x: memref<4xf32>, %state: memref<4x1x16x16xf32> {kernel.state = 0 : i64, onnx.name = "past"}) {
  // expected-error @below {{state 'past' is copied or rewritten here}}
  kernel.task ins %x outs %state {item_count = #xf.dim<1>, shapes = [[], []]} body {
  ^bb0(%a: memref<4xf32, strided<[?], offset: ?>>, %b: memref<4x1x16x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %i: index):
    kernel.yield
  } : (memref<4xf32>, memref<4x1x16x16xf32>) -> ()
  return
}
