// Extents of an output by every kind of expression over n and m.
xf.symbol @n {min = 0 : i64, max = 9223372036854775807 : i64}
xf.symbol @m {min = 0 : i64, max = 1000 : i64}
func.func @main(%x: memref<?x?xi8> {onnx.name = "x", xf.dims = [#xf.dim<n>, #xf.dim<m>]},
                %y: memref<?x?x?x?x?x?xi8> {onnx.name = "y", kernel.output = 0 : i64, xf.dims = [
                  #xf.dim<floordiv(n, m)>, #xf.dim<ceildiv(n, 3)>, #xf.dim<mod(n, 4)>, #xf.dim<min(n, m)>,
                  #xf.dim<max(n, m)>, #xf.dim<n * m - m + 2>]}) {
  kernel.launch @nothing(%x) {items = #xf.dim<0>, scratch = #xf.dim<0>, flops = #xf.dim<0>, bytes = #xf.dim<0>,
    kind = "map", schedule = "", nodes = []} : memref<?x?xi8>
  return
}
func.func private @nothing(%x: memref<?x?xi8>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {kernel.body} {
  return
}
