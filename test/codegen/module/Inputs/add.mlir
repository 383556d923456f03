// y = 2 * x + w over [batch, 8], in the form that outlining and kernel lowering leave.
xf.symbol @batch {min = 1 : i64, max = 1024 : i64}
kernel.global @w : tensor<8xf32> {
  %c = xf.constant {value = dense<[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]> : tensor<8xf32>} : () -> tensor<8xf32>
  kernel.yield %c : tensor<8xf32>
}
func.func @main(%x: memref<?x8xf32> {onnx.name = "x", xf.dims = [#xf.dim<batch>, #xf.dim<8>]},
                %y: memref<?x8xf32> {onnx.name = "y", kernel.output = 0 : i64, xf.dims = [#xf.dim<batch>, #xf.dim<8>]},
                %arena: memref<?xi8> {kernel.arena})
    attributes {kernel.arena_bytes = #xf.dim<32 * batch + 64>} {
  %n = xf.dim_value {dim = #xf.dim<batch>} : index
  %o = xf.dim_value {dim = #xf.dim<64>} : index
  %t = memref.view %arena[%o][%n] {kernel.arena_offset = #xf.dim<64>, kernel.arena_bytes = #xf.dim<32 * batch>}
    : memref<?xi8> to memref<?x8xf32>
  %w = kernel.get_global @w : memref<8xf32>
  kernel.launch @double(%x, %t) {items = #xf.dim<batch>, scratch = #xf.dim<64>, flops = #xf.dim<8 * batch>,
    bytes = #xf.dim<64 * batch>, kind = "map", schedule = "by rows", nodes = ["Mul_0"]} : memref<?x8xf32>, memref<?x8xf32>
  kernel.launch @add(%t, %w, %y) {items = #xf.dim<ceildiv(batch, 2)>, scratch = #xf.dim<0>, flops = #xf.dim<8 * batch>,
    bytes = #xf.dim<64 * batch + 32>, kind = "map", schedule = "", nodes = ["Add_1"]}
    : memref<?x8xf32>, memref<8xf32>, memref<?x8xf32>
  return
}
func.func private @double(%x: memref<?x8xf32>, %y: memref<?x8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.body} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %two = arith.constant dense<2.0> : vector<8xf32>
  scf.for %i = %begin to %end step %c1 {
    %v = vector.load %x[%i, %c0] : memref<?x8xf32>, vector<8xf32>
    %d = arith.mulf %v, %two : vector<8xf32>
    vector.store %d, %y[%i, %c0] : memref<?x8xf32>, vector<8xf32>
  }
  return
}
func.func private @add(%x: memref<?x8xf32>, %w: memref<8xf32>, %y: memref<?x8xf32>, %begin: index, %end: index,
                       %scratch: memref<?xi8>) attributes {kernel.body} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %rows = memref.dim %x, %c0 : memref<?x8xf32>
  %from = arith.muli %begin, %c2 : index
  %to = arith.muli %end, %c2 : index
  %last = arith.minsi %to, %rows : index
  %b = vector.load %w[%c0] : memref<8xf32>, vector<8xf32>
  scf.for %i = %from to %last step %c1 {
    %v = vector.load %x[%i, %c0] : memref<?x8xf32>, vector<8xf32>
    %s = arith.addf %v, %b : vector<8xf32>
    vector.store %s, %y[%i, %c0] : memref<?x8xf32>, vector<8xf32>
  }
  return
}
