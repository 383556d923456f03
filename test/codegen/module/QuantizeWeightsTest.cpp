// Weights are quantized as the evaluator does it, bit by bit.
#include "codegen/module/QuantizeWeights.h"
#include "dialects/xf/eval/Evaluate.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace mlir;
using namespace hagane;
using xf::eval::HostTensor;

namespace {

struct Setting {
  int64_t bits, block;
  bool symmetric, transposed;
  const char *method;
};

class QuantizeWeights : public testing::Test {
protected:
  QuantizeWeights() : builder(&context) {
    context.loadDialect<xf::XfDialect>();
  }

  /// Columns of sizes far apart, blocks of zeros and of one sign, and numbers
  /// that have no codes.
  HostTensor makeWeight(Type type, int64_t rows, int64_t columns) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    HostTensor w = llvm::cantFail(HostTensor::create(type, {rows, columns}));
    for (int64_t i = 0; i < w.getCount(); ++i)
      w.setReal(
          i, std::ldexp(normal(random),
                        static_cast<int>((i % columns + i / columns) % 13) * 3 -
                            30));
    const double odd[] = {std::numeric_limits<double>::quiet_NaN(),
                          std::numeric_limits<double>::infinity(),
                          -std::numeric_limits<double>::infinity(),
                          1e-39,
                          3.3e38,
                          -3.3e38,
                          65504 * 7.5,
                          0,
                          0};
    for (int64_t i = 0; i < w.getCount(); i += 5)
      if (i / 5 % 11 == 0)
        w.setReal(i, odd[i / 55 % std::size(odd)]);
    for (int64_t i = 0; i < std::min<int64_t>(w.getCount(), 40); ++i)
      w.setReal(i, i < 20 ? 0 : std::fabs(w.getReal(i)));
    return w;
  }

  void check(const Setting &setting, Type scale, const HostTensor &w) {
    Block block;
    builder.setInsertionPointToStart(&block);
    Location loc = builder.getUnknownLoc();
    auto op = xf::QuantizeWeight::create(
        builder, loc, block.addArgument(w.getType(), loc), setting.bits,
        setting.block, setting.symmetric, setting.transposed, setting.method,
        scale);
    SmallVector<HostTensor> want;
    llvm::cantFail(xf::eval::evaluate(op, w, {}, want));
    auto got = llvm::cantFail(codegen::quantizeWeight(op, w));
    for (auto [i, tensor] : llvm::enumerate(want)) {
      const HostTensor &found = got.get(static_cast<unsigned>(i));
      ASSERT_EQ(found.getShape(), tensor.getShape());
      for (int64_t n = 0; n < tensor.getCount(); ++n) {
        double expected = tensor.getReal(n), value = found.getReal(n);
        ASSERT_TRUE(value == expected ||
                    (std::isnan(value) && std::isnan(expected)))
            << "result " << i << " of " << setting.bits << " bits, blocks of "
            << setting.block << ", " << setting.method << " at " << n << ": "
            << value << ", expected " << expected;
      }
    }
  }

  MLIRContext context;
  OpBuilder builder;
};

TEST_F(QuantizeWeights, AgreeWithTheEvaluator) {
  Type f32 = builder.getF32Type(), f16 = builder.getF16Type(),
       bf16 = builder.getBF16Type();
  for (Type type : {f32, f16})
    for (Type scale : {f32, f16, bf16})
      for (bool transposed : {false, true}) {
        HostTensor w =
            transposed ? makeWeight(type, 21, 70) : makeWeight(type, 70, 21);
        for (int64_t bits : {2, 3, 4, 6, 8})
          for (int64_t block : {0, 8, 32})
            for (bool symmetric : {false, true})
              for (const char *method : {"nearest", "mse"})
                check({bits, block, symmetric, transposed, method}, scale, w);
      }
}

TEST_F(QuantizeWeights, OddShapes) {
  Type f32 = builder.getF32Type();
  for (auto [rows, columns] :
       {std::pair(0, 3), {3, 0}, {1, 1}, {1, 17}, {33, 16}, {5, 1}})
    for (bool transposed : {false, true})
      check({4, 32, false, transposed, "mse"}, builder.getF16Type(),
            makeWeight(f32, rows, columns));
}

TEST_F(QuantizeWeights, SumsOfBytes) {
  HostTensor codes =
      llvm::cantFail(HostTensor::create(builder.getI8Type(), {300, 7}));
  int32_t want[2][300] = {};
  for (int64_t i = 0; i < codes.getCount(); ++i) {
    int64_t code = i * 37 % 256 - 128;
    codes.setInteger(i, code);
    want[0][i % 7] += static_cast<int32_t>(code);
    want[1][i / 7] += static_cast<int32_t>(code);
  }
  for (int64_t axis : {0, 1}) {
    HostTensor sums = llvm::cantFail(codegen::sumBytes(&context, codes, axis));
    ASSERT_EQ(sums.getCount(), axis == 0 ? 7 : 300);
    for (int64_t i = 0; i < sums.getCount(); ++i)
      EXPECT_EQ(sums.getInteger(i), want[axis][i]);
  }
}

} // namespace
