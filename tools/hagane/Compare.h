// Two ways to run a model, side by side.
#pragma once

#include "KernelText.h"
#include "Ratio.h"
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
  bool showsDifferences = false; ///< of IR and machine code, in text
  std::string html;              ///< where to write a page; "": nowhere

  bool wantsDifferences() const {
    return json || showsDifferences || !html.empty();
  }
};

/// Checks that both compute the same, then runs them in turn and prints the
/// ratios of their kernels' times.
void compareModules(const CompareOptions &options);

/// A kernel on one side: all launches that share code and sizes.
struct ComparedSide {
  std::string name, schedule;
  Interval seconds;
  double flops = 0, bytes = 0;
  TimeLimit limit;
  Factors factors = Factors::F32;

  double share() const {
    return seconds.median > 0 ? limit.seconds() / seconds.median : 0;
  }
};

/// A kernel of both sides, or of one of them.
struct ComparedKernel {
  std::optional<ComparedSide> a, b;
  Ratio ratio; ///< of B's time to A's
  int64_t launches = 0;
  std::vector<std::string> nodes;
  Lines irDifference, assemblyDifference; ///< unified; empty: none

  bool isPair() const { return a && b; }
  const ComparedSide &any() const { return a ? *a : *b; }
};

struct ComparisonResult {
  std::string a, b; ///< names of the sides
  DimValues dims;
  int threads = 0;
  size_t rounds = 0;
  Rates rates;
  Interval secondsA, secondsB; ///< of a run
  Ratio ratio;
  std::vector<ComparedKernel> kernels; ///< slowest first
};

/// "faster" and so on, of B.
const char *verdictOf(const Ratio &ratio);

void printText(const ComparisonResult &result, bool showsDifferences);
void printJson(const ComparisonResult &result);
/// One page without references to anything outside it.
std::string makePage(const ComparisonResult &result);

} // namespace hagane::tool
