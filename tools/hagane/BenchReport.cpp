// Measuring a module as `hagane bench` tells of it.
#include "BenchReport.h"

#include "TextFile.h"
#include "Trace.h"

#include <cstdio>

namespace hagane::tool {
namespace {

constexpr int kMostProfiledRuns = 50;

void addKernels(Measurement &measurement, BenchResult &result) {
  int runs = std::min(int(result.times.size()), kMostProfiledRuns);
  for (int i = 0; i < runs; ++i)
    measurement.profileOnce();
  for (const KernelTime &kernel : measurement.takeKernels())
    if (kernel.launches > 0)
      // No less than the clock tells apart.
      result.kernels.push_back(
          {kernel, std::max(median(kernel.seconds), 1e-9), {}});
}

void addLimits(BenchResult &result) {
  result.rates = measureRates(result.threads);
  for (KernelResult &kernel : result.kernels)
    kernel.limit = limitOf(kernel.kernel, result.rates, result.threads);
}

Json toJson(const KernelResult &result, bool isProfile) {
  Json json{{"name", result.kernel.name},
            {"median_ms", result.seconds * 1e3},
            {"gflops", result.gflops()},
            {"gbs", result.gbs()},
            {"schedule", result.kernel.schedule},
            {"launches", result.kernel.launches}};
  if (isProfile)
    json.update({{"limit_ms", result.limit.seconds() * 1e3},
                 {"limit_share", result.limit.seconds() / result.seconds},
                 {"bound", result.limit.bound()},
                 {"fallback", result.isFallback()},
                 {"nodes", result.kernel.nodes}});
  return json;
}

} // namespace

double BenchResult::fallbackShare() const {
  double all = 0, fallbacks = 0;
  for (const KernelResult &kernel : kernels) {
    all += kernel.seconds;
    fallbacks += kernel.isFallback() ? kernel.seconds : 0;
  }
  return all > 0 ? fallbacks / all : 0;
}

double BenchResult::bytes() const {
  double sum = 0;
  for (const KernelResult &each : kernels)
    sum += each.kernel.bytes;
  return sum;
}

BenchResult measureRuns(Session &session, Measurement &measurement,
                        const BenchOptions &options) {
  measurement.warmUp();
  BenchResult result;
  result.threads = session.threads();
  result.dims = dimsOf(session.info(), measurement.inputs());
  result.times = measurement.measure(options.runs, options.minSeconds);
  if (options.listsKernels)
    addKernels(measurement, result);
  if (options.profile)
    addLimits(result);
  if (!options.trace.empty()) {
    measurement.profileOnce();
    writeText(options.trace, makeTrace(session, measurement.launches()));
  }
  return result;
}

Json toJson(const BenchResult &result, bool isProfile) {
  Json json{{"median_ms", result.median() * 1e3},
            {"min_ms", result.least() * 1e3},
            {"runs", result.times.size()},
            {"threads", result.threads},
            {"dims", result.dims}};
  if (isProfile)
    json.update({{"gflops_per_thread", result.rates.flops / 1e9},
                 {"bf16_gflops_per_thread", result.rates.bf16Flops / 1e9},
                 {"int8_gflops_per_thread", result.rates.int8Flops / 1e9},
                 {"memory_gbs", result.rates.memoryBytes / 1e9},
                 {"fallback_share", result.fallbackShare()}});
  json["kernels"] = Json::array();
  for (const KernelResult &kernel : result.kernels)
    json["kernels"].push_back(toJson(kernel, isProfile));
  return json;
}

void printKernels(BenchResult result, bool isProfile) {
  if (isProfile)
    std::printf("limits now: %s; generic fallbacks take %.1f %% of the "
                "kernels' time\n",
                result.rates.text().c_str(), 100 * result.fallbackShare());
  if (result.kernels.empty())
    return;
  std::sort(result.kernels.begin(), result.kernels.end(),
            [](auto &a, auto &b) { return a.seconds > b.seconds; });
  int width = 6;
  for (const KernelResult &each : result.kernels)
    width = std::max(width, int(each.kernel.name.size()));
  std::printf("\n%-*s %8s %10s %6s %9s %8s ", width, "kernel", "launches", "ms",
              "%", "GFLOP/s", "GB/s");
  if (isProfile)
    std::printf(" %5s %-8s nodes\n", "limit", "bound");
  else
    std::printf(" schedule\n");
  for (const KernelResult &each : result.kernels) {
    std::printf(
        "%-*s %8lld %10.4f %6.1f %9.1f %8.1f ", width, each.kernel.name.c_str(),
        static_cast<long long>(each.kernel.launches), each.seconds * 1e3,
        100 * each.seconds / result.median(), each.gflops(), each.gbs());
    if (!isProfile) {
      std::printf(" %s\n", each.kernel.schedule.c_str());
      continue;
    }
    std::printf(" %3.0f %% %-8s", 100 * each.limit.seconds() / each.seconds,
                each.limit.bound());
    for (const std::string &node : each.kernel.nodes)
      std::printf(" %s", node.c_str());
    std::printf(each.isFallback() ? " (generic fallback)\n" : "\n");
  }
}

} // namespace hagane::tool
