//===- Copies.cpp - Copies of single threads ------------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Copies.h"

#include <cstring>

using namespace hagane::emulator;

void hagane::emulator::copyAsync(Team &team, void *shared, const void *global,
                                 uint32_t bytes, uint32_t valid,
                                 const void *place) {
  Thread &self = team.current();
  auto *target = static_cast<std::byte *>(shared);
  auto aligned = [&](const void *address) {
    return reinterpret_cast<uintptr_t>(address) % bytes == 0;
  };
  if (!aligned(target) || (valid && !aligned(global)))
    team.fail("cp.async of " + std::to_string(bytes) +
                  " bytes with an address that is not a multiple of that",
              place);
  team.accessShared(team.actor(), target, bytes, AccessKind::Write, place);
  if (valid)
    team.access(team.actor(), global, valid, AccessKind::Read, place);
  Block &owner = *team.sharedOwner(target);
  owner.shadow.setPending(team.sharedOffset(owner, target), bytes, self.index);
  memset(target, 0xff, bytes);
  self.openCopies.push_back(
      {target, static_cast<const std::byte *>(global), bytes, valid});
}

static void carryOut(Team &team, const std::vector<ThreadCopy> &copies,
                     const void *place) {
  for (const ThreadCopy &copy : copies) {
    Block &owner = *team.sharedOwner(copy.target);
    owner.shadow.setArrived(team.sharedOffset(owner, copy.target), copy.bytes);
    team.accessShared(team.actor(), copy.target, copy.bytes, AccessKind::Write,
                      place);
    if (copy.valid)
      memcpy(copy.target, copy.source, copy.valid);
    memset(copy.target + copy.valid, 0, copy.bytes - copy.valid);
  }
}

void hagane::emulator::commitCopies(Team &team) {
  Thread &self = team.current();
  self.copyGroups.push_back(std::move(self.openCopies));
  self.openCopies.clear();
}

void hagane::emulator::waitForCopies(Team &team, uint32_t pendingGroups,
                                     const void *place) {
  Thread &self = team.current();
  while (self.copyGroups.size() > pendingGroups) {
    carryOut(team, self.copyGroups.front(), place);
    self.copyGroups.pop_front();
  }
}

void hagane::emulator::finishCopies(Team &team, const void *place) {
  waitForCopies(team, 0, place);
  carryOut(team, team.current().openCopies, place);
  team.current().openCopies.clear();
}
