// hagane bench: time of a run, and of each kernel in it.
#include "Commands.h"
#include "Module.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace hagane::tool {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr double kWarmSeconds = 0.3;
constexpr int kWarmRuns = 3, kLeastRuns = 5, kMostRuns = 100000,
              kMostProfiledRuns = 50;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + long(middle), values.end());
  if (values.size() % 2)
    return values[middle];
  return (values[middle] +
          *std::max_element(values.begin(), values.begin() + long(middle))) /
         2;
}

/// What all launches of one kernel in a run cost together.
struct KernelTotal {
  int64_t launches = 0, ns = 0, flops = 0, bytes = 0;
};

struct KernelResult {
  std::string name, schedule;
  int64_t launches;
  double medianMs, gflops, gbs;
};

/// Collects the events of one run.
class Profile {
public:
  explicit Profile(size_t kernels) : totals(kernels) {}

  static void onEvent(void *self, const hgn_profile_event *event) {
    auto &totals = static_cast<Profile *>(self)->totals;
    if (event->kernel >= totals.size())
      return;
    KernelTotal &total = totals[event->kernel];
    ++total.launches;
    total.ns += event->ns;
    total.flops += std::max<int64_t>(event->flops, 0);
    total.bytes += std::max<int64_t>(event->bytes, 0);
  }

  std::vector<KernelTotal> take() {
    std::vector<KernelTotal> taken(totals.size());
    taken.swap(totals);
    return taken;
  }

private:
  std::vector<KernelTotal> totals;
};

class Bench {
public:
  Bench(Session &session, std::vector<HostTensor> inputs)
      : session(session), inputs(std::move(inputs)),
        outputs(session.info().output_count) {
    for (HostTensor &input : this->inputs)
      views.push_back(input.view());
  }

  double runOnce() {
    auto start = Clock::now();
    check(hgn_session_run(session.get(), views.data(), uint32_t(views.size()),
                          outputs.data(), uint32_t(outputs.size())));
    return secondsSince(start);
  }

  void warmUp() {
    auto start = Clock::now();
    for (int i = 0; i < kWarmRuns || secondsSince(start) < kWarmSeconds; ++i)
      runOnce();
  }

  /// Seconds of each run: exactly `runs`, or for at least `seconds` if runs is
  /// 0.
  std::vector<double> measure(int runs, double seconds) {
    std::vector<double> times;
    auto start = Clock::now();
    auto more = [&] {
      int done = int(times.size());
      if (runs)
        return done < runs;
      return done < kLeastRuns ||
             (done < kMostRuns && secondsSince(start) < seconds);
    };
    while (more())
      times.push_back(runOnce());
    return times;
  }

  std::vector<KernelResult> profile(int runs) {
    const hgn_code_info &code = session.code();
    Profile profile(code.kernel_count);
    hgn_session_set_profile(session.get(), &Profile::onEvent, &profile);
    std::vector<std::vector<KernelTotal>> all;
    for (int i = 0; i < runs; ++i) {
      runOnce();
      all.push_back(profile.take());
    }
    hgn_session_set_profile(session.get(), nullptr, nullptr);
    std::vector<KernelResult> results;
    for (uint32_t k = 0; k < code.kernel_count; ++k) {
      std::vector<double> ns;
      for (auto &run : all)
        ns.push_back(double(run[k].ns));
      const KernelTotal &last = all.back()[k];
      if (last.launches == 0)
        continue;
      double time = std::max(
          median(ns), 1.0); // operations per nanosecond are 10^9 per second
      results.push_back({code.kernels[k].name, code.kernels[k].schedule,
                         last.launches, time / 1e6, double(last.flops) / time,
                         double(last.bytes) / time});
    }
    return results;
  }

private:
  Session &session;
  std::vector<HostTensor> inputs;
  std::vector<hgn_tensor> views, outputs;
};

/// The values of the symbolic dims as the inputs have them.
DimValues dimsOf(const hgn_module_info &info,
                 const std::vector<HostTensor> &inputs) {
  DimValues values;
  for (uint32_t i = 0; i < info.input_count; ++i)
    for (int32_t d = 0; d < info.inputs[i].rank; ++d)
      if (info.inputs[i].dims[d].symbol >= 0 &&
          size_t(d) < inputs[i].dims.size())
        values[info.inputs[i].dims[d].symbol_name] = inputs[i].dims[size_t(d)];
  return values;
}

Json toJson(const std::vector<double> &times, int threads,
            const DimValues &dims, const std::vector<KernelResult> &kernels) {
  Json json;
  json["median_ms"] = median(times) * 1e3;
  json["min_ms"] = *std::min_element(times.begin(), times.end()) * 1e3;
  json["runs"] = times.size();
  json["threads"] = threads;
  json["dims"] = dims;
  json["kernels"] = Json::array();
  for (const KernelResult &kernel : kernels)
    json["kernels"].push_back({{"name", kernel.name},
                               {"median_ms", kernel.medianMs},
                               {"gflops", kernel.gflops},
                               {"gbs", kernel.gbs},
                               {"schedule", kernel.schedule},
                               {"launches", kernel.launches}});
  return json;
}

void printTable(const std::vector<double> &times, int threads,
                const DimValues &dims, std::vector<KernelResult> kernels) {
  double shown = median(times) * 1e3;
  std::printf("median %.3f ms, min %.3f ms, %zu runs, %d threads", shown,
              *std::min_element(times.begin(), times.end()) * 1e3, times.size(),
              threads);
  for (const auto &[name, value] : dims)
    std::printf(", %s=%lld", name.c_str(), static_cast<long long>(value));
  std::printf("\n");
  if (kernels.empty())
    return;
  std::sort(kernels.begin(), kernels.end(),
            [](auto &a, auto &b) { return a.medianMs > b.medianMs; });
  int width = 6;
  for (const KernelResult &kernel : kernels)
    width = std::max(width, int(kernel.name.size()));
  std::printf("\n%-*s %8s %10s %6s %9s %8s  %s\n", width, "kernel", "launches",
              "ms", "%", "GFLOP/s", "GB/s", "schedule");
  for (const KernelResult &kernel : kernels)
    std::printf("%-*s %8lld %10.4f %6.1f %9.1f %8.1f  %s\n", width,
                kernel.name.c_str(), static_cast<long long>(kernel.launches),
                kernel.medianMs,
                shown > 0 ? 100 * kernel.medianMs / shown : 0.0, kernel.gflops,
                kernel.gbs, kernel.schedule.c_str());
}

} // namespace

void benchModule(const BenchOptions &options) {
  ModulePtr module = openModule(options.module);
  Session session(module.get(), options.threads);
  std::vector<HostTensor> inputs = options.inputs.empty()
                                       ? session.randomInputs(options.dims)
                                       : session.readInputs(options.inputs);
  DimValues dims = dimsOf(session.info(), inputs);
  Bench bench(session, std::move(inputs));
  bench.warmUp();
  std::vector<double> times = bench.measure(options.runs, options.minSeconds);
  std::vector<KernelResult> kernels;
  if (options.profile)
    kernels = bench.profile(std::min(int(times.size()), kMostProfiledRuns));
  if (options.json)
    std::printf(
        "%s\n",
        toJson(times, session.threads(), dims, kernels).dump(2).c_str());
  else
    printTable(times, session.threads(), dims, kernels);
}

} // namespace hagane::tool
