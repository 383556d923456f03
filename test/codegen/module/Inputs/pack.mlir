// Constants as the module stores them, copied to the outputs by the host.
kernel.global @rows : tensor<2x2x3xf32> {
  %c = xf.constant {value = dense<[[0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0]]> : tensor<2x5xf32>}
    : () -> tensor<2x5xf32>
  %p = kernel.pack %c {panel = 3 : i64} : tensor<2x5xf32> -> tensor<2x2x3xf32>
  kernel.yield %p : tensor<2x2x3xf32>
}
kernel.global @columns : tensor<2x5x1xf32> {
  %c = xf.constant {value = dense<[[0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0]]> : tensor<2x5xf32>}
    : () -> tensor<2x5xf32>
  %p = kernel.pack %c {panel = 1 : i64, transposed} : tensor<2x5xf32> -> tensor<2x5x1xf32>
  kernel.yield %p : tensor<2x5x1xf32>
}
func.func @main(%x: memref<1xf32> {onnx.name = "x"}, %a: memref<2x2x3xf32> {onnx.name = "a", kernel.output = 0 : i64},
                %b: memref<2x5x1xf32> {onnx.name = "b", kernel.output = 1 : i64}) {
  %r = kernel.get_global @rows : memref<2x2x3xf32>
  %c = kernel.get_global @columns : memref<2x5x1xf32>
  kernel.launch @nothing(%x) {items = #xf.dim<1>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
    kind = "map", schedule = "", nodes = []} : memref<1xf32>
  memref.copy %r, %a : memref<2x2x3xf32> to memref<2x2x3xf32>
  memref.copy %c, %b : memref<2x5x1xf32> to memref<2x5x1xf32>
  return
}
func.func private @nothing(%x: memref<1xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.body} {
  return
}
