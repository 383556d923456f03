// Kernels of a module: what they run by, how long, and how far from the limit.
#pragma once

#include "CompileOptions.h"
#include "Measure.h"
#include "Plan.h"

#include <optional>

namespace hagane::tool {

/// A name for a temporary file with this ending, which exists from now on.
std::string temporaryPath(const std::string &ending);

/// A module in a file that goes with it.
class TemporaryModule {
public:
  /// Compiles into a folder for temporary files. Throws Reported on failure.
  explicit TemporaryModule(CompileOptions options);
  ~TemporaryModule();
  TemporaryModule(const TemporaryModule &) = delete;
  TemporaryModule &operator=(const TemporaryModule &) = delete;

  const std::string &path() const { return file; }

private:
  std::string file;
};

/// Launches that share code and sizes.
struct ScheduleRow {
  std::string name, schedule;
  std::vector<std::pair<std::string, int64_t>> sizes;
  std::string line; ///< of a schedule file, without the schedule
  std::vector<ScheduleChoice> others;
  std::vector<std::string> nodes;
  int64_t launches = 0;
  double predicted = 0; ///< seconds of all launches; 0: not known
  double measured = 0;
  TimeLimit limit; ///< of all launches
};

/// Throws unless there is a plan for every kernel of the module.
void checkPlans(const std::vector<KernelTime> &kernels,
                const std::vector<KernelPlan> &plans);

/// `plans` are those of the module's kernels in order, or empty. Rows in order
/// of the first launch.
std::vector<ScheduleRow> makeRows(const std::vector<KernelTime> &kernels,
                                  const std::vector<KernelPlan> &plans,
                                  const Rates &rates, int threads);

struct SchedulesOptions {
  CompileOptions compile; ///< `input` is a model or a module
  DimValues dims;
  std::string inputs; ///< "": random data
  bool writesLines = false, showsOthers = false;
  bool json = false;
  int threads = 0;
  double minSeconds = 0.5;
};
void showSchedules(SchedulesOptions options);

} // namespace hagane::tool
