// hagane bench: time of a run, and of each kernel in it.
#include "BenchReport.h"
#include "Decode.h"

#include <cstdio>

namespace hagane::tool {

static void printHead(const BenchResult &result) {
  std::printf("median %.3f ms, min %.3f ms, %zu runs, %d threads",
              result.median() * 1e3, result.least() * 1e3, result.times.size(),
              result.threads);
  for (const auto &[name, value] : result.dims)
    std::printf(", %s=%lld", name.c_str(), static_cast<long long>(value));
  std::printf("\n");
}

void benchModule(const BenchOptions &options) {
  ModulePtr module = openModule(options.module, 0, options.device);
  if (options.decode)
    return benchDecoding(module.get(), options);
  Session session(module.get(), options.threads);
  Measurement measurement(session,
                          session.makeInputs(options.inputs, options.dims));
  BenchResult result = measureRuns(session, measurement, options);
  if (options.json) {
    std::printf("%s\n", toText(toJson(result, options.profile)).c_str());
    return;
  }
  printHead(result);
  printKernels(std::move(result), options.profile);
}

} // namespace hagane::tool
