// Schedules being tried: compiled several at a time, and measured in turn.
#include "Trials.h"

#include "Progress.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

namespace hagane::tool {
namespace {

constexpr int kStartRuns = 5;
/// Trials between two visits to the start, by which machines drift little.
constexpr size_t kTrialsOfVisit = 8;

class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &ending)
      : path(temporaryPath(ending)) {}
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;
  const std::string path;
};

} // namespace

/// A module, its session while it runs, and what was measured of it.
struct TrialRunner::Runnable {
  void open(hgn_pool *pool, const std::vector<HostTensor> &inputs) {
    module = openModule(file.path);
    session.emplace(module.get(), pool);
    measurement.emplace(*session, inputs);
  }
  void close() {
    measurement.reset();
    session.reset();
    module.reset();
  }

  TemporaryFile file{".hgn"}, lines{".mlir"};
  Trial *trial = nullptr;
  bool isCompiled = false;
  ModulePtr module;
  std::optional<Session> session;
  std::optional<Measurement> measurement;
  std::vector<double> seconds; ///< of each group, in this round
};

TrialRunner::TrialRunner(const CompileOptions &compile, const DimValues &dims,
                         const std::string &inputPath, int threads,
                         TurnOptions turn)
    : options(compile), turn(std::move(turn)), pool(makePool(threads)),
      start(std::make_unique<Runnable>()) {
  {
    Turn own(this->turn);
    Rates rates = measureRates(this->threads());
    request.flops = rates.flops;
    request.bf16Flops = rates.bf16Flops;
    request.int8Flops = rates.int8Flops;
    request.memoryBytes = rates.memoryBytes;
  }
  request.dims = dims;
  request.wantsOthers = true;
  options.leavesOutWeights = true;
  CompileOptions first = options;
  first.plan = &request;
  first.output = start->file.path;
  first.progress = makeProgress();
  if (!compileModel(first))
    throw Reported();
  // What a trial cannot compile is left out, without a word.
  options.diagnostic = [](std::string_view) {};
  start->module = openModule(start->file.path);
  start->session.emplace(start->module.get(), pool.get());
  inputs = start->session->makeInputs(inputPath, dims);
  start->measurement.emplace(*start->session, inputs);
  Turn own(this->turn);
  start->measurement->warmUp();
  for (int i = 0; i < kStartRuns; ++i)
    start->measurement->profileOnce();
  startKernels = start->measurement->takeKernels();
  checkPlans(startKernels, request.kernels);
}

TrialRunner::~TrialRunner() = default;

void TrialRunner::setGroups(std::vector<int> groupOfKernel) {
  groups = std::move(groupOfKernel);
  groupCount = 0;
  for (int group : groups)
    groupCount = std::max(groupCount, size_t(group + 1));
}

/// By their place, or, where a schedule gives other kernels, by their nodes.
std::vector<int>
TrialRunner::groupsOf(const std::vector<KernelTime> &kernels) const {
  if (kernels.size() == startKernels.size())
    return groups;
  std::vector<int> found;
  for (const KernelTime &kernel : kernels) {
    auto same = std::find_if(
        startKernels.begin(), startKernels.end(),
        [&](const KernelTime &other) { return other.nodes == kernel.nodes; });
    found.push_back(same == startKernels.end()
                        ? -1
                        : groups[size_t(same - startKernels.begin())]);
  }
  return found;
}

/// Each thread compiles its share of them, so that all are busy.
void TrialRunner::compile(Runnables &runnables) {
  auto begin = Clock::now();
  size_t count = std::min<size_t>(
      std::max(1U, std::thread::hardware_concurrency()), runnables.size());
  std::vector<std::vector<CompileVariant>> shares(count);
  for (size_t i = 0; i < runnables.size(); ++i) {
    std::ofstream(runnables[i]->lines.path) << runnables[i]->trial->lines;
    shares[i % count].push_back(
        {runnables[i]->lines.path, runnables[i]->file.path});
  }
  CompileOptions shared = options;
  shared.threads = count > 1 ? 1 : 0;
  std::vector<std::thread> workers;
  for (std::vector<CompileVariant> &share : shares)
    workers.emplace_back([&] { compileVariants(shared, share); });
  for (std::thread &worker : workers)
    worker.join();
  for (size_t i = 0; i < runnables.size(); ++i)
    runnables[i]->isCompiled = shares[i % count][i / count].isCompiled;
  spent.compiling += secondsSince(begin);
}

/// Seconds of each group: medians of some runs.
std::vector<double> TrialRunner::profile(Runnable &runnable, double seconds,
                                         int least, int most) {
  auto begin = Clock::now();
  for (int run = 0;
       run < least || (run < most && secondsSince(begin) < seconds); ++run)
    runnable.measurement->profileOnce();
  std::vector<KernelTime> kernels = runnable.measurement->takeKernels();
  std::vector<int> groups = groupsOf(kernels);
  std::vector<double> found(groupCount);
  for (size_t i = 0; i < kernels.size(); ++i)
    if (groups[i] >= 0)
      found[size_t(groups[i])] += median(kernels[i].seconds);
  return found;
}

static bool isNear(const std::vector<double> &seconds,
                   const std::vector<double> &limits) {
  for (size_t i = 0; i < seconds.size(); ++i)
    if (seconds[i] <= limits[i])
      return true;
  return seconds.empty();
}

/// `limits`: seconds within which a group is worth more runs.
void TrialRunner::tryRunnable(Runnable &runnable, const Effort &effort,
                              const std::vector<double> &limits) {
  // The first run reads code and weights from memory, and tells nothing.
  profile(runnable, 0, 1, 1);
  if (effort.abandon > 0) {
    runnable.seconds = profile(runnable, 0, 1, 1);
    runnable.trial->isAbandoned = !isNear(runnable.seconds, limits);
    if (runnable.trial->isAbandoned)
      return;
  }
  runnable.seconds =
      profile(runnable, effort.seconds, effort.leastRuns, effort.mostRuns);
}

void TrialRunner::measure(Runnables &runnables, const Effort &effort,
                          const std::vector<double> &best) {
  auto begin = Clock::now();
  auto visitStart = [&] {
    profile(*start, 0, 1, 1);
    return profile(*start, effort.seconds, effort.leastRuns, effort.mostRuns);
  };
  for (int round = 0; round < effort.rounds; ++round) {
    std::vector<double> before = visitStart(), reached = best;
    for (size_t first = 0; first < runnables.size(); first += kTrialsOfVisit) {
      size_t end = std::min(first + kTrialsOfVisit, runnables.size());
      std::vector<double> limits = before;
      for (size_t group = 0; group < groupCount; ++group)
        limits[group] *= reached[group] * effort.abandon;
      for (size_t i = first; i < end; ++i) {
        runnables[i]->open(pool.get(), inputs);
        tryRunnable(*runnables[i], effort, limits);
        runnables[i]->close();
      }
      std::vector<double> after = visitStart();
      for (size_t i = first; i < end; ++i)
        for (size_t group = 0; group < groupCount; ++group) {
          double base = (before[group] + after[group]) / 2;
          double ratio = base > 0 ? runnables[i]->seconds[group] / base : 1;
          runnables[i]->trial->ratios[group].push_back(ratio);
          reached[group] = std::min(reached[group], ratio);
        }
      before = after;
    }
  }
  spent.measuring += secondsSince(begin);
}

void TrialRunner::run(std::vector<Trial> &trials, const Effort &effort,
                      const std::vector<double> &best) {
  Runnables runnables;
  for (Trial &trial : trials)
    runnables.emplace_back(std::make_unique<Runnable>())->trial = &trial;
  compile(runnables);
  std::erase_if(runnables, [](const auto &one) { return !one->isCompiled; });
  for (const std::unique_ptr<Runnable> &runnable : runnables)
    runnable->trial->ratios.assign(groupCount, {});
  // Compiling disturbs no measurement that waits for the lock.
  Turn own(turn);
  measure(runnables, effort, best);
}

} // namespace hagane::tool
