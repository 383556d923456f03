//===- Grid.h - Launches over host threads ----------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_GRID_H
#define HAGANE_DEVICE_EMULATOR_GRID_H

#include "device/emulator/Team.h"

namespace hagane::emulator {

/// Runs all blocks of a launch over the host's threads (as many as
/// HAGANE_EMULATOR_THREADS says, else all) and waits. Returns the error of the
/// first block, in the order of blocks, that failed; empty if none did.
std::string runGrid(Launch launch);

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_GRID_H
