// RUN: hagane-opt %s --hagane-form-kernels --canonicalize --cse --hagane-fuse-kernels --remarks-filter=fusion -o /dev/null 2>&1 | FileCheck %s

xf.symbol @s {min = 1 : i64, max = 512 : i64}

// What joins the epilogue wrote and read 32 floats a row; what joins the norm
// did 64, of which it read the one operand that the norm does not.
// CHECK-DAG: [Passed] map-into-epilogue | Category:fusion | Function=layer | Nodes="/up, /relu", SavedBytes="s * 256"
// CHECK-DAG: [Passed] map-into-consumer | Category:fusion | Function=layer | Nodes="/add, /norm", SavedBytes="s * 512"
func.func @layer(%x: tensor<?x64xf32> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}, %z: tensor<?x64xf32> {xf.dims = [#xf.dim<s>, #xf.dim<64>]}) -> tensor<?x32xf32> {
  %w = xf.constant {value = dense_resource<w> : tensor<64x32xf32>} : () -> tensor<64x32xf32>
  %0 = xf.add %x, %z : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32> loc("/add")
  %1 = xf.rms_norm %0 {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>) -> tensor<?x64xf32> loc("/norm")
  %2 = xf.linear %1, %w : (tensor<?x64xf32>, tensor<64x32xf32>) -> tensor<?x32xf32> loc("/up")
  %3 = xf.relu %2 : (tensor<?x32xf32>) -> tensor<?x32xf32> loc("/relu")
  return %3 : tensor<?x32xf32>
}
