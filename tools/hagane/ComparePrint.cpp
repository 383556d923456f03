// What a comparison found, as text and as JSON.
#include "Compare.h"
#include "JsonText.h"
#include "ScheduleText.h"

#include <cstdio>

namespace hagane::tool {
namespace {

std::string join(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : " ") + name;
  return text;
}

void printRatio(const Interval &before, const Interval &after,
                const Ratio &ratio) {
  std::printf("%10.4f %10.4f %6.3f [%5.3f, %5.3f] %-6s", before.median * 1e3,
              after.median * 1e3, ratio.median, ratio.low, ratio.high,
              verdictOf(ratio));
}

void printRow(const ComparedKernel &kernel) {
  std::printf("%-14s ", kernel.any().name.c_str());
  if (!kernel.isPair()) {
    std::printf("only in %s: %.4f ms; %s\n", kernel.a ? "A" : "B",
                kernel.any().seconds.median * 1e3, join(kernel.nodes).c_str());
    return;
  }
  printRatio(kernel.a->seconds, kernel.b->seconds, kernel.ratio);
  std::string changed = differenceOf(kernel.a->schedule, kernel.b->schedule);
  std::printf(" %-8s %4.0f %4.0f %s%s\n", kernel.a->limit.bound(),
              100 * kernel.a->share(), 100 * kernel.b->share(),
              tileOf(kernel.a->schedule).c_str(),
              changed.empty() ? "" : ("; B: " + changed).c_str());
}

void printLines(const std::string &kernel, const char *what,
                const Lines &lines) {
  if (lines.empty())
    return;
  std::printf("\n%s: %s\n", kernel.c_str(), what);
  for (const std::string &line : lines)
    std::printf("%s\n", line.c_str());
}

Json toJson(const Interval &interval, double scale) {
  return {{"median", interval.median * scale},
          {"low", interval.low * scale},
          {"high", interval.high * scale}};
}

Json toJson(const ComparedSide &side) {
  return {{"name", side.name},
          {"schedule", side.schedule},
          {"tile", tileOf(side.schedule)},
          {"median_ms", side.seconds.median * 1e3},
          {"ms", toJson(side.seconds, 1e3)},
          {"flops", side.flops},
          {"bytes", side.bytes},
          {"limit_ms", side.limit.seconds() * 1e3},
          {"bound", side.limit.bound()}};
}

Json toJson(const ComparedKernel &kernel) {
  Json row{{"nodes", kernel.nodes}, {"launches", kernel.launches}};
  if (kernel.a)
    row["a"] = toJson(*kernel.a);
  if (kernel.b)
    row["b"] = toJson(*kernel.b);
  if (kernel.isPair()) {
    row["ratio"] = toJson(kernel.ratio, 1);
    row["bound"] = kernel.a->limit.bound();
    row["ir_difference"] = kernel.irDifference;
    row["assembly_difference"] = kernel.assemblyDifference;
  }
  return row;
}

} // namespace

const char *verdictOf(const Ratio &ratio) {
  return ratio.isFaster() ? "faster" : ratio.isSlower() ? "slower" : "same";
}

void printText(const ComparisonResult &result, bool showsDifferences) {
  std::printf("A: %s\nB: %s\n%d threads, %zu rounds in turn; outputs agree; "
              "limits now: %s\n\n",
              result.a.c_str(), result.b.c_str(), result.threads, result.rounds,
              result.rates.text().c_str());
  std::printf("%-14s %10s %10s %6s %-14s %-6s %-8s %4s %4s %s\n", "kernel",
              "A ms", "B ms", "B/A", "95 %", "B is", "bound", "A %", "B %",
              "tile of A, what differs in B");
  std::printf("%-14s ", "(the run)");
  printRatio(result.secondsA, result.secondsB, result.ratio);
  std::printf("\n");
  for (const ComparedKernel &kernel : result.kernels)
    printRow(kernel);
  std::printf(
      "\nA %%, B %%: the least time that the machine allows, as a share "
      "of the time measured.\n");
  if (!showsDifferences)
    return;
  for (const ComparedKernel &kernel : result.kernels) {
    printLines(kernel.any().name, "IR", kernel.irDifference);
    printLines(kernel.any().name, "assembly", kernel.assemblyDifference);
  }
}

void printJson(const ComparisonResult &result) {
  Json json{{"a", result.a},
            {"b", result.b},
            {"dims", result.dims},
            {"threads", result.threads},
            {"rounds", result.rounds},
            {"gflops_per_thread", result.rates.flops / 1e9},
            {"bf16_gflops_per_thread", result.rates.bf16Flops / 1e9},
            {"int8_gflops_per_thread", result.rates.int8Flops / 1e9},
            {"gbs", result.rates.memoryBytes / 1e9},
            {"a_ms", result.secondsA.median * 1e3},
            {"b_ms", result.secondsB.median * 1e3},
            {"ratio", toJson(result.ratio, 1)},
            {"kernels", Json::array()}};
  for (const ComparedKernel &kernel : result.kernels)
    json["kernels"].push_back(toJson(kernel));
  std::printf("%s\n", toText(json).c_str());
}

} // namespace hagane::tool
