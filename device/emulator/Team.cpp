//===- Team.cpp - Blocks that run together --------------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Team.h"

#include "device/emulator/Place.h"

#include <cstring>

using namespace hagane::emulator;

// The team of a host thread: fibers never move to another.
static thread_local Team *teamOfThread = nullptr;

Team &hagane::emulator::currentTeam() { return *teamOfThread; }

Team::Team(Stacks &stacks, std::byte *sharedArena)
    : stacks(stacks), sharedArena(sharedArena) {}

static Index3 blockAt(const Index3 &grid, uint32_t linear) {
  return {linear % grid.x, linear / grid.x % grid.y,
          linear / (grid.x * grid.y)};
}

void Team::enter() {
  Team &team = currentTeam();
  team.currentLaunch->entry(team.currentLaunch->alignedArguments);
  team.running->finished = true;
  team.resumeNext();
}

void Team::startThread(Block &block, uint32_t number,
                       const Position &position) {
  auto thread = std::make_unique<Thread>();
  thread->position = position;
  thread->block = &block;
  thread->number = number;
  thread->index = uint32_t(threads.size());
  thread->clock.index = thread->index;
  thread->warp = &block.warps[number / kLanes];
  thread->warp->lanes[number % kLanes] = thread.get();
  thread->context.start(stacks[thread->index], Stacks::kStackBytes, enter);
  ready.push_back(thread.get());
  threads.push_back(std::move(thread));
}

void Team::start(const Launch &launch, uint32_t firstBlock) {
  currentLaunch = &launch;
  error.clear();
  ready.clear();
  engine.clear();
  threads.clear();
  teamBlocks.clear();
  uint32_t blockThreads = launch.block.x * launch.block.y * launch.block.z;
  threadCount = blockThreads * launch.clusterSize;
  fences.assign(threadCount, Fenced());
  agents.assign(kAgents, Clock());
  for (uint32_t i = 0; i < kAgents; ++i)
    agents[i].index = threadCount + i;
  for (uint32_t rank = 0; rank < launch.clusterSize; ++rank) {
    auto block = std::make_unique<Block>();
    block->rank = rank;
    block->shared = sharedArena + size_t(rank) * kSharedStride + kSharedBase;
    block->shadow.reset(launch.sharedBytes, threadCount, &fences);
    block->warps.resize((blockThreads + kLanes - 1) / kLanes);
    block->warpgroups.resize((block->warps.size() + 3) / 4);
    // NaN in every float type: what was never written shows.
    memset(block->shared, 0xff, launch.sharedBytes);
    Position position{{},           blockAt(launch.grid, firstBlock + rank),
                      launch.block, launch.grid,
                      rank,         launch.clusterSize};
    for (uint32_t number = 0; number < blockThreads; ++number) {
      position.thread = blockAt(launch.block, number);
      startThread(*block, number, position);
    }
    teamBlocks.push_back(std::move(block));
  }
}

std::string Team::run(const Launch &launch, uint32_t firstBlock) {
  teamOfThread = this;
  start(launch, firstBlock);
  while (error.empty()) {
    if (!ready.empty()) {
      running = ready.front();
      ready.pop_front();
      Context::swap(host, running->context);
      continue;
    }
    if (engine.empty())
      break;
    // Nobody can go on: the bulk engine does its oldest work, no sooner.
    running = nullptr;
    auto work = std::move(engine.front());
    engine.pop_front();
    work();
  }
  running = nullptr;
  if (error.empty())
    error = describeWaits();
  return error;
}

void Team::resumeNext() {
  Thread *from = running;
  if (ready.empty()) {
    Context::swap(from->context, host);
    return;
  }
  running = ready.front();
  ready.pop_front();
  if (running != from)
    Context::swap(from->context, running->context);
}

void Team::suspend(Wait wait) {
  running->wait = std::move(wait);
  resumeNext();
  running->wait.what.clear();
}

void Team::wakeAll(std::vector<Thread *> &waiting) {
  for (Thread *thread : waiting)
    wake(thread);
  waiting.clear();
}

void Team::yield() {
  ready.push_back(running);
  resumeNext();
}

static std::string inParentheses(const Index3 &index) {
  return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " +
         std::to_string(index.z) + ")";
}

void Team::fail(const std::string &message, const void *place) {
  error = "kernel '" + currentLaunch->name + "'";
  if (running) {
    error += ", block " + inParentheses(running->position.block) + ", thread " +
             inParentheses(running->position.thread);
  }
  error += ": " + message + describePlace(place);
  if (running)
    Context::swap(running->context, host);
}

std::string Team::describeWaits() const {
  std::string waits;
  for (size_t i = 0; i < threads.size();) {
    // Neighbours that wait for the same are named together.
    size_t end = i + 1;
    while (end < threads.size() &&
           threads[end]->wait.what == threads[i]->wait.what &&
           threads[end]->finished == threads[i]->finished)
      ++end;
    const Thread &thread = *threads[i];
    if (!thread.finished)
      waits += "; threads " + std::to_string(i) + " to " +
               std::to_string(end - 1) + " wait " + thread.wait.what +
               describePlace(thread.wait.place);
    i = end;
  }
  if (waits.empty())
    return {};
  return "kernel '" + currentLaunch->name + "', block " +
         inParentheses(threads.front()->position.block) +
         ": deadlock, no thread can go on" + waits;
}

Block *Team::sharedOwner(const void *address) {
  auto offset = size_t(static_cast<const std::byte *>(address) - sharedArena);
  size_t rank = offset / kSharedStride;
  return rank < teamBlocks.size() ? teamBlocks[rank].get() : nullptr;
}

void Team::accessShared(const Actor &actor, const void *address, size_t bytes,
                        AccessKind kind, const void *place) {
  Block *owner = sharedOwner(address);
  if (!owner) {
    fail("an address that is not in shared memory was given to a primitive "
         "that takes one",
         place);
    return;
  }
  std::string wrong = owner->shadow.access(actor, sharedOffset(*owner, address),
                                           uint32_t(bytes), kind);
  if (!wrong.empty())
    fail(wrong, place);
}

void Team::checkGlobal(const void *address, size_t bytes, AccessKind kind,
                       const void *place) {
  const Launch &launch = *currentLaunch;
  auto *begin = static_cast<const std::byte *>(address);
  if (launch.memory->valid(address, bytes))
    return;
  bool reads = kind == AccessKind::Read;
  if (!launch.memory->reserves(address)) {
    bool inImage =
        begin >= launch.imageBegin && begin + bytes <= launch.imageEnd;
    bool inArguments =
        size_t(begin - launch.arguments.data()) < launch.arguments.size();
    if (stacks.contains(address) || (reads && (inImage || inArguments)))
      return;
  }
  char digits[32];
  snprintf(digits, sizeof(digits), "%p", address);
  fail(std::string(reads ? "reads " : "writes ") + std::to_string(bytes) +
           " bytes of global memory at " + digits + ", " +
           launch.memory->describe(address),
       place);
}

void Team::access(const Actor &actor, const void *address, size_t bytes,
                  AccessKind kind, const void *place) {
  if (sharedOwner(address))
    accessShared(actor, address, bytes, kind, place);
  else
    checkGlobal(address, bytes, kind, place);
}
