// States: what a session keeps from run to run.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleBuilder.h"

#include <gtest/gtest.h>

using namespace hagane;
using namespace hagane::test;

namespace {

class States : public testing::Test {
protected:
  ModulePtr module = mustOpen(assemble(*countModule()));
  SessionPtr session = makeSession(module.get());
  int64_t step = 5;
  hgn_tensor input = {&step, 8, HGN_I64, 0, nullptr};
  hgn_tensor output = {};

  Status setCapacity(int64_t value) {
    return hgn_session_set_symbol(session.get(), "cap", value);
  }
  Status run() { return hgn_session_run(session.get(), &input, 1, &output, 1); }
  int64_t last() {
    return static_cast<int64_t *>(output.data)[output.dims[0] - 1];
  }
};

TEST_F(States, PersistUntilReset) {
  EXPECT_TRUE(run().says("symbol 'cap' has no value"));
  EXPECT_TRUE(setCapacity(65).says("is 65, expected 1 to 64"));
  ASSERT_TRUE(setCapacity(3).ok());
  ASSERT_TRUE(run().ok());
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(last(), 10);
  hgn_session_reset_states(session.get());
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(last(), 5);
}

TEST_F(States, ChangeSizeOnlyAfterReset) {
  ASSERT_TRUE(setCapacity(3).ok());
  ASSERT_TRUE(run().ok());
  ASSERT_TRUE(setCapacity(9).ok());
  EXPECT_TRUE(run().says("state 'counters' holds 24 bytes, this run needs 72"));
  hgn_session_reset_states(session.get());
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(output.dims[0], 9);
  EXPECT_EQ(last(), 5);
}

TEST_F(States, MayBeTheCallers) {
  alignas(64) int64_t memory[8] = {7, 7, 7, 7, 7, 7, 7, 7};
  ASSERT_TRUE(setCapacity(4).ok());
  auto bind = [&](void *data, uint64_t bytes) {
    return Status(hgn_session_bind_state(session.get(), 0, data, bytes));
  };
  EXPECT_TRUE(bind(memory + 1, 32).says("state 'counters' is not aligned"));
  ASSERT_TRUE(bind(memory, 24).ok());
  EXPECT_TRUE(run().says("state 'counters' has 24 bytes, expected 32"));
  ASSERT_TRUE(bind(memory, sizeof(memory)).ok());
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(last(), 12);
  EXPECT_EQ(memory[3], 12);
  EXPECT_EQ(memory[4], 7);
  ASSERT_TRUE(bind(nullptr, 0).ok());
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(last(), 5);
}

} // namespace
