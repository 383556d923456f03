// RUN: hagane-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{(C1) has an empty operator type}}
onnx.node "" since 1 () : () -> ()

// -----

// expected-error @+1 {{(C2) has version 0, expected at least 1}}
onnx.node "Relu" since 0 () : () -> ()

// -----

// expected-error @+1 {{(C3) names 1 subgraphs but has 2 regions}}
onnx.node "If" since 1 () graphs ["then_branch"] { onnx.yield }, { onnx.yield } : () -> ()

// -----

// expected-error @+1 {{(C3) names subgraph "body" twice}}
onnx.node "If" since 1 () graphs ["body", "body"] { onnx.yield }, { onnx.yield } : () -> ()

// -----

// expected-error @+1 {{(C4) subgraph "body" does not end in onnx.yield}}
onnx.node "Loop" since 1 () graphs ["body"] {
  %none = onnx.absent : none
} : () -> ()

// -----

// expected-error @+1 {{(C5) subgraph "body" has the name of an attribute}}
onnx.node "Loop" since 1 () {body = 1 : i64} graphs ["body"] { onnx.yield } : () -> ()

// -----

// expected-error @+1 {{operand #0 must be variadic of tensor, none or !onnx.unknown, but got 'i32'}}
func.func @scalar(%x: i32) { onnx.node "Relu" since 14 (%x) : (i32) -> () return }

// -----

func.func @missing_data() {
  // expected-error @+1 {{(C2) has 4 bytes of data, 'tensor<3xf32>' needs 12}}
  %0 = onnx.initializer "w" dense_resource<short> : tensor<3xf32>
  return
}

{-# dialect_resources: { builtin: { short: "0x0100000001020304" } } #-}

// -----

func.func @stray() {
  // expected-error @+1 {{expects parent op 'onnx.node'}}
  onnx.yield
}

// -----

func.func @dynamic() {
  // expected-error @+1 {{(C1) has type 'tensor<?xf32>', expected a static shape}}
  %0 = onnx.initializer "w" dense_resource<w> : tensor<?xf32>
  return
}
