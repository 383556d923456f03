//===- Place.h - Places in kernels, for messages ----------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_PLACE_H
#define HAGANE_DEVICE_EMULATOR_PLACE_H

#include <string>

namespace hagane::emulator {

/// " at FILE:LINE" of a return address in a kernel's module if its debug
/// information and a symbolizer are at hand, else " at SYMBOL+OFFSET"; empty
/// for null.
std::string describePlace(const void *place);

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_PLACE_H
