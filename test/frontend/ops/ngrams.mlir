// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// One comparison per token of an n-gram and per number of skipped ones.
// CHECK-LABEL: func.func @TfIdfVectorizer9(
// CHECK-COUNT-4: xf.cmp %
// CHECK-NOT: xf.cmp %
// CHECK: xf.scatter_elements {{.*}} -> tensor<2x2xf32>
func.func @TfIdfVectorizer9(%x: tensor<2x6xi64>) -> !onnx.unknown {
  %y = onnx.node "TfIdfVectorizer" since 9 (%x) {mode = "TF", min_gram_length = 2, max_gram_length = 2, max_skip_count = 1, ngram_counts = array<i64: 0, 0>, ngram_indexes = array<i64: 1, 0>, pool_int64s = array<i64: 2, 3, 5, 4>} : (tensor<2x6xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}
