// A comparison as a page.
#include "Compare.h"
#include "Page.h"
#include "Roofline.h"
#include "ScheduleText.h"

namespace hagane::tool {
namespace {

/// Of a difference; a reader has no use for more.
constexpr size_t kMostLines = 1500;

std::string ms(double seconds) { return formatted("%.4f", seconds * 1e3); }

PageData timeOf(const Interval &seconds) {
  return {{"median", ms(seconds.median)},
          {"low", ms(seconds.low)},
          {"high", ms(seconds.high)}};
}

PageData ratioOf(const Ratio &ratio) {
  return {{"median", formatted("%.3f", ratio.median)},
          {"low", formatted("%.3f", ratio.low)},
          {"high", formatted("%.3f", ratio.high)},
          {"verdict", verdictOf(ratio)}};
}

PageData sideOf(const std::optional<ComparedSide> &side) {
  if (!side)
    return false;
  return {{"name", side->name},
          {"schedule", side->schedule},
          {"time", timeOf(side->seconds)},
          {"share", formatted("%.0f", 100 * side->share())}};
}

PageData linesOf(const char *title, const Lines &difference) {
  if (difference.empty())
    return false;
  PageData lines = PageData::array();
  size_t added = 0, removed = 0;
  for (const std::string &line : difference) {
    char mark = line.empty() ? ' ' : line[0];
    added += mark == '+';
    removed += mark == '-';
    if (lines.size() < kMostLines)
      lines.push_back({{"text", line},
                       {"kind", mark == '+'   ? "more"
                                : mark == '-' ? "less"
                                : mark == '@' ? "place"
                                              : "same"}});
  }
  size_t rest = difference.size() - lines.size();
  return {{"title", title},
          {"added", added},
          {"removed", removed},
          {"rest", rest ? PageData(rest) : PageData(false)},
          {"lines", std::move(lines)}};
}

PageData rowOf(const ComparedKernel &kernel) {
  PageData row{
      {"name", kernel.any().name},
      {"launches", kernel.launches},
      {"bound", kernel.any().limit.bound()},
      {"a", sideOf(kernel.a)},
      {"b", sideOf(kernel.b)},
      {"nodes", kernel.nodes},
      {"nodeCount", kernel.nodes.size()},
      {"ratio", kernel.isPair() ? ratioOf(kernel.ratio) : PageData(false)},
      {"differences", PageData::array()}};
  for (PageData lines : {linesOf("IR", kernel.irDifference),
                         linesOf("assembly", kernel.assemblyDifference)})
    if (lines.is_object())
      row["differences"].push_back(std::move(lines));
  std::string changed =
      kernel.isPair() ? differenceOf(kernel.a->schedule, kernel.b->schedule)
                      : "";
  std::string tile = tileOf(kernel.any().schedule);
  row["changed"] = changed.empty() ? PageData(false) : PageData(changed);
  row["tile"] = tile.empty() ? PageData(false) : PageData(tile);
  row["isSame"] = kernel.isPair() && row["differences"].empty();
  return row;
}

} // namespace

std::string makePage(const ComparisonResult &result) {
  PageData data{
      {"a", result.a},
      {"b", result.b},
      {"dims", sizesOf(result.dims)},
      {"threads", result.threads},
      {"rounds", result.rounds},
      {"peak", formatted("%.0f", result.rates.flops * result.threads / 1e9)},
      {"bandwidth", formatted("%.1f", result.rates.memoryBytes / 1e9)},
      {"timeA", timeOf(result.secondsA)},
      {"timeB", timeOf(result.secondsB)},
      {"ratio", ratioOf(result.ratio)},
      {"wide", makeRoofline(result, 960, 460)},
      {"narrow", makeRoofline(result, 390, 420)},
      {"kernels", PageData::array()}};
  for (const ComparedKernel &kernel : result.kernels)
    data["kernels"].push_back(rowOf(kernel));
  return renderComparison(data);
}

} // namespace hagane::tool
