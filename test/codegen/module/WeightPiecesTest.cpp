// A constant in pieces has the bytes that it has as a whole.
#include "codegen/module/EvaluateWeight.h"
#include "codegen/module/RoundWeights.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace hagane;

namespace {

constexpr const char *kConstants = R"(
  %half = xf.constant {value = dense<0.5> : tensor<2x5xf32>} : () -> tensor<2x5xf32>
  %a = xf.constant {value = dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]> : tensor<4x3xf32>} : () -> tensor<4x3xf32>
  %b = xf.constant {value = dense<[[13.0, 14.0], [15.0, 16.0], [17.0, 18.0], [19.0, 20.0]]> : tensor<4x2xf32>} : () -> tensor<4x2xf32>
  %q = xf.constant {value = dense<[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [-1, -2, -3, -4], [50, 60, 70, 80]]> : tensor<5x4xi8>} : () -> tensor<5x4xi8>
  %one = xf.constant {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %rows = xf.constant {value = dense<[1.0, 2.0, 3.0, 4.0, 5.0]> : tensor<5xf32>} : () -> tensor<5xf32>
  %columns = xf.constant {value = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>} : () -> tensor<4xf32>
  %down = xf.constant {value = dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]> : tensor<3x4xf32>} : () -> tensor<3x4xf32>
  %across = xf.constant {value = dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]> : tensor<5x2xf32>} : () -> tensor<5x2xf32>
)";

struct Expression {
  const char *name, *text, *type;
};

constexpr Expression kExpressions[] = {
    {"constant", "kernel.yield %a : tensor<4x3xf32>", "tensor<4x3xf32>"},
    {"scalar", "kernel.yield %one : tensor<f32>", "tensor<f32>"},
    {"concat_and_pack", R"(
      %0 = xf.concat %a, %b {axis = 1 : i64} : (tensor<4x3xf32>, tensor<4x2xf32>) -> tensor<4x5xf32>
      %1 = kernel.pack %0 {panel = 2 : i64} : tensor<4x5xf32> -> tensor<3x4x2xf32>
      kernel.yield %1 : tensor<3x4x2xf32>)",
     "tensor<3x4x2xf32>"},
    {"concat_along", R"(
      %0 = xf.concat %a, %a {axis = 0 : i64} : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<8x3xf32>
      kernel.yield %0 : tensor<8x3xf32>)",
     "tensor<8x3xf32>"},
    {"transpose_and_pack", R"(
      %0 = xf.transpose %a {permutation = array<i64: 1, 0>} : (tensor<4x3xf32>) -> tensor<3x4xf32>
      %1 = kernel.pack %0 {panel = 3 : i64} : tensor<3x4xf32> -> tensor<2x3x3xf32>
      kernel.yield %1 : tensor<2x3x3xf32>)",
     "tensor<2x3x3xf32>"},
    {"pack_pairs", R"(
      %1 = kernel.pack %b {panel = 2 : i64, interleave = 2 : i64} : tensor<4x2xf32> -> tensor<1x2x2x2xf32>
      kernel.yield %1 : tensor<1x2x2x2xf32>)",
     "tensor<1x2x2x2xf32>"},
    {"pack_odd_pairs_transposed", R"(
      %1 = kernel.pack %a {panel = 3 : i64, interleave = 2 : i64, transposed} : tensor<4x3xf32> -> tensor<2x2x3x2xf32>
      kernel.yield %1 : tensor<2x2x3x2xf32>)",
     "tensor<2x2x3x2xf32>"},
    {"pack_groups", R"(
      %0 = xf.concat %a, %a {axis = 1 : i64} : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
      %1 = kernel.pack %0 {panel = 4 : i64, groups = 2 : i64} : tensor<4x6xf32> -> tensor<2x4x4xf32>
      kernel.yield %1 : tensor<2x4x4xf32>)",
     "tensor<2x4x4xf32>"},
    {"pack_groups_of_pairs_transposed", R"(
      %1 = kernel.pack %a {panel = 4 : i64, interleave = 2 : i64, groups = 2 : i64, transposed} : tensor<4x3xf32> -> tensor<1x2x4x2xf32>
      kernel.yield %1 : tensor<1x2x4x2xf32>)",
     "tensor<1x2x4x2xf32>"},
    {"pack_threes", R"(
      %1 = kernel.pack %a {panel = 2 : i64, interleave = 3 : i64} : tensor<4x3xf32> -> tensor<2x2x2x3xf32>
      kernel.yield %1 : tensor<2x2x2x3xf32>)",
     "tensor<2x2x2x3xf32>"},
    {"pack_transposed_cast", R"(
      %0 = xf.cast %a {to = f64} : (tensor<4x3xf32>) -> tensor<4x3xf64>
      %1 = kernel.pack %0 {panel = 2 : i64, transposed} : tensor<4x3xf64> -> tensor<2x3x2xf64>
      kernel.yield %1 : tensor<2x3x2xf64>)",
     "tensor<2x3x2xf64>"},
    {"pack_rounded", R"(
      %0 = xf.cast %a {to = bf16} : (tensor<4x3xf32>) -> tensor<4x3xbf16>
      %1 = kernel.pack %0 {panel = 2 : i64, interleave = 2 : i64} : tensor<4x3xbf16> -> tensor<2x2x2x2xbf16>
      kernel.yield %1 : tensor<2x2x2x2xbf16>)",
     "tensor<2x2x2x2xbf16>"},
    {"pack_codes", R"(
      %0 = xf.transpose %q {permutation = array<i64: 1, 0>} : (tensor<5x4xi8>) -> tensor<4x5xi8>
      %1 = kernel.pack_codes %0, %half {codes = #kernel.codes<bits = 6, block = 2, zero = 32, scale = f32>} : (tensor<4x5xi8>, tensor<2x5xf32>) -> tensor<1x1792xui8>
      kernel.yield %1 : tensor<1x1792xui8>)",
     "tensor<1x1792xui8>"},
    {"pack_panels_of_codes_in_groups", R"(
      %c = xf.concat %q, %q, %q, %q, %q, %q, %q, %q {axis = 0 : i64} : (tensor<5x4xi8>, tensor<5x4xi8>, tensor<5x4xi8>, tensor<5x4xi8>, tensor<5x4xi8>, tensor<5x4xi8>, tensor<5x4xi8>, tensor<5x4xi8>) -> tensor<40x4xi8>
      %s = xf.concat %across, %across, %across, %across, %across, %across, %across, %across {axis = 0 : i64} : (tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>) -> tensor<40x2xf32>
      %z = xf.cast %s {to = i8} : (tensor<40x2xf32>) -> tensor<40x2xi8>
      %1 = kernel.pack_codes %c, %s, %z {codes = #kernel.codes<bits = 8, block = 2, scale = f32>, groups = 2 : i64, transposed} : (tensor<40x4xi8>, tensor<40x2xf32>, tensor<40x2xi8>) -> tensor<2x2368xui8>
      kernel.yield %1 : tensor<2x2368xui8>)",
     "tensor<2x2368xui8>"},
    {"pack_codes_of_quantized", R"(
      %c, %s, %z = xf.quantize_weight %a {bits = 4 : i64, block = 2 : i64, method = "mse", scale_type = f16, transposed} : (tensor<4x3xf32>) -> (tensor<4x3xui4>, tensor<4x2xf16>, tensor<4x2xui4>)
      %0 = xf.concat %c, %c, %c, %c, %c, %c, %c, %c, %c {axis = 0 : i64} : (tensor<4x3xui4>, tensor<4x3xui4>, tensor<4x3xui4>, tensor<4x3xui4>, tensor<4x3xui4>, tensor<4x3xui4>, tensor<4x3xui4>, tensor<4x3xui4>, tensor<4x3xui4>) -> tensor<36x3xui4>
      %1 = xf.concat %s, %s, %s, %s, %s, %s, %s, %s, %s {axis = 0 : i64} : (tensor<4x2xf16>, tensor<4x2xf16>, tensor<4x2xf16>, tensor<4x2xf16>, tensor<4x2xf16>, tensor<4x2xf16>, tensor<4x2xf16>, tensor<4x2xf16>, tensor<4x2xf16>) -> tensor<36x2xf16>
      %2 = xf.concat %z, %z, %z, %z, %z, %z, %z, %z, %z {axis = 0 : i64} : (tensor<4x2xui4>, tensor<4x2xui4>, tensor<4x2xui4>, tensor<4x2xui4>, tensor<4x2xui4>, tensor<4x2xui4>, tensor<4x2xui4>, tensor<4x2xui4>, tensor<4x2xui4>) -> tensor<36x2xui4>
      %3 = kernel.pack_codes %0, %1, %2 {codes = #kernel.codes<bits = 4, block = 2, scale = f16>, transposed} : (tensor<36x3xui4>, tensor<36x2xf16>, tensor<36x2xui4>) -> tensor<2x1216xui8>
      kernel.yield %3 : tensor<2x1216xui8>)",
     "tensor<2x1216xui8>"},
    {"pack_quantized", R"(
      %c, %s = xf.quantize_weight %a {bits = 8 : i64, block = 0 : i64, method = "nearest", scale_type = f32, symmetric} : (tensor<4x3xf32>) -> (tensor<4x3xi8>, tensor<1x3xf32>)
      %1 = kernel.pack %c {panel = 2 : i64, interleave = 4 : i64} : tensor<4x3xi8> -> tensor<2x1x2x4xi8>
      kernel.yield %1 : tensor<2x1x2x4xi8>)",
     "tensor<2x1x2x4xi8>"},
    {"sums_of_quantized", R"(
      %c, %s = xf.quantize_weight %a {bits = 8 : i64, block = 0 : i64, method = "nearest", scale_type = f32, symmetric} : (tensor<4x3xf32>) -> (tensor<4x3xi8>, tensor<1x3xf32>)
      %0 = xf.cast %c {to = i32} : (tensor<4x3xi8>) -> tensor<4x3xi32>
      %1 = xf.reduce %0 {axes = array<i64: 0>, kind = #xf.reduce_kind<sum>} : (tensor<4x3xi32>) -> tensor<3xi32>
      kernel.yield %1 : tensor<3xi32>)",
     "tensor<3xi32>"},
    {"reshape", R"(
      %0 = xf.reshape %a {operandSegmentSizes = array<i32: 1, 0>, shape = [#xf.dim<6>, #xf.dim<2>]} : (tensor<4x3xf32>) -> tensor<6x2xf32>
      kernel.yield %0 : tensor<6x2xf32>)",
     "tensor<6x2xf32>"},
    {"one_scale", R"(
      %0 = xf.dequantize %q, %one {axis = 1 : i64, block = 0 : i64} : (tensor<5x4xi8>, tensor<f32>) -> tensor<5x4xf32>
      kernel.yield %0 : tensor<5x4xf32>)",
     "tensor<5x4xf32>"},
    {"scale_per_row", R"(
      %0 = xf.dequantize %q, %rows {axis = 0 : i64, block = 0 : i64} : (tensor<5x4xi8>, tensor<5xf32>) -> tensor<5x4xf32>
      kernel.yield %0 : tensor<5x4xf32>)",
     "tensor<5x4xf32>"},
    {"scale_per_column", R"(
      %0 = xf.dequantize %q, %columns {axis = 1 : i64, block = 0 : i64} : (tensor<5x4xi8>, tensor<4xf32>) -> tensor<5x4xf32>
      kernel.yield %0 : tensor<5x4xf32>)",
     "tensor<5x4xf32>"},
    {"blocks_of_rows", R"(
      %0 = xf.dequantize %q, %down {axis = 0 : i64, block = 2 : i64} : (tensor<5x4xi8>, tensor<3x4xf32>) -> tensor<5x4xf32>
      kernel.yield %0 : tensor<5x4xf32>)",
     "tensor<5x4xf32>"},
    {"blocks_of_columns", R"(
      %0 = xf.dequantize %q, %across {axis = 1 : i64, block = 2 : i64} : (tensor<5x4xi8>, tensor<5x2xf32>) -> tensor<5x4xf32>
      kernel.yield %0 : tensor<5x4xf32>)",
     "tensor<5x4xf32>"},
};

class WeightPieces : public testing::TestWithParam<Expression> {
protected:
  WeightPieces() {
    context.loadDialect<xf::XfDialect, kernel::KernelDialect,
                        tensor::TensorDialect>();
    std::string text = std::string("kernel.global @w : ") + GetParam().type +
                       " {" + kConstants + GetParam().text + "}";
    module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  }

  /// The bytes, and how many pieces they came in.
  std::pair<std::string, int> evaluate(int64_t pieceBytes) {
    std::string bytes;
    int pieces = 0;
    EXPECT_TRUE(succeeded(codegen::evaluateWeight(
        *module->getOps<kernel::Global>().begin(), pieceBytes,
        [&](const char *data, uint64_t size) {
          bytes.append(data, size);
          ++pieces;
        })));
    return {bytes, pieces};
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_P(WeightPieces, AgreeWithTheWhole) {
  ASSERT_TRUE(module);
  auto [whole, one] = evaluate(1 << 20);
  EXPECT_EQ(one, 1);
  EXPECT_FALSE(whole.empty());
  auto type =
      cast<ShapedType>((*module->getOps<kernel::Global>().begin()).getType());
  for (int64_t bytes : {1, 20, 33, 50}) {
    auto [joined, pieces] = evaluate(bytes);
    EXPECT_EQ(joined, whole) << "in pieces of " << bytes;
    // Along the first axis that is not 1.
    ArrayRef<int64_t> sizes =
        type.getShape().drop_while([](int64_t size) { return size == 1; });
    if (bytes == 1 && !sizes.empty())
      EXPECT_EQ(pieces, sizes.front());
  }
}

TEST(RoundWeights, AgreesWithTheEvaluator) {
  // Every exponent and sign, with fractions at, below and above the ties.
  constexpr uint32_t kFractions[] = {0,       1,        0x7FFF,   0x8000,
                                     0x8001,  0xFFFF,   0x17FFF,  0x18000,
                                     0x18001, 0x7F7FFF, 0x7F8000, 0x7FFFFF};
  constexpr int64_t kCount = 512 * std::size(kFractions);
  MLIRContext context;
  Type f32 = Float32Type::get(&context), bf16 = BFloat16Type::get(&context);
  auto x = llvm::cantFail(xf::eval::HostTensor::create(f32, kCount)),
       want = llvm::cantFail(xf::eval::HostTensor::create(bf16, kCount));
  for (int64_t i = 0; i < kCount; ++i) {
    uint32_t bits = static_cast<uint32_t>(i / std::size(kFractions)) << 23 |
                    kFractions[i % std::size(kFractions)];
    std::memcpy(x.at(i), &bits, sizeof bits);
    want.setReal(i, x.getReal(i));
  }
  auto got = llvm::cantFail(codegen::roundToBf16(&context, x));
  for (int64_t i = 0; i < kCount; ++i) {
    double expected = want.getReal(i), found = got.getReal(i);
    EXPECT_TRUE(expected == found ||
                (std::isnan(expected) && std::isnan(found)))
        << i << ": " << found << ", expected " << expected;
  }
}

INSTANTIATE_TEST_SUITE_P(Expressions, WeightPieces,
                         testing::ValuesIn(kExpressions), [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
