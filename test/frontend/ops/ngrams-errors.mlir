// RUN: hagane-opt %s -convert-onnx-to-xf -split-input-file -verify-diagnostics

func.func @column_beyond_any_result(%x: tensor<2x6xi64>) -> !onnx.unknown {
  // expected-error @below {{attribute 'ngram_indexes' has column 2147483648, expected 0 to 2147483647}}
  %y = onnx.node "TfIdfVectorizer" since 9 (%x) {mode = "TF", min_gram_length = 1, max_gram_length = 1, max_skip_count = 0, ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 2147483648>, pool_int64s = array<i64: 2>} : (tensor<2x6xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @too_few_columns(%x: tensor<2x6xi64>) -> !onnx.unknown {
  // expected-error @below {{attribute 'ngram_indexes' has 1 columns, expected one per n-gram}}
  %y = onnx.node "TfIdfVectorizer" since 9 (%x) {mode = "TF", min_gram_length = 1, max_gram_length = 1, max_skip_count = 0, ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 0>, pool_int64s = array<i64: 2, 3>} : (tensor<2x6xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @absurd_skips(%x: tensor<2x6xi64>) -> !onnx.unknown {
  // expected-error @below {{attribute 'max_skip_count' is 1001, expected 0 to 1000}}
  %y = onnx.node "TfIdfVectorizer" since 9 (%x) {mode = "TF", min_gram_length = 2, max_gram_length = 2, max_skip_count = 1001, ngram_counts = array<i64: 0, 0>, ngram_indexes = array<i64: 0>, pool_int64s = array<i64: 2, 3>} : (tensor<2x6xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// -----

func.func @beyond_any_sense(%x: tensor<2x6xi64>) -> !onnx.unknown {
  // expected-error @below {{attribute 'ngram_indexes' is 9223372036854775807, expected -2147483648 to 2147483648}}
  %y = onnx.node "TfIdfVectorizer" since 9 (%x) {mode = "TF", min_gram_length = 1, max_gram_length = 1, max_skip_count = 0, ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 9223372036854775807>, pool_int64s = array<i64: 2>} : (tensor<2x6xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}
