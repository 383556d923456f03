// hagane compare: two ways to run a model, side by side.
#include "Compare.h"

#include "Progress.h"
#include "Ratio.h"
#include "ScheduleText.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

namespace hagane::tool {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kLeastRounds = 15, kMostRounds = 1000;

/// One of the two, ready to run.
class Side {
public:
  Side(const std::string &given, const CompareOptions &options)
      : name(given.empty() ? "built-in" : given) {
    std::string path = given;
    if (!options.compile.input.empty()) {
      CompileOptions compile = options.compile;
      compile.scheduleFile = given;
      compiled.emplace(compile);
      path = compiled->path();
    }
    module = openModule(path);
    session.emplace(module.get(), options.threads);
  }

  std::string name;
  std::optional<TemporaryModule> compiled;
  ModulePtr module;
  std::optional<Session> session;
  std::optional<Measurement> measurement;
};

/// A kernel of both, or of one of them.
struct Pair {
  const KernelTime *first = nullptr, *second = nullptr;
  Ratio ratio; ///< of the second's time to the first's
};

class Comparison {
public:
  explicit Comparison(const CompareOptions &options)
      : options(options), a(options.first, options),
        b(options.second, options) {}
  void run();

private:
  void prepare();
  void checkOutputs();
  void measure();
  void match();
  void print();
  Json toJson();

  const CompareOptions &options;
  Side a, b;
  Rates rates;
  std::vector<double> wholeA, wholeB;
  std::vector<KernelTime> kernelsA, kernelsB;
  std::vector<Pair> pairs;
};

/// The elements of f32 and f64; nothing of other types.
std::optional<std::vector<double>> realsOf(const HostTensor &tensor) {
  auto convert = [&](auto element) {
    std::vector<double> reals(tensor.data.size() / sizeof element);
    for (size_t i = 0; i < reals.size(); ++i) {
      std::memcpy(&element, tensor.data.data() + i * sizeof element,
                  sizeof element);
      reals[i] = double(element);
    }
    return reals;
  };
  if (tensor.dtype == HGN_F32)
    return convert(float());
  if (tensor.dtype == HGN_F64)
    return convert(double());
  return std::nullopt;
}

/// The largest difference relative to the largest element; infinite where
/// nothing can be compared.
double distanceOf(const HostTensor &first, const HostTensor &second) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (first.dtype != second.dtype || first.dims != second.dims)
    return kInfinite;
  auto x = realsOf(first), y = realsOf(second);
  if (!x || !y)
    return first.data == second.data ? 0 : kInfinite;
  double largest = 0, difference = 0;
  for (size_t i = 0; i < x->size(); ++i) {
    double one = (*x)[i], other = (*y)[i];
    if (one == other || (std::isnan(one) && std::isnan(other)))
      continue;
    if (!std::isfinite(one - other))
      return kInfinite;
    difference = std::max(difference, std::abs(one - other));
    largest = std::max({largest, std::abs(one), std::abs(other)});
  }
  return difference > 0 ? difference / largest : 0;
}

std::string join(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : " ") + name;
  return text;
}

void Comparison::prepare() {
  std::vector<HostTensor> inputs =
      a.session->makeInputs(options.inputs, options.dims);
  for (Side *side : {&a, &b}) {
    side->measurement.emplace(*side->session, inputs);
    side->measurement->warmUp();
  }
}

void Comparison::checkOutputs() {
  auto x = a.measurement->copyOutputs(), y = b.measurement->copyOutputs();
  if (x.size() != y.size())
    throw Error("'" + a.name + "' has " + std::to_string(x.size()) +
                " outputs, '" + b.name + "' " + std::to_string(y.size()));
  for (size_t i = 0; i < x.size(); ++i)
    if (double difference = distanceOf(x[i], y[i]);
        !(difference <= options.tolerance)) {
      char text[64];
      std::snprintf(text, sizeof text, "%.2g of the largest element",
                    difference);
      throw Error("output '" + std::string(a.session->info().outputs[i].name) +
                  "' differs: by " +
                  (std::isinf(difference) ? "type, shape or value" : text) +
                  "; --tolerance allows " + std::to_string(options.tolerance));
    }
}

void Comparison::measure() {
  auto begin = Clock::now();
  ProgressFn progress = makeProgress();
  for (int round = 0;
       round < kLeastRounds ||
       (round < kMostRounds && secondsSince(begin) < options.minSeconds);
       ++round) {
    // Whoever runs second finds the caches of the first: they take turns.
    bool isSwapped = round % 2;
    Side &one = isSwapped ? b : a, &other = isSwapped ? a : b;
    (isSwapped ? wholeB : wholeA).push_back(one.measurement->runOnce());
    (isSwapped ? wholeA : wholeB).push_back(other.measurement->runOnce());
    one.measurement->profileOnce();
    other.measurement->profileOnce();
    if (progress)
      progress("measuring",
               std::min(secondsSince(begin) / options.minSeconds, 1.0));
  }
  clearProgress();
  rates = measureRates(a.session->threads());
}

/// Kernels of the same nodes belong together.
void Comparison::match() {
  kernelsA = a.measurement->takeKernels();
  kernelsB = b.measurement->takeKernels();
  std::vector<bool> isTaken(kernelsB.size());
  for (const KernelTime &first : kernelsA) {
    if (first.launches == 0)
      continue;
    Pair pair{&first, nullptr, {}};
    for (size_t i = 0; i < kernelsB.size() && !pair.second; ++i)
      if (!isTaken[i] && kernelsB[i].launches > 0 &&
          kernelsB[i].nodes == first.nodes) {
        isTaken[i] = true;
        pair.second = &kernelsB[i];
        pair.ratio = makeRatio(kernelsB[i].seconds, first.seconds);
      }
    pairs.push_back(pair);
  }
  for (size_t i = 0; i < kernelsB.size(); ++i)
    if (!isTaken[i] && kernelsB[i].launches > 0)
      pairs.push_back({nullptr, &kernelsB[i], {}});
  auto slowest = [](const Pair &pair) {
    return std::max(pair.first ? median(pair.first->seconds) : 0,
                    pair.second ? median(pair.second->seconds) : 0);
  };
  std::stable_sort(
      pairs.begin(), pairs.end(),
      [&](const Pair &x, const Pair &y) { return slowest(x) > slowest(y); });
}

const char *verdictOf(const Ratio &ratio) {
  return ratio.isFaster() ? "faster" : ratio.isSlower() ? "slower" : "same";
}

void printRatio(double before, double after, const Ratio &ratio) {
  std::printf("%10.4f %10.4f %6.3f [%5.3f, %5.3f] %-6s", before * 1e3,
              after * 1e3, ratio.median, ratio.low, ratio.high,
              verdictOf(ratio));
}

void Comparison::print() {
  std::printf("A: %s\nB: %s\n%d threads, %zu rounds in turn; outputs agree; "
              "limits now: %.0f GFLOP/s a thread, %.1f GB/s\n\n",
              a.name.c_str(), b.name.c_str(), a.session->threads(),
              wholeA.size(), rates.flops / 1e9, rates.memoryBytes / 1e9);
  std::printf("%-14s %10s %10s %6s %-14s %-6s %-8s %s\n", "kernel", "A ms",
              "B ms", "B/A", "95 %", "B is", "bound", "what differs");
  std::printf("%-14s ", "(the run)");
  printRatio(median(wholeA), median(wholeB), makeRatio(wholeB, wholeA));
  std::printf("\n");
  for (const Pair &pair : pairs) {
    if (!pair.first || !pair.second) {
      const KernelTime &only = pair.first ? *pair.first : *pair.second;
      std::printf("%-14s only in %s: %.4f ms; %s\n", only.name.c_str(),
                  pair.first ? "A" : "B", median(only.seconds) * 1e3,
                  join(only.nodes).c_str());
      continue;
    }
    std::printf("%-14s ", pair.first->name.c_str());
    printRatio(median(pair.first->seconds), median(pair.second->seconds),
               pair.ratio);
    std::printf(
        " %-8s %s\n", limitOf(*pair.first, rates, a.session->threads()).bound(),
        differenceOf(pair.first->schedule, pair.second->schedule).c_str());
  }
}

Json Comparison::toJson() {
  auto ratioOf = [](const Ratio &ratio) {
    return Json{
        {"median", ratio.median}, {"low", ratio.low}, {"high", ratio.high}};
  };
  auto sideOf = [&](const KernelTime &kernel) {
    return Json{{"name", kernel.name},
                {"schedule", kernel.schedule},
                {"median_ms", median(kernel.seconds) * 1e3},
                {"flops", kernel.flops},
                {"bytes", kernel.bytes}};
  };
  Json json{{"a", a.name},
            {"b", b.name},
            {"threads", a.session->threads()},
            {"rounds", wholeA.size()},
            {"gflops_per_thread", rates.flops / 1e9},
            {"gbs", rates.memoryBytes / 1e9},
            {"a_ms", median(wholeA) * 1e3},
            {"b_ms", median(wholeB) * 1e3},
            {"ratio", ratioOf(makeRatio(wholeB, wholeA))},
            {"kernels", Json::array()}};
  for (const Pair &pair : pairs) {
    Json row;
    row["nodes"] = (pair.first ? pair.first : pair.second)->nodes;
    if (pair.first)
      row["a"] = sideOf(*pair.first);
    if (pair.second)
      row["b"] = sideOf(*pair.second);
    if (pair.first && pair.second) {
      row["ratio"] = ratioOf(pair.ratio);
      row["bound"] = limitOf(*pair.first, rates, a.session->threads()).bound();
    }
    json["kernels"].push_back(std::move(row));
  }
  return json;
}

void Comparison::run() {
  prepare();
  checkOutputs();
  measure();
  match();
  if (options.json)
    std::printf("%s\n", toJson().dump(2).c_str());
  else
    print();
}

} // namespace

void compareModules(const CompareOptions &options) {
  if (options.compile.input.empty() && options.second.empty())
    throw Error("there is nothing to compare '" + options.first +
                "' with: name another module, or the model with --model if "
                "these are schedule files");
  Comparison(options).run();
}

} // namespace hagane::tool
