// RUN: not hagane-opt %s -convert-onnx-to-xf 2>&1 | FileCheck %s

// Operators without a meaning in a compiled model say so, all at once:
// Bernoulli, Multinomial, RandomNormalLike, RandomUniformLike, RandomUniform, ImageDecoder, Optional,
// RegexFullMatch, StringConcat, StringNormalizer, StringSplit, CastMap, CategoryMapper, DictVectorizer.
// CHECK: RandomNormal: draws random numbers, with or without a seed
// CHECK: StringSplit: works on strings
// CHECK: Optional: makes an optional value
// CHECK: ImageDecoder: decodes an image file
// CHECK: ZipMap: works on maps
func.func @refused(%x: tensor<4xui8>) -> !onnx.unknown {
  %a = onnx.node "RandomNormal" since 22 () {shape = array<i64: 4>, seed = 1.0 : f32} : () -> !onnx.unknown
  %b = onnx.node "StringSplit" since 20 (%x) : (tensor<4xui8>) -> !onnx.unknown
  %c = onnx.node "Optional" since 15 (%x) : (tensor<4xui8>) -> !onnx.unknown
  %d = onnx.node "ImageDecoder" since 20 (%x) : (tensor<4xui8>) -> !onnx.unknown
  %e = onnx.node "ZipMap" domain "ai.onnx.ml" since 1 (%x) : (tensor<4xui8>) -> !onnx.unknown
  return %a : !onnx.unknown
}
