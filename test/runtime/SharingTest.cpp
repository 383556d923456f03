// Outputs in the memory of inputs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleBuilder.h"

#include "gtest/gtest.h"
#include <cstdint>
#include <numeric>
#include <vector>

using namespace hagane;
using namespace hagane::test;

// Keeps the positive of its inputs, as many as the run finds.
class SharedOutput : public testing::Test {
protected:
  std::unique_ptr<format::ModuleT> made = keepModule();
  ModulePtr module{nullptr, hgn_module_release};
  std::vector<int64_t> values;
  hgn_tensor output = {};

  // n values of which the first `positive` are; the output is at `place`.
  Status call(int64_t n, int64_t positive, int64_t place = 0) {
    module = mustOpen(assemble(*made));
    SessionPtr session = makeSession(module.get());
    values.assign(static_cast<size_t>(n + place), -1);
    std::iota(values.begin(), values.begin() + positive, 1);
    hgn_tensor input = {values.data(), 0, HGN_I64, 1, &n};
    output.data = values.data() + place;
    output.bytes = static_cast<uint64_t>(n) * 8;
    return hgn_session_run(session.get(), &input, 1, &output, 1);
  }
};

TEST_F(SharedOutput, TakesTheInputsMemory) {
  made->outputs[0]->shares = 0;
  ASSERT_TRUE(call(5, 5).ok());
  EXPECT_EQ(output.data, values.data());
  EXPECT_EQ(values, std::vector<int64_t>({1, 2, 3, 4, 5}));
  EXPECT_EQ(hgn_module_get_info(module.get())->outputs[0].shares, 0);
}

TEST_F(SharedOutput, HasTheInputsShape) {
  made->outputs[0]->shares = 0;
  Status refused = call(5, 3);
  EXPECT_EQ(refused.code, HGN_INVALID_ARGUMENT);
  EXPECT_TRUE(refused.says("output 'kept' is in the memory of input 'x' of "
                           "shape [5], expected its own shape [3]"))
      << refused.message;
}

TEST_F(SharedOutput, MayNotCutTheInput) {
  made->outputs[0]->shares = 0;
  Status refused = call(5, 5, /*place=*/1);
  EXPECT_TRUE(refused.says("output 'kept' overlaps input 'x', expected memory "
                           "of its own"))
      << refused.message;
}

TEST_F(SharedOutput, IsNoneWithoutTheModulesWord) {
  Status refused = call(5, 5);
  EXPECT_EQ(refused.code, HGN_INVALID_ARGUMENT);
  EXPECT_TRUE(refused.says("output 'kept' overlaps input 'x', expected memory "
                           "of its own"))
      << refused.message;
  EXPECT_EQ(hgn_module_get_info(module.get())->outputs[0].shares, -1);
}

TEST_F(SharedOutput, IsLikeTheInput) {
  ModulePtr damaged(nullptr, hgn_module_release);
  for (auto [input, type] :
       {std::pair(1, format::DType::I64), std::pair(0, format::DType::F32)}) {
    made->outputs[0]->shares = input;
    made->outputs[0]->dtype = type;
    EXPECT_TRUE(open(assemble(*made), damaged)
                    .says("shares memory with no input like it"));
  }
}
