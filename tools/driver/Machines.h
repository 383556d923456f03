// Machines that a report predicts times for.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace hagane::driver {

/// What bounds a kernel: how fast operands come and how fast they are used.
struct Machine {
  std::string name;
  double flops = 0;     // f32 operations per second
  double byteRate = 4;  // of operations on bytes, relative to those
  double bandwidth = 0; // bytes per second
};

/// A named machine, or "flops=GFLOP/s,bandwidth=GB/s".
llvm::Expected<Machine> parseMachine(llvm::StringRef text);

} // namespace hagane::driver
