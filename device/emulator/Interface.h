//===- Interface.h - The table that kernels call ----------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_INTERFACE_H
#define HAGANE_DEVICE_EMULATOR_INTERFACE_H

#include "device/include/hagane/cuda/emulation.h"

namespace hagane::emulator {

/// The table that modules are attached to.
const cuda::Emulation &emulationTable();

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_INTERFACE_H
