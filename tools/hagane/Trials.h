// Schedules being tried: compiled several at a time, and measured in turn.
#pragma once

#include "ScheduleTable.h"
#include "Turn.h"

namespace hagane::tool {

/// Where the time of trials went.
struct TrialTimes {
  double compiling = 0, measuring = 0;
};

/// The model by one schedule file.
struct Trial {
  std::string lines;
  /// Of each group of kernels, times relative to those of the start in the
  /// same minute; empty if it was not compiled.
  std::vector<std::vector<double>> ratios;
  bool isAbandoned = false; ///< after a run that was far from the best
};

/// Runs a model by its own schedules, the start, and by others.
class TrialRunner {
public:
  /// Compiles and measures the start.
  TrialRunner(const CompileOptions &compile, const DimValues &dims,
              const std::string &inputs, int threads, TurnOptions turn);
  ~TrialRunner();

  int threads() const { return hgn_pool_threads(pool.get()); }
  const std::vector<KernelPlan> &plans() const { return request.kernels; }
  const std::vector<KernelTime> &kernels() const { return startKernels; }
  const TrialTimes &times() const { return spent; }

  /// Which of the start's kernels are measured together, -1: in no group.
  void setGroups(std::vector<int> groupOfKernel);

  struct Effort {
    double seconds = 0.02; ///< for each trial in each round
    int leastRuns = 3, mostRuns = 50;
    int rounds = 1;
    /// Abandons what in no group is within this factor of the best; 0: never.
    double abandon = 0;
  };
  /// Compiles and measures, round by round. `best` is what each group has
  /// reached, relative to the start.
  void run(std::vector<Trial> &trials, const Effort &effort,
           const std::vector<double> &best);

private:
  struct Runnable;
  using Runnables = std::vector<std::unique_ptr<Runnable>>;
  void compile(Runnables &runnables);
  void measure(Runnables &runnables, const Effort &effort,
               const std::vector<double> &best);
  std::vector<double> profile(Runnable &runnable, double seconds, int least,
                              int most);
  void tryRunnable(Runnable &runnable, const Effort &effort,
                   const std::vector<double> &limits);
  std::vector<int> groupsOf(const std::vector<KernelTime> &kernels) const;

  CompileOptions options;
  TurnOptions turn;
  PlanRequest request;
  PoolPtr pool;
  std::vector<HostTensor> inputs;
  std::vector<KernelTime> startKernels;
  std::vector<int> groups;
  size_t groupCount = 0;
  TrialTimes spent;
  std::unique_ptr<Runnable> start;
};

} // namespace hagane::tool
