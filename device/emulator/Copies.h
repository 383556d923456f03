//===- Copies.h - Copies of single threads ----------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_COPIES_H
#define HAGANE_DEVICE_EMULATOR_COPIES_H

#include "device/emulator/Team.h"

namespace hagane::emulator {

/// cp.async: `valid` bytes from global memory, then zeros up to `bytes`. The
/// data arrive when the thread waits for the copy's group, no sooner.
void copyAsync(Team &team, void *shared, const void *global, uint32_t bytes,
               uint32_t valid, const void *place);
void commitCopies(Team &team);
/// Waits until at most `pendingGroups` groups of this thread are under way.
void waitForCopies(Team &team, uint32_t pendingGroups, const void *place);
/// Carries out all copies of this thread, committed or not.
void finishCopies(Team &team, const void *place);

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_COPIES_H
