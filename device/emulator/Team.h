//===- Team.h - Blocks that run together ------------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A team is a cluster of thread blocks, usually one block. One host thread runs
// it: every thread of the team is a fiber, and fibers are switched where one
// waits. An error ends the whole team, and the launch.
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_TEAM_H
#define HAGANE_DEVICE_EMULATOR_TEAM_H

#include "device/emulator/Context.h"
#include "device/emulator/DeviceMemory.h"
#include "device/emulator/Shadow.h"
#include "device/include/hagane/cuda/emulation.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace hagane::emulator {

using cuda::Index3;
using cuda::Position;

constexpr uint32_t kLanes = 32;
constexpr uint32_t kBarriers = 16;
constexpr uint32_t kMaxBlockThreads = 1024;
constexpr uint32_t kMaxTeamThreads = 2048;
constexpr uint32_t kMaxClusterBlocks = 8;
/// Copies by the bulk engine are told apart by their mbarrier, up to a few.
constexpr uint32_t kAgents = 16;

/// One launch, as all its teams see it.
struct Launch {
  std::string name;
  void (*entry)(const void *arguments) = nullptr;
  Index3 grid{}, block{};
  uint32_t clusterSize = 1;
  uint32_t sharedBytes = 0;
  std::vector<std::byte> arguments;
  const std::byte *alignedArguments = nullptr;
  const DeviceMemory *memory = nullptr;
  /// The code and constants of the kernel's module.
  const std::byte *imageBegin = nullptr, *imageEnd = nullptr;
};

struct Block;
struct Warp;

/// What a thread waits for, for messages.
struct Wait {
  std::string what;
  const void *place = nullptr;
};

/// A copy from global to shared memory by one thread.
struct ThreadCopy {
  std::byte *target;
  const std::byte *source;
  uint32_t bytes, valid;
};

struct BulkOperation;
struct PendingProduct;

struct Thread {
  Position position{};
  Context context;
  Block *block = nullptr;
  Warp *warp = nullptr;
  /// In its block, and in the team.
  uint32_t number = 0, index = 0;
  bool finished = false;
  Wait wait;
  Clock clock;

  std::vector<ThreadCopy> openCopies;
  std::deque<std::vector<ThreadCopy>> copyGroups;
  std::vector<std::shared_ptr<BulkOperation>> openStores;
  std::deque<std::vector<std::shared_ptr<BulkOperation>>> storeGroups;
};

/// Lanes that have come to a collective operation of their warp.
struct Collective {
  uint32_t operation, mask, arrived = 0;
  const void *in[kLanes];
  void *out[kLanes];
  Gathering gathering;
};

struct Warp {
  Thread *lanes[kLanes] = {};
  std::vector<std::unique_ptr<Collective>> collectives;
  std::vector<Thread *> waiting;
};

struct Barrier {
  uint32_t expected = 0, arrived = 0;
  std::vector<Thread *> waiting;
  Gathering gathering;
};

/// An mbarrier object in shared memory.
struct Mbarrier {
  uint32_t index = 0;
  uint32_t expected = 0, pending = 0;
  int64_t bytes = 0;
  uint32_t phase = 0;
  Clock initialiser;
  uint32_t initialisedAt = 0;
  Gathering gathering;
  /// What those had seen that completed the last phase.
  View completed;
  std::vector<Thread *> waiting;
};

/// Products of a warpgroup (four warps) under way.
struct Warpgroup {
  uint32_t arrived = 0;
  std::vector<Thread *> waiting;
  Gathering gathering;
  std::vector<std::shared_ptr<PendingProduct>> open;
  std::deque<std::vector<std::shared_ptr<PendingProduct>>> groups;
  const cuda::GroupProduct *operands[4 * kLanes] = {};
  uint32_t waitFor = 0;
};

struct Block {
  uint32_t rank = 0;
  std::byte *shared = nullptr;
  Shadow shadow;
  std::vector<Warp> warps;
  Barrier barriers[kBarriers];
  std::map<uint32_t, Mbarrier> mbarriers;
  std::vector<Warpgroup> warpgroups;
};

class Team {
public:
  Team(Stacks &stacks, std::byte *sharedArena);

  /// Runs the blocks from `first` on. Returns the error, or an empty string.
  std::string run(const Launch &launch, uint32_t firstBlock);

  Thread &current() { return *running; }
  Block &block() { return *running->block; }
  const Launch &launch() const { return *currentLaunch; }
  uint32_t clockCount() const { return threadCount + kAgents; }
  std::vector<std::unique_ptr<Block>> &blocks() { return teamBlocks; }
  Thread &thread(uint32_t index) { return *threads[index]; }
  Fenced &fence(uint32_t index) { return fences[index]; }

  /// Suspends the running thread until `wake`.
  void suspend(Wait wait);
  void wake(Thread *thread) { ready.push_back(thread); }
  void wakeAll(std::vector<Thread *> &waiting);
  /// Lets the others run first.
  void yield();
  /// Ends the team: does not return when called by a fiber.
  void fail(const std::string &message, const void *place = nullptr);

  /// What the running thread's accesses are recorded as.
  Actor actor() {
    return {running->index, running->clock.now, &running->clock};
  }

  /// The block whose shared memory holds an address, or null.
  Block *sharedOwner(const void *address);
  uint32_t sharedOffset(const Block &block, const void *address) const {
    return uint32_t(static_cast<const std::byte *>(address) - block.shared);
  }
  /// Checks an access to any memory and fails on what is wrong.
  void access(const Actor &actor, const void *address, size_t bytes,
              AccessKind kind, const void *place);
  /// The same for shared memory alone.
  void accessShared(const Actor &actor, const void *address, size_t bytes,
                    AccessKind kind, const void *place);

  /// Work of the bulk engine, done when no thread can go on.
  void enqueue(std::function<void()> work) {
    engine.push_back(std::move(work));
  }
  /// The agent that a barrier's copies are recorded as.
  Clock &agent(uint32_t barrier) { return agents[barrier % kAgents]; }

private:
  void start(const Launch &launch, uint32_t firstBlock);
  void startThread(Block &block, uint32_t number, const Position &position);
  void resumeNext();
  void checkGlobal(const void *address, size_t bytes, AccessKind kind,
                   const void *place);
  std::string describeWaits() const;
  static void enter();

  Stacks &stacks;
  std::byte *sharedArena;
  const Launch *currentLaunch = nullptr;
  Context host;
  Thread *running = nullptr;
  uint32_t threadCount = 0;
  std::vector<std::unique_ptr<Block>> teamBlocks;
  std::vector<std::unique_ptr<Thread>> threads;
  std::vector<Fenced> fences;
  std::vector<Clock> agents;
  std::deque<Thread *> ready;
  std::deque<std::function<void()>> engine;
  std::string error;
};

/// The team that this host thread runs.
Team &currentTeam();

/// Bytes of shared memory between the blocks of a cluster.
constexpr uint32_t kSharedStride = 256u << 10;
/// The first address of a block's dynamic shared memory: 0 stays invalid, and
/// the low kilobyte is the system's, as on sm_90.
constexpr uint32_t kSharedBase = 1024;

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_TEAM_H
