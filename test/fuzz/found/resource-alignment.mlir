module {
  func.func @main() -> tensor<2xf32> {
    %0 = "xf.constant"() {value = dense_resource<w> : tensor<2xf32>} : () -> tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}
{-#
  dialect_resources: {
    builtin: {
      w: "0x000000800000000000000000"
    }
  }
#-}
