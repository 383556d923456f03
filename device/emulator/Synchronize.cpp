//===- Synchronize.cpp - Primitives that wait for other threads -----------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Synchronize.h"

#include <algorithm>
#include <cstring>

using namespace hagane;
using namespace hagane::emulator;
using cuda::WarpOperation;

namespace {

/// What a collective is called in messages, and its operation.
struct Row {
  const char *name;
  void (*run)(const Lanes &lanes);
};

constexpr uint32_t kSyncWarp = uint32_t(WarpOperation::Count);

} // namespace

static void nothing(const Lanes &) {}

// By cuda::WarpOperation, then the barrier of a warp.
static const Row kRows[] = {{"a shuffle", shuffleLanes},
                            {"a vote", voteLanes},
                            {"ldmatrix", loadMatrices},
                            {"mma", multiplyFragments},
                            {"syncWarp", nothing}};

static std::string hexadecimal(uint32_t value) {
  char digits[16];
  snprintf(digits, sizeof(digits), "0x%08x", value);
  return digits;
}

/// The open collective of these lanes, or a new one. Fails when lanes of the
/// mask wait in another operation.
static Collective &findCollective(Team &team, uint32_t operation, uint32_t mask,
                                  const void *place) {
  Warp &warp = *team.current().warp;
  for (auto &open : warp.collectives) {
    if (open->mask == mask && open->operation == operation)
      return *open;
    if (open->arrived & mask)
      team.fail(std::string("diverged: this lane calls ") +
                    kRows[operation].name + " for lanes " + hexadecimal(mask) +
                    " while lanes " + hexadecimal(open->arrived & mask) +
                    " of them wait in " + kRows[open->operation].name +
                    " for lanes " + hexadecimal(open->mask),
                place);
  }
  warp.collectives.push_back(std::make_unique<Collective>());
  Collective &made = *warp.collectives.back();
  made.operation = operation;
  made.mask = mask;
  return made;
}

static void collect(Team &team, uint32_t operation, uint32_t mask,
                    const void *in, void *out, const void *place) {
  Thread &self = team.current();
  Warp &warp = *self.warp;
  uint32_t lane = self.number % kLanes;
  if (!(mask >> lane & 1))
    team.fail(std::string("lane ") + std::to_string(lane) + " calls " +
                  kRows[operation].name + " for lanes " + hexadecimal(mask) +
                  ", which do not include it",
              place);
  Collective &open = findCollective(team, operation, mask, place);
  open.in[lane] = in;
  open.out[lane] = out;
  open.arrived |= uint32_t(1) << lane;
  if (operation == kSyncWarp)
    open.gathering.join(self.clock);
  if (open.arrived != mask) {
    team.suspend({std::string("in ") + kRows[operation].name + " for lanes " +
                      hexadecimal(mask),
                  place});
    return;
  }
  // Out of the list first: lanes that go on may begin the next one.
  auto found = std::find_if(warp.collectives.begin(), warp.collectives.end(),
                            [&](auto &other) { return other.get() == &open; });
  std::unique_ptr<Collective> complete = std::move(*found);
  warp.collectives.erase(found);
  kRows[operation].run({team, warp, mask, complete->in, complete->out, place});
  View seen = operation == kSyncWarp
                  ? complete->gathering.finish(team.clockCount())
                  : nullptr;
  for (uint32_t other = 0; other < kLanes; ++other) {
    if (!(mask >> other & 1))
      continue;
    if (seen)
      warp.lanes[other]->clock.view = seen;
    if (other != lane)
      team.wake(warp.lanes[other]);
  }
}

void hagane::emulator::runCollective(Team &team, WarpOperation operation,
                                     uint32_t mask, const void *in, void *out,
                                     const void *place) {
  collect(team, uint32_t(operation), mask, in, out, place);
}

void hagane::emulator::syncWarp(Team &team, uint32_t mask, const void *place) {
  collect(team, kSyncWarp, mask, nullptr, nullptr, place);
}

/// Everyone has come: what each has seen and done is seen by those who wait.
static void release(Team &team, Barrier &barrier) {
  View seen = barrier.gathering.finish(team.clockCount());
  for (Thread *thread : barrier.waiting)
    thread->clock.view = seen;
  team.current().clock.view = seen;
  barrier.arrived = 0;
  team.wakeAll(barrier.waiting);
}

void hagane::emulator::arriveAndWait(Team &team, Barrier &barrier,
                                     uint32_t expected, const std::string &what,
                                     const void *place) {
  barrier.expected = expected;
  barrier.gathering.join(team.current().clock);
  if (++barrier.arrived == expected) {
    release(team, barrier);
    return;
  }
  barrier.waiting.push_back(&team.current());
  team.suspend({what, place});
}

void hagane::emulator::syncBarrier(Team &team, uint32_t number,
                                   uint32_t threads, bool waits,
                                   const void *place) {
  std::string name = "barrier " + std::to_string(number);
  if (number >= kBarriers)
    team.fail(name + " was used; a block has barriers 0 to 15", place);
  Barrier &barrier = team.block().barriers[number];
  if (threads == 0 || (number != 0 && threads % kLanes != 0))
    team.fail(name + " was used for " + std::to_string(threads) +
                  " threads; expected a multiple of 32",
              place);
  if (barrier.arrived != 0 && barrier.expected != threads)
    team.fail(name + " was used for " + std::to_string(threads) +
                  " threads while others wait there for " +
                  std::to_string(barrier.expected),
              place);
  if (waits) {
    arriveAndWait(team, barrier, threads,
                  "at " + name + " for " + std::to_string(threads) + " threads",
                  place);
    return;
  }
  barrier.expected = threads;
  barrier.gathering.join(team.current().clock);
  if (++barrier.arrived < threads)
    return;
  // One that only arrives does not see what the others did.
  View own = team.current().clock.view;
  release(team, barrier);
  team.current().clock.view = own;
}

void hagane::emulator::shuffleLanes(const Lanes &lanes) {
  auto operand = [&](uint32_t lane) {
    return static_cast<const cuda::ShuffleOperand *>(lanes.in[lane]);
  };
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if (!lanes.has(lane))
      continue;
    uint32_t source = operand(lane)->source % kLanes;
    if (!lanes.has(source))
      lanes.team.fail("lane " + std::to_string(lane) + " shuffles from lane " +
                          std::to_string(source) +
                          ", which takes no part: lanes " +
                          hexadecimal(lanes.mask),
                      lanes.place);
    *static_cast<uint64_t *>(lanes.out[lane]) = operand(source)->value;
  }
}

void hagane::emulator::voteLanes(const Lanes &lanes) {
  uint32_t votes = 0;
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    if (lanes.has(lane) && *static_cast<const uint32_t *>(lanes.in[lane]))
      votes |= uint32_t(1) << lane;
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    if (lanes.has(lane))
      *static_cast<uint32_t *>(lanes.out[lane]) = votes;
}
