// What quantization did to a model, as a page.
#include "Page.h"
#include "Quantize.h"

#include <algorithm>
#include <cmath>

namespace hagane::tool {
namespace {

/// Bars of the ranking; a reader has no use for more.
constexpr size_t kMostBars = 40;
constexpr double kWidth = 1100, kLine = 18, kLeft = 330, kRight = 90, kTop = 8;
constexpr double kPlotHeight = 320, kPlotLeft = 58, kPlotBottom = 40;
constexpr size_t kMostLetters = 48;

/// The end of a long name, which tells the most.
std::string shortened(const std::string &name) {
  return name.size() <= kMostLetters
             ? name
             : "…" + name.substr(name.size() - kMostLetters);
}

std::string count(int64_t value) { return std::to_string(value); }

PageData optional(const char *pattern, double value, bool isKnown) {
  return isKnown ? PageData(formatted(pattern, value)) : PageData(false);
}

PageData outputRow(const OutputError &output) {
  return {
      {"name", output.name},
      {"rows", count(output.rows)},
      {"cosine", formatted("%.6f", output.cosine)},
      {"least", formatted("%.6f", output.leastCosine)},
      {"sqnr", formatted("%.1f", decibels(output.relative))},
      {"largest", formatted("%.3g", output.largest)},
      {"divergence", optional("%.3g", output.divergence, output.isLogits)},
      {"agreement", optional("%.2f", 100 * output.agreement, output.isLogits)},
      {"before",
       optional("%.4g", output.perplexityBefore, output.predictions > 0)},
      {"perplexity",
       optional("%.4g", output.perplexity, output.predictions > 0)}};
}

PageData productRow(const ProductReport &product, size_t number) {
  return {
      {"number", number},
      {"nodes", product.nodes},
      {"scheme", product.scheme.empty() ? "as it was" : product.scheme},
      {"sizes", count(product.channels) + " × " + count(product.columns)},
      {"before", count(product.bytesBefore)},
      {"bytes", count(product.bytes)},
      {"sqnr",
       optional("%.1f", decibels(product.relative), product.relative >= 0)},
      {"effect", optional("%.3g", product.effect, product.effect >= 0)},
      {"time", optional("%.4f", product.seconds * 1e3, product.seconds >= 0)}};
}

/// Effects as bars, the greatest on top.
PageData drawRanking(const QuantizeReport &report) {
  std::vector<size_t> ranking = rankProducts(report);
  ranking.resize(std::min(ranking.size(), kMostBars));
  if (ranking.empty())
    return false;
  double most = std::max(report.products[ranking[0]].effect, 1e-30);
  PageData bars = PageData::array();
  for (size_t i = 0; i < ranking.size(); ++i) {
    const ProductReport &product = report.products[ranking[i]];
    double width = (kWidth - kLeft - kRight) * product.effect / most;
    double top = kTop + double(i) * kLine;
    bars.push_back({{"y", pixel(top)},
                    {"textY", pixel(top + kLine / 2)},
                    {"width", pixel(std::max(width, 1.0))},
                    {"endX", pixel(kLeft + width + 6)},
                    {"name", shortened(product.nodes)},
                    {"title", product.nodes + "\n" + product.scheme},
                    {"value", formatted("%.2e", product.effect)}});
  }
  return {{"width", pixel(kWidth)},
          {"height", pixel(2 * kTop + double(ranking.size()) * kLine)},
          {"left", pixel(kLeft)},
          {"nameX", pixel(kLeft - 8)},
          {"thick", pixel(kLine - 4)},
          {"bars", std::move(bars)}};
}

/// Signal to noise of each product, in the order of the program.
PageData drawProducts(const QuantizeReport &report) {
  double low = 0, high = 10;
  for (const ProductReport &product : report.products)
    if (product.relative >= 0 && !std::isnan(product.relative)) {
      low = std::min(low, decibels(product.relative));
      high = std::max(high, decibels(product.relative));
    }
  auto products = double(report.products.size());
  auto x = [&](double number) {
    return kPlotLeft + (kWidth - kPlotLeft - kTop) * (number + 0.5) / products;
  };
  auto y = [&](double value) {
    return kPlotHeight - kPlotBottom -
           (kPlotHeight - kPlotBottom - kTop) * (value - low) / (high - low);
  };
  PageData points = PageData::array(), ticks = PageData::array();
  for (size_t i = 0; i < report.products.size(); ++i) {
    const ProductReport &product = report.products[i];
    if (product.relative >= 0 && !std::isnan(product.relative))
      points.push_back(
          {{"x", pixel(x(double(i)))},
           {"y", pixel(y(decibels(product.relative)))},
           {"title", product.nodes + "\n" + product.scheme + "\n" +
                         formatted("%.1f dB", decibels(product.relative))}});
  }
  int step = high - low > 60 ? 20 : 10;
  for (int tick = int(std::ceil(low / step)) * step; tick <= int(high);
       tick += step)
    ticks.push_back({{"at", pixel(y(tick))}, {"text", count(tick)}});
  if (points.empty())
    return false;
  return {{"width", pixel(kWidth)},
          {"height", pixel(kPlotHeight)},
          {"left", pixel(kPlotLeft)},
          {"right", pixel(kWidth - kTop)},
          {"textX", pixel(kPlotLeft - 8)},
          {"middleX", pixel((kPlotLeft + kWidth) / 2)},
          {"titleY", pixel(kPlotHeight - 12)},
          {"middleY", pixel(kPlotHeight / 2)},
          {"points", std::move(points)},
          {"ticks", std::move(ticks)}};
}

} // namespace

std::string makePage(const QuantizeReport &report) {
  WeightBytes bytes = countBytes(report);
  PageData data{
      {"scheme", report.scheme},
      {"data", report.data},
      {"judged", report.judged},
      {"before", count(bytes.before)},
      {"bytes", count(bytes.after)},
      {"part", formatted("%.1f", bytes.before ? 100.0 * double(bytes.after) /
                                                    double(bytes.before)
                                              : 100)},
      {"ranking", drawRanking(report)},
      {"plot", drawProducts(report)},
      {"outputs", PageData::array()},
      {"products", PageData::array()}};
  for (const OutputError &output : report.outputs)
    data["outputs"].push_back(outputRow(output));
  for (size_t i = 0; i < report.products.size(); ++i)
    data["products"].push_back(productRow(report.products[i], i));
  return renderQuantization(data);
}

} // namespace hagane::tool
