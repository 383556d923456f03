// Sessions: results, shapes, memory, profiling and every refusal.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AllocationCount.h"
#include "ModuleBuilder.h"

#include <gtest/gtest.h>
#include <numeric>
#include <string.h>
#include <thread>

using namespace hagane;
using namespace hagane::test;

namespace {

hgn_session_options withThreads(int32_t threads) {
  hgn_session_options options = {};
  options.threads = threads;
  return options;
}

// The arguments of the add module for one n, and the result it must give.
struct AddCall {
  int64_t dims[2];
  std::vector<float> a, b, expected;
  std::vector<float> memory;
  hgn_tensor inputs[2];
  hgn_tensor output = {};

  explicit AddCall(int64_t n)
      : dims{n, 4}, a(size_t(n) * 4 + 1), b(a.size()), expected(a.size()) {
    std::iota(a.begin(), a.end(), 0.5f);
    std::iota(b.begin(), b.end(), 10.0f);
    for (size_t i = 0; i < a.size(); ++i)
      expected[i] = a[i] + b[i] + 100.0f * float(1 + i % 4);
    inputs[0] = {a.data(), 0, HGN_F32, 2, dims};
    inputs[1] = {b.data(), uint64_t(n) * 16, HGN_F32, 2, dims};
  }
  void useOwnMemory() {
    memory.assign(a.size(), -1.0f);
    output.data = memory.data();
    output.bytes = uint64_t(dims[0]) * 16;
  }
  Status run(hgn_session *session) {
    return hgn_session_run(session, inputs, 2, &output, 1);
  }
  bool right() const {
    return output.dtype == HGN_F32 && output.rank == 2 &&
           output.dims[0] == dims[0] && output.dims[1] == 4 &&
           memcmp(output.data, expected.data(), size_t(dims[0]) * 16) == 0;
  }
};

class Session : public testing::Test {
protected:
  ModulePtr module = mustOpen(assemble(*addModule()));
  void SetUp() override { ASSERT_TRUE(module); }
};

TEST_F(Session, ComputesWithAnyNumberOfThreads) {
  for (int32_t threads : {0, 1, 2, 3, 5}) {
    SessionPtr session = makeSession(module.get(), withThreads(threads));
    for (int64_t n : {0, 1, 2, 3, 64, 1000, 5}) {
      AddCall call(n);
      Status status = call.run(session.get());
      ASSERT_TRUE(status.ok()) << status.message;
      EXPECT_TRUE(call.right()) << threads << " threads, n = " << n;
    }
  }
}

TEST_F(Session, WritesToTheCallersMemory) {
  SessionPtr session = makeSession(module.get());
  AddCall call(3);
  call.useOwnMemory();
  ASSERT_TRUE(call.run(session.get()).ok());
  EXPECT_EQ(call.output.data, call.memory.data());
  EXPECT_TRUE(call.right());
  EXPECT_EQ(call.memory.back(), -1.0f);
}

TEST_F(Session, AcceptsItsOwnOutputsAgain) {
  SessionPtr session = makeSession(module.get());
  AddCall small(2), large(500);
  ASSERT_TRUE(small.run(session.get()).ok());
  large.output = small.output;
  ASSERT_TRUE(large.run(session.get()).ok());
  EXPECT_TRUE(large.right());
}

TEST_F(Session, KeepsModuleAndPoolAlive) {
  hgn_pool *pool = nullptr;
  ASSERT_TRUE(Status(hgn_pool_create(2, &pool)).ok());
  hgn_session_options options = {};
  options.pool = pool;
  SessionPtr session = makeSession(module.get(), options);
  hgn_pool_release(pool);
  module.reset();
  AddCall call(50);
  ASSERT_TRUE(call.run(session.get()).ok());
  EXPECT_TRUE(call.right());
}

TEST_F(Session, SharesModuleAndPool) {
  std::vector<std::thread> users;
  std::atomic<int> wrong{0};
  hgn_pool *pool = nullptr;
  ASSERT_TRUE(Status(hgn_pool_create(3, &pool)).ok());
  for (int user = 0; user < 3; ++user)
    users.emplace_back([&, user] {
      hgn_session_options options = {};
      options.pool = pool;
      SessionPtr session = makeSession(module.get(), options);
      for (int64_t n = 1; n < 12; ++n) {
        AddCall call(n * (user + 1) % 13);
        wrong += !call.run(session.get()).ok() || !call.right();
      }
    });
  for (std::thread &user : users)
    user.join();
  hgn_pool_release(pool);
  EXPECT_EQ(wrong.load(), 0);
}

void runBackwards(void *user, hgn_part_fn fn, void *context, int32_t parts) {
  ++*static_cast<int *>(user);
  for (int32_t part = parts; part-- > 0;)
    fn(context, part);
}

TEST_F(Session, RunsOnTheHostsThreads) {
  int jobs = 0;
  hgn_session_options options = withThreads(3);
  options.host_run = runBackwards;
  options.host_user = &jobs;
  SessionPtr session = makeSession(module.get(), options);
  AddCall call(10);
  ASSERT_TRUE(call.run(session.get()).ok());
  EXPECT_TRUE(call.right());
  EXPECT_EQ(jobs, 2);
}

TEST_F(Session, ProfilesEachLaunch) {
  std::vector<std::pair<std::string, int64_t>> seen;
  hgn_session_options options = withThreads(2);
  options.profile_user = &seen;
  options.profile = [](void *user, const hgn_profile_event *event) {
    static_cast<decltype(seen) *>(user)->push_back({event->name, event->flops});
    EXPECT_EQ(event->items, 6);
    EXPECT_GE(event->ns, 0);
    EXPECT_EQ(event->part_count, 2);
    for (int32_t i = 0; i < event->part_count; ++i) {
      EXPECT_GE(event->parts[i].start_ns, event->start_ns);
      EXPECT_LE(event->parts[i].start_ns + event->parts[i].ns,
                event->start_ns + event->ns);
    }
    EXPECT_EQ(event->bytes, -1);
  };
  SessionPtr session = makeSession(module.get(), options);
  AddCall call(6);
  ASSERT_TRUE(call.run(session.get()).ok());
  decltype(seen) expected = {{"sum_rows", 48}, {"add_weight", -1}};
  EXPECT_EQ(seen, expected);
  hgn_session_set_profile(session.get(), nullptr, nullptr);
  ASSERT_TRUE(call.run(session.get()).ok());
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(Session, RepeatedRunsAllocateNothing) {
  SessionPtr session = makeSession(module.get(), withThreads(2));
  AddCall large(3000), small(100);
  ASSERT_TRUE(large.run(session.get()).ok());
  ASSERT_TRUE(small.run(session.get()).ok());
  uint64_t before = allocationCount();
  EXPECT_GT(before, 0u);
  bool good = true;
  for (int i = 0; i < 100; ++i)
    good &=
        !hgn_session_run(session.get(), large.inputs, 2, &large.output, 1) &&
        !hgn_session_run(session.get(), small.inputs, 2, &small.output, 1);
  EXPECT_EQ(allocationCount(), before);
  EXPECT_TRUE(good && small.right());
}

TEST_F(Session, ResolvesShapesAndNeeds) {
  SessionPtr session = makeSession(module.get());
  AddCall call(7);
  call.inputs[0].data = call.inputs[1].data = nullptr;
  hgn_requirements needs = {};
  Status status(hgn_session_resolve(session.get(), call.inputs, 2, &call.output,
                                    1, &needs));
  ASSERT_TRUE(status.ok()) << status.message;
  EXPECT_EQ(call.output.dims[0], 7);
  EXPECT_EQ(call.output.bytes, 112u);
  EXPECT_EQ(call.output.data, nullptr);
  EXPECT_EQ(needs.arena_bytes, 112);
  EXPECT_EQ(needs.scratch_bytes, 64);
  EXPECT_EQ(needs.plan[3], 56);
  EXPECT_TRUE(Status(hgn_session_resolve(session.get(), call.inputs, 2, nullptr,
                                         0, nullptr))
                  .ok());
}

TEST_F(Session, ShapesInputs) {
  SessionPtr session = makeSession(module.get());
  hgn_tensor inputs[2] = {};
  auto shape = [&](int64_t n, uint32_t symbols = 1, uint32_t count = 2) {
    return Status(
        hgn_session_shape_inputs(session.get(), &n, symbols, inputs, count));
  };
  ASSERT_TRUE(shape(7).ok());
  for (const hgn_tensor &input : inputs) {
    EXPECT_EQ(input.dtype, HGN_F32);
    ASSERT_EQ(input.rank, 2);
    EXPECT_EQ(input.dims[0], 7);
    EXPECT_EQ(input.dims[1], 4);
    EXPECT_EQ(input.data, nullptr);
  }
  EXPECT_TRUE(
      Status(hgn_session_resolve(session.get(), inputs, 2, nullptr, 0, nullptr))
          .ok());
  EXPECT_NE(shape(5000).message.find("is 5000, expected 0 to 4096"),
            std::string::npos);
  EXPECT_NE(shape(13).message.find("n is unlucky"), std::string::npos);
  EXPECT_NE(shape(7, 0).message.find("found 0 symbols, expected 1"),
            std::string::npos);
  EXPECT_NE(shape(7, 1, 1).message.find("found 1 inputs, expected 2"),
            std::string::npos);
}

// One wrong call per row: what is changed, and what the message must say.
struct Refusal {
  const char *name;
  int64_t n;
  void (*spoil)(AddCall &);
  hgn_code code;
  const char *message;
};

int64_t otherDims[] = {3, 4}, wideDims[] = {2, 5}, negativeDims[] = {-2, 4};
int64_t hugeDims[] = {INT64_MAX, 4};

const Refusal kRefusals[] = {
    {"DType", 2, [](AddCall &c) { c.inputs[1].dtype = HGN_I64; },
     HGN_INVALID_ARGUMENT, "input 'b' has element type i64, expected f32"},
    {"UnknownDType", 2, [](AddCall &c) { c.inputs[1].dtype = 200; },
     HGN_INVALID_ARGUMENT, "input 'b' has element type unknown, expected f32"},
    {"Rank", 2, [](AddCall &c) { c.inputs[0].rank = 1; }, HGN_INVALID_ARGUMENT,
     "input 'a' has rank 1, expected 2: [n, 4]"},
    {"FixedDim", 2, [](AddCall &c) { c.inputs[0].dims = wideDims; },
     HGN_INVALID_ARGUMENT, "input 'a' has shape [2, 5], expected [n, 4]"},
    {"SymbolMismatch", 2, [](AddCall &c) { c.inputs[1].dims = otherDims; },
     HGN_INVALID_ARGUMENT,
     "input 'b' has shape [3, 4], expected [n, 4] with n = 2 as in input 'a'"},
    {"NegativeDim", 2, [](AddCall &c) { c.inputs[0].dims = negativeDims; },
     HGN_INVALID_ARGUMENT, "input 'a' has the impossible shape [-2, 4]"},
    {"HugeDim", 2, [](AddCall &c) { c.inputs[0].dims = hugeDims; },
     HGN_INVALID_ARGUMENT, "impossible shape [9223372036854775807, 4]"},
    {"NullDims", 2, [](AddCall &c) { c.inputs[0].dims = nullptr; },
     HGN_INVALID_ARGUMENT, "input 'a' has no dims (NULL)"},
    {"SymbolRange", 4097, [](AddCall &) {}, HGN_INVALID_ARGUMENT,
     "dim 'n' of input 'a' is 4097, expected 0 to 4096"},
    {"NullData", 2, [](AddCall &c) { c.inputs[0].data = nullptr; },
     HGN_INVALID_ARGUMENT, "input 'a' has no data (NULL)"},
    {"ShortInput", 2, [](AddCall &c) { c.inputs[1].bytes = 31; },
     HGN_INVALID_ARGUMENT, "input 'b' has 31 bytes, expected 32"},
    {"Misaligned", 2,
     [](AddCall &c) {
       c.inputs[0].data = static_cast<char *>(c.inputs[0].data) + 1;
     },
     HGN_INVALID_ARGUMENT, "input 'a' is not aligned to its element type f32"},
    {"ShortOutput", 2,
     [](AddCall &c) {
       c.useOwnMemory();
       c.output.bytes = 31;
     },
     HGN_INVALID_ARGUMENT, "output 'c' has 31 bytes, expected 32"},
    {"PlanCheck", 13, [](AddCall &) {}, HGN_CHECK_FAILED, "n is unlucky"},
    {"RunCheck", 17, [](AddCall &) {}, HGN_CHECK_FAILED, "n is 17, expected 7"},
    {"SilentFailure", 19, [](AddCall &) {}, HGN_CHECK_FAILED,
     "failed with code 5"},
    {"HeapFailure", 23, [](AddCall &) {}, HGN_OUT_OF_MEMORY,
     "data-dependent size"},
    {"NegativePlan", 29, [](AddCall &) {}, HGN_INVALID_ARGUMENT,
     "need -1 bytes of arena"},
    {"HugePlan", 31, [](AddCall &) {}, HGN_OUT_OF_MEMORY,
     "no memory for the arena"},
    {"NegativeOutput", 37, [](AddCall &) {}, HGN_INVALID_ARGUMENT,
     "give output 'c' the impossible shape [-2, 4]"},
};

class SessionRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(SessionRefusal, IsExplainedAndLeavesTheSessionUsable) {
  ModulePtr module = mustOpen(assemble(*addModule()));
  SessionPtr session = makeSession(module.get(), withThreads(1));
  AddCall wrong(GetParam().n), right(5);
  GetParam().spoil(wrong);
  Status status = wrong.run(session.get());
  EXPECT_EQ(status.code, GetParam().code);
  EXPECT_TRUE(status.says(GetParam().message)) << status.message;
  EXPECT_TRUE(right.run(session.get()).ok());
  EXPECT_TRUE(right.right());
}

INSTANTIATE_TEST_SUITE_P(All, SessionRefusal, testing::ValuesIn(kRefusals),
                         [](const auto &info) { return info.param.name; });

TEST_F(Session, RefusesWrongArguments) {
  SessionPtr session = makeSession(module.get());
  AddCall call(2);
  auto run = [&](hgn_session *s, const hgn_tensor *in, uint32_t ins,
                 hgn_tensor *out, uint32_t outs) {
    return Status(hgn_session_run(s, in, ins, out, outs));
  };
  EXPECT_TRUE(
      run(nullptr, call.inputs, 2, &call.output, 1).says("session is NULL"));
  EXPECT_TRUE(run(session.get(), call.inputs, 1, &call.output, 1)
                  .says("found 1 inputs, expected 2"));
  EXPECT_TRUE(run(session.get(), nullptr, 2, &call.output, 1)
                  .says("list of inputs is NULL"));
  EXPECT_TRUE(run(session.get(), call.inputs, 2, nullptr, 1)
                  .says("list of outputs is NULL"));
  EXPECT_TRUE(run(session.get(), call.inputs, 2, nullptr, 0)
                  .says("found 0 outputs, expected 1"));
  hgn_session *none = nullptr;
  hgn_session_options options = withThreads(-1);
  EXPECT_TRUE(Status(hgn_session_create(module.get(), &options, &none))
                  .says("threads is -1"));
  EXPECT_TRUE(Status(hgn_session_create(nullptr, nullptr, &none))
                  .says("module or out is NULL"));
  EXPECT_TRUE(Status(hgn_session_set_symbol(session.get(), "n", 3))
                  .says("shape of input 'a'"));
  EXPECT_TRUE(Status(hgn_session_set_symbol(session.get(), "m", 3))
                  .says("no symbol 'm'"));
  EXPECT_TRUE(Status(hgn_session_bind_state(session.get(), 0, nullptr, 0))
                  .says("does not exist"));
}

TEST_F(Session, RefusesPoolTogetherWithHostThreads) {
  hgn_pool *pool = nullptr;
  ASSERT_TRUE(Status(hgn_pool_create(1, &pool)).ok());
  hgn_session_options options = {};
  options.pool = pool;
  options.host_run = runBackwards;
  hgn_session *session = nullptr;
  EXPECT_TRUE(Status(hgn_session_create(module.get(), &options, &session))
                  .says("not both"));
  hgn_pool_release(pool);
}

// Input dims that the plan computes must agree with it.
TEST(SessionDims, ComputedInputDimsAreChecked) {
  auto tables = addModule();
  tables->inputs[1]->dims[0]->symbol = -1;
  tables->inputs[1]->dims[0]->slot = 2;
  ModulePtr module = mustOpen(assemble(*tables));
  SessionPtr session = makeSession(module.get());
  AddCall call(2);
  EXPECT_TRUE(call.run(session.get()).ok());
  call.inputs[1].dims = otherDims;
  EXPECT_TRUE(call.run(session.get())
                  .says("input 'b' has shape [3, 4], expected dim 0 to be 2"));
}

TEST(Status, NullIsOk) {
  EXPECT_EQ(hgn_status_code(nullptr), HGN_OK);
  EXPECT_STREQ(hgn_status_message(nullptr), "ok");
  hgn_status_release(nullptr);
  EXPECT_STREQ(hgn_dtype_name(HGN_BF16), "bf16");
  EXPECT_EQ(hgn_dtype_bits(HGN_I4), 8);
  EXPECT_EQ(hgn_dtype_bits(0), 0);
}

} // namespace
