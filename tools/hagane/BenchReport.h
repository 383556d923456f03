// What a measured module is told of.
#pragma once

#include "JsonText.h"
#include "Measure.h"

#include <algorithm>

namespace hagane::tool {

/// A kernel and the least time that the machine allows it.
struct KernelResult {
  KernelTime kernel;
  double seconds;
  TimeLimit limit;

  double gflops() const { return kernel.flops / seconds / 1e9; }
  double gbs() const { return kernel.bytes / seconds / 1e9; }
  /// Written out as a plain loop nest: there is no better form.
  bool isFallback() const { return kernel.schedule.empty(); }
};

struct BenchResult {
  std::vector<double> times;
  int threads = 0;
  DimValues dims;
  Rates rates; ///< measured for a profile only
  std::vector<KernelResult> kernels;

  double median() const { return tool::median(times); }
  double least() const { return *std::min_element(times.begin(), times.end()); }
  /// Of the kernels' time, what goes to fallbacks.
  double fallbackShare() const;
  /// That all kernels of a run read and write.
  double bytes() const;
};

/// Measures as the options say: runs, kernels, limits, a trace.
BenchResult measureRuns(Session &session, Measurement &measurement,
                        const BenchOptions &options);

Json toJson(const BenchResult &result, bool isProfile);
/// Kernels, the slowest first.
void printKernels(BenchResult result, bool isProfile);

} // namespace hagane::tool
