// Sequences: steps, pages that are shared, copied and freed.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AllocationCount.h"
#include "ModuleBuilder.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <map>
#include <random>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace hagane;
using namespace hagane::test;

namespace {

using Tokens = std::vector<int64_t>;

constexpr int64_t kPages = 16, kPage = 4;

// What the program gives for the last of some tokens.
int64_t digestOf(const Tokens &tokens) {
  int64_t digest = 0;
  for (size_t i = 0; i < tokens.size(); ++i)
    digest = (digest * 31 + tokens[i] * 8 + int64_t(i)) % 1000003;
  return digest;
}

class SequenceTest : public testing::Test {
protected:
  ModulePtr module{nullptr, hgn_module_release};
  SessionPtr session{nullptr, hgn_session_release};
  // What each sequence should hold.
  std::map<hgn_sequence, Tokens> model;
  hgn_tensor outputs[2] = {};

  void SetUp() override { start(*recallModule()); }

  void start(format::ModuleT &tables, int64_t pages = kPages) {
    session.reset();
    model.clear();
    outputs[0] = outputs[1] = {};
    module = mustOpen(assemble(tables));
    ASSERT_TRUE(module);
    hgn_session_options options = {};
    options.threads = 1;
    options.cache_pages = pages;
    session = makeSession(module.get(), options);
    ASSERT_TRUE(session);
  }

  hgn_sequence create() {
    hgn_sequence id = 0;
    EXPECT_TRUE(Status(hgn_sequence_create(session.get(), &id)).ok());
    EXPECT_FALSE(model.count(id));
    model[id] = {};
    return id;
  }
  hgn_sequence fork(hgn_sequence from) {
    hgn_sequence id = 0;
    EXPECT_TRUE(Status(hgn_sequence_fork(session.get(), from, &id)).ok());
    EXPECT_FALSE(model.count(id));
    model[id] = model.at(from);
    return id;
  }
  void release(hgn_sequence id) {
    EXPECT_TRUE(Status(hgn_sequence_release(session.get(), id)).ok());
    model.erase(id);
  }
  void truncate(hgn_sequence id, int64_t length) {
    EXPECT_TRUE(Status(hgn_sequence_truncate(session.get(), id, length)).ok());
    model.at(id).resize(size_t(length));
  }
  int64_t lengthOf(hgn_sequence id) {
    int64_t length = -1;
    EXPECT_TRUE(Status(hgn_sequence_length(session.get(), id, &length)).ok());
    return length;
  }
  hgn_cache_use use() {
    hgn_cache_use use = {};
    EXPECT_TRUE(Status(hgn_session_get_cache_use(session.get(), &use)).ok());
    return use;
  }

  // One step, with a row of new tokens for each sequence.
  Status tryStep(const std::vector<hgn_sequence> &ids, const Tokens &tokens,
                 int64_t step) {
    int64_t dims[] = {int64_t(tokens.size()) / step, step};
    hgn_tensor inputs[5] = {};
    inputs[0] = {const_cast<int64_t *>(tokens.data()), 0, HGN_I64, 2, dims};
    return hgn_sequence_step(session.get(), ids.data(), uint32_t(ids.size()),
                             inputs, 5, outputs, 2);
  }
  // The same, with the digests of all new positions checked.
  void step(const std::vector<hgn_sequence> &ids, const Tokens &tokens) {
    int64_t step = int64_t(tokens.size() / ids.size());
    Status status = tryStep(ids, tokens, step);
    ASSERT_TRUE(status.ok()) << status.message;
    const auto *digests = static_cast<const int64_t *>(outputs[0].data);
    for (size_t i = 0; i < tokens.size(); ++i) {
      Tokens &held = model.at(ids[i / size_t(step)]);
      held.push_back(tokens[i]);
      EXPECT_EQ(digests[i], digestOf(held)) << "new position " << i;
    }
  }
  // One more token for each, so that all that they hold is looked at.
  void checkAll() {
    std::vector<hgn_sequence> ids;
    for (auto &[id, tokens] : model) {
      EXPECT_EQ(lengthOf(id), int64_t(tokens.size()));
      ids.push_back(id);
    }
    if (!ids.empty())
      step(ids, Tokens(ids.size(), 99));
  }
};

TEST_F(SequenceTest, ModuleSaysWhatItKeeps) {
  const hgn_cache_info &cache = hgn_module_get_info(module.get())->cache;
  EXPECT_EQ(cache.page, kPage);
  EXPECT_EQ(cache.page_bytes, 4u * 8 + 4 * 4);
  EXPECT_TRUE(cache.uneven);
  EXPECT_STREQ(cache.step.symbol_name, "step");
  ASSERT_EQ(cache.input_count, 4u);
  EXPECT_EQ(cache.inputs[3].role, HGN_CACHE_MASK);
  EXPECT_EQ(cache.inputs[3].input, 4u);
}

TEST_F(SequenceTest, StepsOfAnyLengthGoOn) {
  hgn_sequence a = create();
  step({a}, {1, 2, 3});
  step({a}, {4});
  step({a}, {5, 6, 7, 8, 9, 10, 11});
  EXPECT_EQ(lengthOf(a), 11);
  EXPECT_EQ(use().free_pages, kPages - 3);
}

TEST_F(SequenceTest, DifferentLengthsShareAStep) {
  hgn_sequence a = create(), b = create(), c = create();
  step({a}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  step({b}, {3});
  step({c, a, b}, {21, 22, 23});
  step({b, c}, {24, 25, 26, 27, 28, 29});
  checkAll();
}

TEST_F(SequenceTest, ForksShareFullPages) {
  hgn_sequence a = create();
  step({a}, {1, 2, 3, 4, 5, 6, 7, 8});
  hgn_sequence b = fork(a);
  EXPECT_EQ(use().free_pages, kPages - 2);
  step({a, b}, {11, 12});
  EXPECT_EQ(use().free_pages, kPages - 4);
  release(a);
  EXPECT_EQ(use().free_pages, kPages - 3);
  checkAll();
  release(b);
  EXPECT_EQ(use().free_pages, kPages);
}

TEST_F(SequenceTest, ForksCopyAPartialPageWhenItIsWritten) {
  hgn_sequence a = create();
  step({a}, {1, 2, 3, 4, 5, 6});
  hgn_sequence b = fork(a), c = fork(b);
  EXPECT_EQ(use().free_pages, kPages - 2);
  step({b}, {7});
  EXPECT_EQ(use().free_pages, kPages - 3);
  step({a, c}, {8, 9});
  // Alone with its page again, a sequence writes in place.
  int64_t before = use().free_pages;
  step({a}, {10});
  EXPECT_EQ(use().free_pages, before);
  checkAll();
}

TEST_F(SequenceTest, TruncatedSequencesGoOnElsewhere) {
  hgn_sequence a = create();
  step({a}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  hgn_sequence b = fork(a);
  truncate(b, 6);
  step({b}, {16, 17, 18});
  truncate(a, 9);
  step({a}, {31});
  truncate(a, 3);
  step({a, b}, {32, 33});
  checkAll();
  truncate(a, 0);
  step({a}, {40, 41});
  checkAll();
  EXPECT_TRUE(Status(hgn_sequence_reset(session.get(), a)).ok());
  model.at(a).clear();
  release(b);
  EXPECT_EQ(use().free_pages, kPages);
  checkAll();
}

TEST_F(SequenceTest, FreedPagesAreUsedAgain) {
  for (int round = 0; round < 20; ++round) {
    hgn_sequence a = create();
    step({a}, Tokens(size_t(kPages * kPage), round + 20));
    EXPECT_EQ(use().free_pages, 0);
    release(a);
  }
  EXPECT_EQ(use().sequences, 0);
}

TEST_F(SequenceTest, TooFewPagesAreCountedAndNothingChanges) {
  hgn_sequence a = create(), b = create();
  step({a}, Tokens(50, 3)); // 13 pages of 16
  step({b}, Tokens(5, 4));  // 2
  Status status = tryStep({a, b}, Tokens(12, 5), 6);
  EXPECT_EQ(status.code, HGN_CACHE_FULL);
  EXPECT_TRUE(status.says("needs 2 more pages, 1 of the session's 16 are free: "
                          "1 are missing"))
      << status.message;
  EXPECT_EQ(use().free_pages, 1);
  checkAll();
  EXPECT_EQ(tryStep({b}, Tokens(70, 5), 70).code, HGN_CACHE_FULL);
  truncate(a, 10);
  step({a, b}, Tokens(12, 5));
}

TEST_F(SequenceTest, FailedStepsLeaveAllAsItWas) {
  hgn_sequence a = create();
  step({a}, {1, 2, 3, 4, 5, 6});
  hgn_sequence b = fork(a), c = create();
  truncate(b, 5);
  hgn_cache_use before = use();
  Status status = tryStep({a, b, c}, {7, 1013, 9, 7, 8, 9}, 2);
  EXPECT_EQ(status.code, HGN_CHECK_FAILED);
  EXPECT_TRUE(status.says("token is 1013"));
  EXPECT_EQ(use().free_pages, before.free_pages);
  checkAll();
}

TEST_F(SequenceTest, BadArgumentsAreRefused) {
  hgn_sequence a = create(), b = create();
  step({a, b}, {1, 2});
  struct {
    std::vector<hgn_sequence> ids;
    Tokens tokens;
    int64_t step;
    const char *message;
  } const rows[] = {
      {{a, a}, {1, 2}, 1, "sequence 1 is twice in a step"},
      {{a, 77}, {1, 2}, 1, "sequence 77 does not exist, or was released"},
      {{0}, {1}, 1, "sequence 0 does not exist"},
      {{-1}, {1}, 1, "sequence -1 does not exist"},
      {{}, {1}, 1, "no sequences"},
      {{a, b}, {1}, 1, "the inputs are for 1 sequences, expected 2"},
  };
  for (const auto &row : rows) {
    Status status = tryStep(row.ids, row.tokens, row.step);
    EXPECT_EQ(status.code, HGN_INVALID_ARGUMENT);
    EXPECT_TRUE(status.says(row.message)) << status.message;
  }
  int64_t dims[] = {1, 0};
  hgn_tensor inputs[5] = {};
  inputs[0] = {nullptr, 0, HGN_I64, 2, dims};
  EXPECT_TRUE(
      Status(hgn_sequence_step(session.get(), &a, 1, inputs, 5, outputs, 2))
          .says("0 new positions, expected 1 or more"));
  EXPECT_TRUE(
      Status(hgn_sequence_step(session.get(), &a, 1, inputs, 4, outputs, 2))
          .says("found 4 inputs, expected 5"));
  inputs[0].dtype = HGN_F32;
  EXPECT_TRUE(
      Status(hgn_sequence_step(session.get(), &a, 1, inputs, 5, outputs, 2))
          .says("'input_ids' has element type f32"));
  EXPECT_TRUE(Status(hgn_sequence_truncate(session.get(), a, 2))
                  .says("to 2 positions, expected 0 to its 1"));
  EXPECT_TRUE(Status(hgn_sequence_truncate(session.get(), a, -1))
                  .says("to -1 positions"));
  EXPECT_TRUE(Status(hgn_sequence_create(session.get(), nullptr))
                  .says("session or out is NULL"));
  EXPECT_TRUE(Status(hgn_session_set_symbol(session.get(), "cache_pages", 9))
                  .says("cannot change while there are sequences"));
  checkAll();
}

TEST_F(SequenceTest, ReleasedIdsStayInvalid) {
  hgn_sequence a = create();
  release(a);
  hgn_sequence b = create();
  EXPECT_NE(a, b);
  int64_t length = 0;
  EXPECT_TRUE(Status(hgn_sequence_length(session.get(), a, &length))
                  .says("or was released"));
  EXPECT_TRUE(
      Status(hgn_sequence_release(session.get(), a)).says("was released"));
  hgn_session_reset_states(session.get());
  model.clear();
  EXPECT_TRUE(
      Status(hgn_sequence_release(session.get(), b)).says("was released"));
  hgn_sequence c = create();
  step({c}, {5, 6});
}

TEST_F(SequenceTest, CapacityIsChosenWithTheSession) {
  EXPECT_EQ(use().bytes, uint64_t(kPages) * 48);
  hgn_session *made = nullptr;
  hgn_session_options options = {};
  options.cache_pages = -3;
  EXPECT_TRUE(Status(hgn_session_create(module.get(), &options, &made))
                  .says("cache_pages is -3, expected 1 to 1048576"));
  start(*recallModule(), 0);
  EXPECT_EQ(use().pages, 4096 / kPage);
  ASSERT_TRUE(
      Status(hgn_session_set_symbol(session.get(), "cache_pages", 3)).ok());
  EXPECT_EQ(use().pages, 3);
  hgn_sequence a = create();
  step({a}, Tokens(12, 1));
}

TEST_F(SequenceTest, ModulesWithoutCachesHaveNone) {
  ModulePtr plain = mustOpen(assemble(*addModule()));
  SessionPtr other = makeSession(plain.get());
  hgn_sequence id = 0;
  EXPECT_TRUE(Status(hgn_sequence_create(other.get(), &id))
                  .says("the module keeps no caches"));
  hgn_session_options options = {};
  options.cache_pages = 2;
  hgn_session *made = nullptr;
  EXPECT_TRUE(Status(hgn_session_create(plain.get(), &options, &made))
                  .says("expected 0: the module keeps no caches"));
}

TEST_F(SequenceTest, EvenModulesRefuseDifferentLengths) {
  auto tables = recallModule();
  tables->cache->uneven = false;
  tables->cache->reason = "positions are counted from the first";
  start(*tables);
  hgn_sequence a = create(), b = create();
  step({a}, {1, 2, 3});
  Status status = tryStep({a, b}, {4, 5}, 1);
  EXPECT_TRUE(status.says("sequences 1 and 2 of a step have 3 and 0 positions, "
                          "expected the same number: positions are counted"))
      << status.message;
  step({b}, {6, 7, 8});
  step({b, a}, {9, 10});
}

TEST_F(SequenceTest, SizesMayBeFixed) {
  auto tables = recallModule();
  tables->cache->batch->symbol = tables->cache->step->symbol = -1;
  tables->cache->batch->fixed = 2;
  tables->cache->step->fixed = 1;
  start(*tables);
  hgn_sequence a = create(), b = create();
  EXPECT_TRUE(tryStep({a}, {1}, 1).says("for 2 sequences, expected 1"));
  step({a, b}, {1, 2});
}

TEST_F(SequenceTest, MemoryMayBeTheCallers) {
  alignas(64) static int64_t plain[64];
  hgn_session *raw = session.get();
  ASSERT_TRUE(
      Status(hgn_session_bind_state(raw, 0, plain, sizeof(plain))).ok());
  hgn_sequence a = create();
  step({a}, {5, 6, 7, 8, 9});
  EXPECT_EQ(plain[0], 5);
  EXPECT_TRUE(Status(hgn_session_bind_state(raw, 0, nullptr, 0))
                  .says("cannot change while there are sequences"));
}

// Everything at random, against the tokens that each sequence should hold.
TEST_F(SequenceTest, RandomOperations) {
  std::mt19937 random(7);
  auto below = [&](size_t n) { return size_t(random() % n); };
  auto pick = [&] {
    return std::next(model.begin(), long(below(model.size())))->first;
  };
  int fullSteps = 0;
  for (int round = 0; round < 3000; ++round) {
    size_t what = model.empty() ? 0 : below(10);
    if (what == 0 && model.size() < 12) {
      create();
    } else if (what == 1 && model.size() < 12) {
      fork(pick());
    } else if (what == 2) {
      release(pick());
    } else if (what == 3) {
      hgn_sequence id = pick();
      truncate(id, int64_t(below(model.at(id).size() + 1)));
    } else {
      std::vector<hgn_sequence> ids;
      for (auto &[id, tokens] : model)
        if (below(2))
          ids.push_back(id);
      if (ids.empty())
        continue;
      std::shuffle(ids.begin(), ids.end(), random);
      Tokens tokens(ids.size() * (below(4) ? 1 : 1 + below(9)));
      for (int64_t &token : tokens)
        token = int64_t(below(1000));
      if (below(8) == 0)
        tokens[below(tokens.size())] = 1013;
      int64_t free = use().free_pages;
      Status status = tryStep(ids, tokens, int64_t(tokens.size() / ids.size()));
      if (!status.ok()) {
        fullSteps += status.code == HGN_CACHE_FULL;
        EXPECT_EQ(use().free_pages, free);
        continue;
      }
      size_t step = tokens.size() / ids.size();
      for (size_t i = 0; i < tokens.size(); ++i) {
        Tokens &held = model.at(ids[i / step]);
        held.push_back(tokens[i]);
        ASSERT_EQ(static_cast<const int64_t *>(outputs[0].data)[i],
                  digestOf(held));
      }
    }
    ASSERT_EQ(use().sequences, int64_t(model.size()));
  }
  EXPECT_GT(fullSteps, 20);
  while (!model.empty())
    release(model.begin()->first);
  EXPECT_EQ(use().free_pages, kPages);
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

// From here on any system call but the end ends the process.
void forbidSystemCalls() {
  sock_filter allowEndAlone[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  sock_fprog program = {4, allowEndAlone};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
    _exit(2);
}

// Neither memory nor a lock that others hold, nor anything else of the
// system's, is asked for by steps of lengths that were there before: new pages,
// pages copied behind a fork, and truncation included.
TEST_F(SequenceTest, RepeatedStepsMakeNoSystemCall) {
  hgn_sequence a = create(), b = create();
  int64_t tokens[] = {20, 21, 22}, dims[] = {3, 1};
  hgn_tensor inputs[5] = {};
  inputs[0] = {tokens, 0, HGN_I64, 2, dims};
  auto steps = [&] {
    hgn_sequence c = 0;
    bool good = !hgn_sequence_truncate(session.get(), a, 0) &&
                !hgn_sequence_truncate(session.get(), b, 0);
    dims[0] = 1;
    for (int i = 0; good && i < 6; ++i)
      good = !hgn_sequence_step(session.get(), &a, 1, inputs, 5, outputs, 2);
    good = good && !hgn_sequence_fork(session.get(), a, &c);
    hgn_sequence ids[] = {a, b, c};
    dims[0] = 3;
    for (int i = 0; good && i < 12; ++i)
      good = !hgn_sequence_step(session.get(), ids, 3, inputs, 5, outputs, 2);
    return good && !hgn_sequence_release(session.get(), c);
  };
  auto runForbidden = [&](bool callsSystem) {
    bool good = steps() && steps();
    forbidSystemCalls();
    for (int i = 0; i < 10; ++i)
      good = steps() && good;
    if (callsSystem)
      syscall(SYS_getppid);
    _exit(good ? 0 : 1);
  };
  EXPECT_EXIT(runForbidden(false), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(runForbidden(true), testing::KilledBySignal(SIGSYS), "");
}

#endif

TEST_F(SequenceTest, RepeatedStepsAllocateNothing) {
  hgn_sequence a = create(), b = create();
  int64_t tokens[] = {20, 21}, dims[] = {2, 1};
  hgn_sequence ids[] = {a, b};
  hgn_tensor inputs[5] = {};
  inputs[0] = {tokens, 0, HGN_I64, 2, dims};
  uint64_t last = 0;
  for (int round = 0; round < 2; ++round) {
    uint64_t before = allocationCount();
    for (int i = 0; i < 20; ++i)
      ASSERT_FALSE(
          hgn_sequence_step(session.get(), ids, 2, inputs, 5, outputs, 2));
    last = allocationCount() - before;
    ASSERT_FALSE(hgn_sequence_truncate(session.get(), a, 0));
    ASSERT_FALSE(hgn_sequence_truncate(session.get(), b, 0));
  }
  EXPECT_EQ(last, 0u);
}

} // namespace
