// hagane compare: two ways to run a model, side by side.
#include "Compare.h"

#include "Progress.h"
#include "TextFile.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace hagane::tool {
namespace {

constexpr int kLeastRounds = 15, kMostRounds = 1000;

/// One of the two, ready to run.
class Side {
public:
  /// Both sides share `pool`, so that no thread of one waits busily while the
  /// other runs.
  Side(const std::string &given, const CompareOptions &options, hgn_pool *pool)
      : name(given.empty() ? "built-in" : given) {
    std::string path = given;
    if (!options.compile.input.empty()) {
      CompileOptions compile = options.compile;
      compile.scheduleFile = given;
      compiled.emplace(compile);
      path = compiled->path();
    }
    module = openModule(path);
    session.emplace(module.get(), pool);
  }

  const hgn_kernel_info &find(const std::string &kernel) const {
    const hgn_code_info &code = session->code();
    return *std::find_if(
        code.kernels, code.kernels + code.kernel_count,
        [&](const hgn_kernel_info &info) { return info.name == kernel; });
  }

  std::string name;
  std::optional<TemporaryModule> compiled;
  ModulePtr module;
  std::optional<Session> session;
  std::optional<Measurement> measurement;
};

/// A kernel's launches that share code and sizes, on both sides.
struct Pair {
  std::optional<KernelTime> a, b;

  bool isLike(const Pair &other) const {
    return isLike(a, other.a) && isLike(b, other.b);
  }
  void add(const Pair &other) {
    add(a, other.a);
    add(b, other.b);
  }

private:
  static bool isLike(const std::optional<KernelTime> &one,
                     const std::optional<KernelTime> &other) {
    if (!one || !other)
      return !one && !other;
    return one->name == other->name &&
           one->flops * double(other->launches) ==
               other->flops * double(one->launches) &&
           one->bytes * double(other->launches) ==
               other->bytes * double(one->launches);
  }
  static void add(std::optional<KernelTime> &to,
                  const std::optional<KernelTime> &more) {
    if (!to)
      return;
    to->launches += more->launches;
    to->flops += more->flops;
    to->bytes += more->bytes;
    to->nodes.insert(to->nodes.end(), more->nodes.begin(), more->nodes.end());
    for (size_t i = 0; i < to->seconds.size(); ++i)
      to->seconds[i] += more->seconds[i];
  }
};

class Comparison {
public:
  explicit Comparison(const CompareOptions &options)
      : options(options), pool(makePool(options.threads)),
        a(options.first, options, pool.get()),
        b(options.second, options, pool.get()) {}
  ComparisonResult run();

private:
  void prepare();
  void checkOutputs();
  void measure();
  std::vector<Pair> match();
  ComparedKernel compare(const Pair &pair) const;
  ComparedSide describe(const KernelTime &kernel) const;

  const CompareOptions &options;
  PoolPtr pool;
  Side a, b;
  ComparisonResult result;
  std::vector<double> wholeA, wholeB;
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
  result.rates = measureRates(a.session->threads());
}

/// Kernels of the same nodes belong together.
std::vector<Pair> Comparison::match() {
  std::vector<KernelTime> others = b.measurement->takeKernels();
  std::erase_if(others, [](auto &kernel) { return kernel.launches == 0; });
  std::vector<Pair> pairs;
  auto add = [&](Pair pair) {
    auto like = std::find_if(pairs.begin(), pairs.end(),
                             [&](Pair &other) { return other.isLike(pair); });
    if (like == pairs.end())
      pairs.push_back(std::move(pair));
    else
      like->add(pair);
  };
  for (KernelTime &first : a.measurement->takeKernels()) {
    if (first.launches == 0)
      continue;
    auto same = std::find_if(
        others.begin(), others.end(),
        [&](const KernelTime &other) { return other.nodes == first.nodes; });
    if (same == others.end()) {
      add({std::move(first), std::nullopt});
    } else {
      add({std::move(first), std::move(*same)});
      others.erase(same);
    }
  }
  for (KernelTime &other : others)
    add({std::nullopt, std::move(other)});
  return pairs;
}

ComparedSide Comparison::describe(const KernelTime &kernel) const {
  return {kernel.name,
          kernel.schedule,
          intervalOf(kernel.seconds),
          kernel.flops,
          kernel.bytes,
          limitOf(kernel, result.rates, result.threads),
          kernel.factors};
}

ComparedKernel Comparison::compare(const Pair &pair) const {
  ComparedKernel kernel;
  const KernelTime &any = pair.a ? *pair.a : *pair.b;
  kernel.nodes = any.nodes;
  kernel.launches = any.launches;
  if (pair.a)
    kernel.a = describe(*pair.a);
  if (pair.b)
    kernel.b = describe(*pair.b);
  if (!kernel.isPair())
    return kernel;
  kernel.ratio = makeRatio(pair.b->seconds, pair.a->seconds);
  if (!options.wantsDifferences())
    return kernel;
  const hgn_kernel_info &before = a.find(pair.a->name),
                        &after = b.find(pair.b->name);
  kernel.irDifference = differenceOf(irOf(before), irOf(after));
  kernel.assemblyDifference =
      differenceOf(assemblyOf(a.session->code(), before),
                   assemblyOf(b.session->code(), after));
  return kernel;
}

ComparisonResult Comparison::run() {
  prepare();
  checkOutputs();
  measure();
  result.a = a.name;
  result.b = b.name;
  result.dims = dimsOf(a.session->info(), a.measurement->inputs());
  result.threads = a.session->threads();
  result.rounds = wholeA.size();
  result.secondsA = intervalOf(wholeA);
  result.secondsB = intervalOf(wholeB);
  result.ratio = makeRatio(wholeB, wholeA);
  for (const Pair &pair : match())
    result.kernels.push_back(compare(pair));
  auto slowest = [](const ComparedKernel &kernel) {
    return std::max(kernel.a ? kernel.a->seconds.median : 0,
                    kernel.b ? kernel.b->seconds.median : 0);
  };
  std::sort(result.kernels.begin(), result.kernels.end(),
            [&](auto &x, auto &y) { return slowest(x) > slowest(y); });
  return std::move(result);
}

} // namespace

void compareModules(const CompareOptions &options) {
  if (options.compile.input.empty() && options.second.empty())
    throw Error("there is nothing to compare '" + options.first +
                "' with: name another module, or the model with --model if "
                "these are schedule files");
  ComparisonResult result = Comparison(options).run();
  if (!options.html.empty())
    writeText(options.html, makePage(result));
  if (options.json)
    printJson(result);
  else
    printText(result, options.showsDifferences);
}

} // namespace hagane::tool
