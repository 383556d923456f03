// What quantization did to a model: ranking, kernel times, JSON.
#include "Quantize.h"

#include "JsonText.h"
#include "Measure.h"
#include "TextFile.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

namespace hagane::tool {
namespace {

constexpr double kMostDecibels = 200;
constexpr int kProfiledRuns = 5;

std::set<std::string> splitNames(const std::string &names) {
  std::set<std::string> result;
  std::istringstream stream(names);
  for (std::string name; std::getline(stream >> std::ws, name, ',');)
    result.insert(name);
  return result;
}

Json outputJson(const OutputError &output) {
  Json json{{"name", output.name},
            {"rows", output.rows},
            {"cosine", output.cosine},
            {"least_cosine", output.leastCosine},
            {"relative_error", output.relative},
            {"sqnr_db", decibels(output.relative)},
            {"max_error", output.largest}};
  if (output.isLogits) {
    json["kl_divergence"] = output.divergence;
    json["top1_agreement"] = output.agreement;
  }
  if (output.predictions) {
    json["predictions"] = output.predictions;
    json["perplexity_before"] = output.perplexityBefore;
    json["perplexity"] = output.perplexity;
  }
  return json;
}

Json productJson(const ProductReport &product) {
  Json json{{"nodes", product.nodes},
            {"scheme", product.scheme},
            {"channels", product.channels},
            {"columns", product.columns},
            {"bytes_before", product.bytesBefore},
            {"bytes", product.bytes}};
  if (product.relative >= 0)
    json["sqnr_db"] = decibels(product.relative);
  if (product.effect >= 0)
    json["effect"] = product.effect;
  if (product.seconds >= 0)
    json["seconds"] = product.seconds;
  return json;
}

Json reportJson(const QuantizeReport &report) {
  WeightBytes bytes = countBytes(report);
  Json json{{"scheme", report.scheme},        {"data", report.data},
            {"samples", report.samples},      {"bytes_before", bytes.before},
            {"bytes", bytes.after},           {"judged", report.judged},
            {"outputs", Json::array()},       {"products", Json::array()},
            {"ranking", rankProducts(report)}};
  for (const OutputError &output : report.outputs)
    json["outputs"].push_back(outputJson(output));
  for (const ProductReport &product : report.products)
    json["products"].push_back(productJson(product));
  return json;
}

} // namespace

double decibels(double relative) {
  if (std::isnan(relative))
    return relative;
  return relative > 0 ? std::min(-20 * std::log10(relative), kMostDecibels)
                      : kMostDecibels;
}

WeightBytes countBytes(const QuantizeReport &report) {
  WeightBytes bytes;
  for (const ProductReport &product : report.products) {
    bytes.before += product.bytesBefore;
    bytes.after += product.bytes;
  }
  return bytes;
}

std::vector<size_t> rankProducts(const QuantizeReport &report) {
  std::vector<size_t> ranking;
  for (size_t i = 0; i < report.products.size(); ++i)
    if (report.products[i].effect >= 0)
      ranking.push_back(i);
  std::stable_sort(ranking.begin(), ranking.end(), [&](size_t a, size_t b) {
    return report.products[a].effect > report.products[b].effect;
  });
  return ranking;
}

static std::vector<KernelTime> profile(const std::string &path,
                                       const QuantizeReport &report) {
  ModulePtr module = openModule(path);
  Session session(module.get(), 0);
  DimValues dims(report.sizes.begin(), report.sizes.end());
  Measurement measurement(session, session.makeInputs(report.sample, dims));
  measurement.warmUp();
  for (int i = 0; i < kProfiledRuns; ++i)
    measurement.profileOnce();
  return measurement.takeKernels();
}

void addKernelTimes(const std::string &path, QuantizeReport &report) {
  std::vector<KernelTime> kernels;
  try {
    kernels = profile(path, report);
  } catch (const Error &) {
    // Random numbers may be no words that the model knows.
    if (!report.sample.empty())
      throw;
  }
  for (ProductReport &product : report.products) {
    std::set<std::string> names = splitNames(product.nodes);
    auto belongs = [&](const KernelTime &kernel) {
      return std::any_of(
          kernel.nodes.begin(), kernel.nodes.end(),
          [&](const std::string &node) { return names.count(node) > 0; });
    };
    for (const KernelTime &kernel : kernels)
      if (belongs(kernel))
        product.seconds =
            std::max(product.seconds, 0.0) + median(kernel.seconds);
  }
}

void writeReport(const QuantizeReport &report, const std::string &path) {
  writeText(path, path.ends_with(".json") ? toText(reportJson(report)) + "\n"
                                          : makePage(report));
}

} // namespace hagane::tool
