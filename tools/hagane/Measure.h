// Measuring a module: runs of it, and of each of its kernels.
#pragma once

#include "Module.h"
#include "Rates.h"

#include <chrono>

namespace hagane::tool {

double median(std::vector<double> values);

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point start);

/// What a launch of a kernel costs.
struct KernelTime {
  std::string name, schedule;
  std::vector<std::string> nodes;
  int64_t launches = 0;
  double flops = 0, bytes = 0;
  Factors factors = Factors::F32;
  std::vector<double> seconds; ///< of each profiled run
};

/// The least time that the machine allows: for the operations at its peak, and
/// for every operand's bytes once.
struct TimeLimit {
  double compute = 0, memory = 0; ///< seconds
  double seconds() const { return compute > memory ? compute : memory; }
  const char *bound() const {
    return seconds() == 0 ? "-" : memory > compute ? "memory" : "compute";
  }
};
TimeLimit limitOf(const KernelTime &kernel, const Rates &rates, int threads);

/// A launch as the profile told it, with its parts.
struct LaunchTimes {
  hgn_profile_event event;
  std::vector<hgn_profile_part> parts;
};

/// A session that is run on the same inputs again and again.
class Measurement {
public:
  Measurement(Session &session, std::vector<HostTensor> inputs);
  virtual ~Measurement() = default;
  Measurement(const Measurement &) = delete;
  Measurement &operator=(const Measurement &) = delete;

  const std::vector<HostTensor> &inputs() const { return tensors; }
  /// Of the last run.
  std::vector<HostTensor> copyOutputs() const;
  double runOnce();
  /// Until caches, clocks and threads have settled.
  void warmUp();
  /// Seconds of each run: exactly `runs`, or for at least `seconds` if runs is
  /// 0.
  std::vector<double> measure(int runs, double seconds);
  /// Runs once and adds the time of each kernel that was launched.
  void profileOnce();
  /// Kernels in the order of the module, whether they were launched or not.
  std::vector<KernelTime> takeKernels();
  /// The launches of the last profiled run, in order.
  const std::vector<LaunchTimes> &launches() const { return events; }

protected:
  /// One run.
  virtual hgn_status run();

  Session &session;
  std::vector<HostTensor> tensors;
  std::vector<hgn_tensor> views, outputs;

private:
  static void onEvent(void *self, const hgn_profile_event *event);
  void clearKernels();

  std::vector<KernelTime> kernels;
  std::vector<LaunchTimes> events;
};

/// The values of the symbolic dims as the inputs have them.
DimValues dimsOf(const hgn_module_info &info,
                 const std::vector<HostTensor> &inputs);

} // namespace hagane::tool
