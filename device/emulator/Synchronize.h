//===- Synchronize.h - Primitives that wait for other threads ---*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_SYNCHRONIZE_H
#define HAGANE_DEVICE_EMULATOR_SYNCHRONIZE_H

#include "device/emulator/Team.h"

namespace hagane::emulator {

/// Waits until all lanes of the mask have come, then carries the operation out
/// for all of them.
void runCollective(Team &team, cuda::WarpOperation operation, uint32_t mask,
                   const void *in, void *out, const void *place);

/// As above, for the memory order alone.
void syncWarp(Team &team, uint32_t mask, const void *place);

/// bar.sync, and bar.arrive when `waits` is false.
void syncBarrier(Team &team, uint32_t number, uint32_t threads, bool waits,
                 const void *place);

/// Waits until a barrier that counts `expected` threads is complete; the last
/// to come runs `complete` first.
void arriveAndWait(Team &team, Barrier &barrier, uint32_t expected,
                   const std::string &what, const void *place);

/// Lanes that take part in a collective, and what each passed.
struct Lanes {
  Team &team;
  Warp &warp;
  uint32_t mask;
  const void *const *in;
  void *const *out;
  const void *place;

  bool has(uint32_t lane) const { return mask >> lane & 1; }
};

// The operations, by cuda::WarpOperation.
void shuffleLanes(const Lanes &lanes);
void voteLanes(const Lanes &lanes);
void loadMatrices(const Lanes &lanes);
void multiplyFragments(const Lanes &lanes);

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_SYNCHRONIZE_H
