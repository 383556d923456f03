//===- Grid.cpp - Launches over host threads ------------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Grid.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

using namespace hagane::emulator;

namespace {

/// The fibers' stacks and the shared memory of one host thread, kept from
/// launch to launch.
class Worker {
public:
  Worker()
      : stacks(kMaxTeamThreads),
        shared(std::aligned_alloc(kSharedStride,
                                  size_t(kSharedStride) * kMaxClusterBlocks)),
        team(stacks, static_cast<std::byte *>(shared)) {}
  ~Worker() { std::free(shared); }
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  bool valid() const { return stacks.valid() && shared; }
  Team &operator*() { return team; }

private:
  Stacks stacks;
  void *shared;
  Team team;
};

/// Workers that are not running. Launches of several streams take what is
/// there and make what is missing.
class Workers {
public:
  std::unique_ptr<Worker> take() {
    std::lock_guard<std::mutex> lock(mutex);
    if (idle.empty())
      return std::make_unique<Worker>();
    std::unique_ptr<Worker> worker = std::move(idle.back());
    idle.pop_back();
    return worker;
  }
  void giveBack(std::unique_ptr<Worker> worker) {
    std::lock_guard<std::mutex> lock(mutex);
    idle.push_back(std::move(worker));
  }

private:
  std::mutex mutex;
  std::vector<std::unique_ptr<Worker>> idle;
};

/// Blocks of one launch that are handed out, and the first error.
class Progress {
public:
  explicit Progress(uint32_t teams) : teams(teams) {}

  bool next(uint32_t &team) {
    team = handedOut++;
    return team < teams && !failed;
  }
  void fail(uint32_t team, std::string message) {
    std::lock_guard<std::mutex> lock(mutex);
    if (!failed || team < failedTeam) {
      failedTeam = team;
      error = std::move(message);
    }
    failed = true;
  }
  std::string take() { return std::move(error); }

private:
  uint32_t teams;
  std::atomic<uint32_t> handedOut{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  uint32_t failedTeam = 0;
  std::string error;
};

} // namespace

static uint32_t hostThreads() {
  if (const char *set = getenv("HAGANE_EMULATOR_THREADS"))
    return std::max(1u, uint32_t(strtoul(set, nullptr, 10)));
  // Each worker maps many stacks, and a process may have so many mappings.
  constexpr uint32_t kMost = 8;
  return std::clamp(std::thread::hardware_concurrency(), 1u, kMost);
}

static void runTeams(const Launch &launch, Progress &progress) {
  static Workers workers;
  std::unique_ptr<Worker> worker = workers.take();
  if (!worker->valid()) {
    progress.fail(0, "the emulator has no memory for the stacks of a block");
    return;
  }
  for (uint32_t team; progress.next(team);) {
    std::string error = (**worker).run(launch, team * launch.clusterSize);
    if (!error.empty())
      progress.fail(team, std::move(error));
  }
  workers.giveBack(std::move(worker));
}

std::string hagane::emulator::runGrid(Launch launch) {
  // Tensor maps among the arguments need 64 bytes.
  constexpr size_t kAlignment = 64;
  size_t bytes = launch.arguments.size();
  launch.arguments.resize(bytes + kAlignment);
  auto begin = reinterpret_cast<uintptr_t>(launch.arguments.data());
  size_t shift = (kAlignment - begin % kAlignment) % kAlignment;
  memmove(launch.arguments.data() + shift, launch.arguments.data(), bytes);
  launch.alignedArguments = launch.arguments.data() + shift;

  uint32_t blocks = launch.grid.x * launch.grid.y * launch.grid.z;
  uint32_t teams = blocks / launch.clusterSize;
  Progress progress(teams);
  std::vector<std::thread> others;
  for (uint32_t i = 1; i < std::min(hostThreads(), teams); ++i)
    others.emplace_back([&] { runTeams(launch, progress); });
  runTeams(launch, progress);
  for (std::thread &other : others)
    other.join();
  return progress.take();
}
