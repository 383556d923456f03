//===- Interface.cpp - The table that kernels call ------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Interface.h"

#include "device/emulator/Copies.h"
#include "device/emulator/Synchronize.h"

using namespace hagane;
using namespace hagane::emulator;
using cuda::Emulation;

// The functions below are called by kernels: the return address is the place
// that messages name.
#define PLACE __builtin_return_address(0)

static Team &team() { return currentTeam(); }

static const Position *position() { return &team().current().position; }

static void *sharedMemory() { return team().block().shared; }

static uint32_t sharedAddress(const void *pointer) {
  Block *owner = team().sharedOwner(pointer);
  if (!owner) {
    team().fail("the address of shared memory was asked of a pointer that is "
                "not into shared memory",
                PLACE);
    return 0;
  }
  return kSharedBase + team().sharedOffset(*owner, pointer) +
         owner->rank * kSharedStride;
}

static void *sharedPointer(uint32_t address) {
  auto &blocks = team().blocks();
  uint32_t rank = address / kSharedStride;
  if (rank >= blocks.size()) {
    team().fail("shared address " + std::to_string(address) +
                    " is of no block of the cluster",
                PLACE);
    return nullptr;
  }
  return blocks[rank]->shared + address % kSharedStride - kSharedBase;
}

static void failKernel(const char *message) { team().fail(message, PLACE); }

static void access(const void *address, size_t bytes, uint32_t writes,
                   const void *place) {
  team().access(team().actor(), address, bytes, AccessKind(writes), place);
}

static void proxyFence() {
  Thread &self = team().current();
  // A new time, so that stores before and after the fence differ.
  ++self.clock.now;
  team().fence(self.index) = {self.clock.now, self.clock.view};
}

static void yieldThread() { team().yield(); }

static void warp(cuda::WarpOperation operation, uint32_t mask, const void *in,
                 void *out) {
  runCollective(team(), operation, mask, in, out, PLACE);
}

static void syncWarpLanes(uint32_t mask) { syncWarp(team(), mask, PLACE); }

static void barrier(uint32_t number, uint32_t threads, uint32_t waits) {
  syncBarrier(team(), number, threads, waits, PLACE);
}

static void startCopy(void *shared, const void *global, uint32_t bytes,
                      uint32_t valid) {
  copyAsync(team(), shared, global, bytes, valid, PLACE);
}

static void commitCopyGroup() { commitCopies(team()); }

static void waitForCopyGroups(uint32_t pending) {
  waitForCopies(team(), pending, PLACE);
}

const Emulation &hagane::emulator::emulationTable() {
  static const Emulation table = [] {
    Emulation made{};
    made.version = cuda::kEmulationVersion;
    made.position = position;
    made.sharedMemory = sharedMemory;
    made.sharedAddress = sharedAddress;
    made.sharedPointer = sharedPointer;
    made.fail = failKernel;
    made.access = access;
    made.proxyFence = proxyFence;
    made.yield = yieldThread;
    made.warp = warp;
    made.syncWarp = syncWarpLanes;
    made.barrier = barrier;
    made.copyAsync = startCopy;
    made.copyCommit = commitCopyGroup;
    made.copyWait = waitForCopyGroups;
    return made;
  }();
  return table;
}
