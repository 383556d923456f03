// The fork-join pool: every part once, sleep and wake, sharing, nesting, forks.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleBuilder.h"

#include <atomic>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace hagane::test;

namespace {

PoolPtr makePool(int32_t threads) {
  hgn_pool *pool = nullptr;
  EXPECT_TRUE(Status(hgn_pool_create(threads, &pool)).ok());
  return PoolPtr(pool, hgn_pool_release);
}

// Plain counters: a part that runs twice, or not before the join, is a race or
// a wrong count.
struct Counters {
  std::vector<int64_t> parts;
  explicit Counters(size_t count) : parts(count) {}
  static void add(void *self, int32_t part) {
    ++static_cast<Counters *>(self)->parts[size_t(part)];
  }
};

TEST(Pool, RunsEachPartOnce) {
  for (int32_t threads : {1, 2, 3, 8}) {
    PoolPtr pool = makePool(threads);
    EXPECT_EQ(hgn_pool_threads(pool.get()), threads);
    for (int32_t parts : {0, 1, 2, 3, 7, 8, 100}) {
      Counters counters(size_t(parts) + 1);
      constexpr int kRounds = 50;
      for (int i = 0; i < kRounds; ++i)
        hgn_pool_run(pool.get(), Counters::add, &counters, parts);
      for (int32_t part = 0; part < parts; ++part)
        EXPECT_EQ(counters.parts[size_t(part)], kRounds)
            << threads << " threads, part " << part;
      EXPECT_EQ(counters.parts[size_t(parts)], 0);
    }
  }
}

TEST(Pool, ManyShortJobsOfChangingWidth) {
  PoolPtr pool = makePool(2);
  Counters counters(2);
  constexpr int kJobs = 20000;
  for (int i = 0; i < kJobs; ++i)
    hgn_pool_run(pool.get(), Counters::add, &counters, 1 + i % 2);
  EXPECT_EQ(counters.parts[0], kJobs);
  EXPECT_EQ(counters.parts[1], kJobs / 2);
}

TEST(Pool, WakesSleepingWorkers) {
  PoolPtr pool = makePool(2);
  Counters counters(2);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(i % 2)); // beyond the spin
    hgn_pool_run(pool.get(), Counters::add, &counters, 2);
  }
  EXPECT_EQ(counters.parts[1], 20);
}

TEST(Pool, WaitsForSlowParts) {
  PoolPtr pool = makePool(2);
  std::atomic<int> done{0};
  auto slow = [](void *context, int32_t part) {
    if (part == 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    static_cast<std::atomic<int> *>(context)->fetch_add(1);
  };
  hgn_pool_run(pool.get(), slow, &done, 2);
  EXPECT_EQ(done.load(), 2);
}

TEST(Pool, SharedByManyThreads) {
  PoolPtr pool = makePool(3);
  std::vector<std::thread> users;
  std::vector<Counters> counters(4, Counters(3));
  for (Counters &mine : counters)
    users.emplace_back([&] {
      for (int i = 0; i < 300; ++i)
        hgn_pool_run(pool.get(), Counters::add, &mine, 3);
    });
  for (std::thread &user : users)
    user.join();
  for (const Counters &mine : counters)
    EXPECT_EQ(mine.parts, std::vector<int64_t>(3, 300));
}

struct Nested {
  hgn_pool *pool;
  Counters inner[2] = {Counters(4), Counters(4)};
  static void outerPart(void *self, int32_t part) {
    auto *nested = static_cast<Nested *>(self);
    hgn_pool_run(nested->pool, Counters::add, &nested->inner[part], 4);
  }
};

TEST(Pool, NestedUseRunsInline) {
  PoolPtr pool = makePool(2);
  Nested nested{pool.get()};
  hgn_pool_run(pool.get(), Nested::outerPart, &nested, 2);
  for (const Counters &inner : nested.inner)
    EXPECT_EQ(inner.parts, std::vector<int64_t>(4, 1));
}

TEST(Pool, RefusesImpossibleSizes) {
  hgn_pool *pool = nullptr;
  EXPECT_TRUE(Status(hgn_pool_create(-1, &pool)).says("found -1"));
  EXPECT_TRUE(Status(hgn_pool_create(100000, &pool)).says("found 100000"));
  EXPECT_TRUE(Status(hgn_pool_create(1, nullptr)).says("out is NULL"));
  EXPECT_EQ(pool, nullptr);
  hgn_pool_release(nullptr);
}

TEST(Pool, AutomaticSizeIsAtLeastOne) {
  EXPECT_GE(hgn_pool_threads(makePool(0).get()), 1);
}

#if !__has_feature(                                                            \
    thread_sanitizer) // which does not follow forks of threaded processes
TEST(Pool, ForkedChildRunsAlone) {
  PoolPtr pool = makePool(2);
  Counters counters(2);
  hgn_pool_run(pool.get(), Counters::add, &counters, 2);
  pid_t child = fork();
  if (child == 0) {
    hgn_pool_run(pool.get(), Counters::add, &counters, 2);
    hgn_pool_release(pool.release());
    _exit(counters.parts[1] == 2 ? 0 : 1);
  }
  int result = -1;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
}
#endif

} // namespace
