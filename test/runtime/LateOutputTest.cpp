// Outputs whose size only the run tells.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AllocationCount.h"
#include "ModuleBuilder.h"

#include <gtest/gtest.h>
#include <numeric>

using namespace hagane;
using namespace hagane::test;

namespace {

// An output whose size depends on the inputs' contents.
class LateOutput : public testing::Test {
protected:
  ModulePtr module = mustOpen(assemble(*keepModule()));
  SessionPtr session = makeSession(module.get());
  hgn_tensor output = {};

  static std::vector<int64_t> upTo(int64_t n, int64_t positive) {
    std::vector<int64_t> values(static_cast<size_t>(n), -1);
    std::iota(values.begin(), values.begin() + positive, 1);
    return values;
  }
  Status call(std::vector<int64_t> values, bool resolveOnly = false) {
    int64_t n = static_cast<int64_t>(values.size());
    hgn_tensor input = {values.data(), 0, HGN_I64, 1, &n};
    if (resolveOnly)
      return hgn_session_resolve(session.get(), &input, 1, &output, 1, nullptr);
    return hgn_session_run(session.get(), &input, 1, &output, 1);
  }
  bool isUpTo(int64_t count) const {
    const auto *values = static_cast<const int64_t *>(output.data);
    for (int64_t i = 0; i < count; ++i)
      if (values[i] != i + 1)
        return false;
    return output.rank == 1 && output.dims[0] == count;
  }
};

TEST_F(LateOutput, IsUnknownBeforeTheRun) {
  ASSERT_TRUE(call(upTo(9, 4)).ok());
  ASSERT_TRUE(call(upTo(9, 4), /*resolveOnly=*/true).ok());
  EXPECT_EQ(output.dims[0], -1);
  EXPECT_EQ(output.bytes, 0u);
}

TEST_F(LateOutput, HasTheSizeOfItsRun) {
  for (int64_t count : {4, 4000, 0, 7, 7}) {
    ASSERT_TRUE(call(upTo(4001, count)).ok());
    EXPECT_TRUE(isUpTo(count));
    EXPECT_GE(output.bytes, uint64_t(count) * 8);
  }
}

TEST_F(LateOutput, RepeatedRunsAllocateNothing) {
  ASSERT_TRUE(call(upTo(64, 64)).ok());
  std::vector<int64_t> values = upTo(64, 10);
  int64_t n = 64;
  hgn_tensor input = {values.data(), 0, HGN_I64, 1, &n};
  uint64_t before = allocationCount();
  hgn_status status = hgn_session_run(session.get(), &input, 1, &output, 1);
  EXPECT_EQ(allocationCount(), before);
  EXPECT_TRUE(Status(status).ok());
}

TEST_F(LateOutput, FitsTheCallersMemoryOrTellsWhatItNeeds) {
  std::vector<int64_t> memory(5, 77);
  output.data = memory.data();
  output.bytes = 32;
  ASSERT_TRUE(call(upTo(9, 4)).ok());
  EXPECT_EQ(output.data, memory.data());
  EXPECT_EQ(output.bytes, 32u);
  EXPECT_TRUE(isUpTo(4));
  Status refused = call(upTo(9, 5));
  EXPECT_EQ(refused.code, HGN_INVALID_ARGUMENT);
  EXPECT_TRUE(refused.says("output 'kept' has 32 bytes, expected 40 for the "
                           "shape [5] that this run gives it"))
      << refused.message;
  EXPECT_EQ(memory[4], 77);
  ASSERT_TRUE(call(upTo(9, 3)).ok());
  EXPECT_TRUE(isUpTo(3));
}

TEST_F(LateOutput, ReportsImpossibleSizesAndMissingMemory) {
  EXPECT_TRUE(
      call(upTo(13, 2)).says("output 'kept' the impossible shape [-2]"));
  EXPECT_EQ(call(upTo(17, 2)).code, HGN_OUT_OF_MEMORY);
  ASSERT_TRUE(call(upTo(14, 2)).ok());
  EXPECT_TRUE(isUpTo(2));
}

} // namespace
