// Two ways to run a model, side by side.
#pragma once

#include "ScheduleTable.h"

namespace hagane::tool {

struct CompareOptions {
  /// Modules; or schedule files, or "" for the built-in schedules, of the model
  /// in `compile`.
  std::string first, second;
  CompileOptions compile;
  DimValues dims;
  std::string inputs; ///< "": random data
  int threads = 0;
  double minSeconds = 3;
  double tolerance = 1e-3; ///< of outputs, relative to the largest element
  bool json = false;
};

/// Checks that both compute the same, then runs them in turn and prints the
/// ratios of their kernels' times.
void compareModules(const CompareOptions &options);

} // namespace hagane::tool
