#id = affine_map<(i) -> (i)>
func.func @main(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %0 = kernel.map ins %x outs %y {maps = [#id, #id], schedule = #kernel.cuda_loop<threads = 32, per_thread = 1, vector = 1>, shapes = [[], []]} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
