// hagane bench: time of a run, and of each kernel in it.
#include "Commands.h"
#include "Measure.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace hagane::tool {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostProfiledRuns = 50;

struct KernelResult {
  std::string name, schedule;
  int64_t launches;
  double medianMs, gflops, gbs;
};

std::vector<KernelResult> profile(Measurement &measurement, int runs) {
  for (int i = 0; i < runs; ++i)
    measurement.profileOnce();
  std::vector<KernelResult> results;
  for (const KernelTime &kernel : measurement.takeKernels()) {
    if (kernel.launches == 0)
      continue;
    // No less than the clock tells apart.
    double seconds = std::max(median(kernel.seconds), 1e-9);
    results.push_back({kernel.name, kernel.schedule, kernel.launches,
                       seconds * 1e3, kernel.flops / seconds / 1e9,
                       kernel.bytes / seconds / 1e9});
  }
  return results;
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
  Measurement measurement(session,
                          session.makeInputs(options.inputs, options.dims));
  DimValues dims = dimsOf(session.info(), measurement.inputs());
  measurement.warmUp();
  std::vector<double> times =
      measurement.measure(options.runs, options.minSeconds);
  std::vector<KernelResult> kernels;
  if (options.profile)
    kernels =
        profile(measurement, std::min(int(times.size()), kMostProfiledRuns));
  if (options.json)
    std::printf(
        "%s\n",
        toJson(times, session.threads(), dims, kernels).dump(2).c_str());
  else
    printTable(times, session.threads(), dims, kernels);
}

} // namespace hagane::tool
