// Searching for better schedules by measuring them.
//
// Every trial gives each kernel another schedule, so that one compilation and
// one session try as many schedules as the model has kernels. Sessions of the
// trial and of the start run in turn, and only ratios of their times are
// compared: they do not drift with the machine.
#include "Tune.h"

#include "Candidates.h"
#include "Progress.h"
#include "TextFile.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace hagane::tool {
namespace {

constexpr double kTrialSeconds = 0.25, kFinalSeconds = 2.0;
constexpr int kLeastRounds = 5, kMostRounds = 200;
/// Kernels with less of the time are left alone: noise would decide.
constexpr double kLeastShare = 0.005;
/// What a schedule must save, measured once more, to be written.
constexpr double kLeastGain = 0.02;

/// Kernels that one line of a schedule file fits.
struct Tunable {
  Tunable(std::string name, const KernelPlan &plan)
      : name(std::move(name)), line(plan.line), start(plan.choice.text),
        candidates(plan.choice.text, plan.others) {}

  std::string name, line, start;
  Candidates candidates;
  double seconds = 0; ///< of all launches at the start
  double share = 0;   ///< of the run
  std::string trial;  ///< being measured, and at the end what was chosen
  double gained = 1;  ///< time of what was chosen, relative to the start
};

class Tuner {
public:
  explicit Tuner(TuneOptions &options) : options(options) {}
  void run();

private:
  void start();
  void collect();
  std::vector<double> measure(const std::string &module, double seconds);
  std::string writeLines(bool isTrial);
  bool tryOnce();
  void confirm();
  void writeResult();
  void printResult();
  CompileOptions compileOptions(const std::string &schedules) const;

  TuneOptions &options;
  PlanRequest request;
  std::optional<TemporaryModule> first;
  ModulePtr module;
  std::optional<Session> session;
  std::optional<Measurement> base;
  std::vector<Tunable> tunables;
  Clock::time_point begin = Clock::now();
  ProgressFn progress = makeProgress();
  size_t trials = 0, failures = 0;
};

} // namespace

CompileOptions Tuner::compileOptions(const std::string &schedules) const {
  CompileOptions compile = options.compile;
  compile.scheduleFile = schedules;
  compile.plan = nullptr;
  compile.leavesOutWeights = true;
  // What a trial cannot compile is left out, without a word.
  compile.diagnostic = [](std::string_view) {};
  return compile;
}

/// Compiles and measures the model as it is.
void Tuner::start() {
  Rates rates = measureRates(threadCount(options.threads));
  request.dims = options.dims;
  request.flops = rates.flops;
  request.bf16Flops = rates.bf16Flops;
  request.memoryBytes = rates.memoryBytes;
  request.wantsOthers = true;
  CompileOptions compile = options.compile;
  compile.plan = &request;
  compile.leavesOutWeights = true;
  compile.progress = progress;
  first.emplace(compile);
  module = openModule(first->path());
  session.emplace(module.get(), options.threads);
  base.emplace(*session, session->makeInputs(options.inputs, options.dims));
  base->warmUp();
  for (int i = 0; i < kLeastRounds; ++i)
    base->profileOnce();
}

void Tuner::collect() {
  std::vector<KernelTime> kernels = base->takeKernels();
  checkPlans(kernels, request.kernels);
  double total = 0;
  for (size_t i = 0; i < kernels.size(); ++i) {
    const KernelPlan &plan = request.kernels[i];
    double seconds = median(kernels[i].seconds);
    total += seconds;
    if (plan.line.empty() || kernels[i].launches == 0)
      continue;
    auto same = std::find_if(
        tunables.begin(), tunables.end(),
        [&](const Tunable &tunable) { return tunable.line == plan.line; });
    if (same == tunables.end())
      same = tunables.insert(same, Tunable(kernels[i].name, plan));
    same->seconds += seconds;
  }
  for (Tunable &tunable : tunables)
    tunable.share = tunable.seconds / std::max(total, 1e-9);
}

/// Seconds of each tunable in `path` relative to the start, both run in turn.
std::vector<double> Tuner::measure(const std::string &path, double seconds) {
  ModulePtr other = openModule(path);
  Session otherSession(other.get(), options.threads);
  Measurement trial(otherSession, base->inputs());
  for (int i = 0; i < 2; ++i)
    trial.runOnce();
  auto begun = Clock::now();
  for (int round = 0; round < kLeastRounds ||
                      (round < kMostRounds && secondsSince(begun) < seconds);
       ++round) {
    base->profileOnce();
    trial.profileOnce();
  }
  std::vector<KernelTime> before = base->takeKernels(),
                          after = trial.takeKernels();
  if (before.size() != after.size())
    throw Error("other schedules gave other kernels");
  std::vector<double> ratios;
  for (const Tunable &tunable : tunables) {
    double old = 0, found = 0;
    for (size_t i = 0; i < before.size(); ++i)
      if (request.kernels[i].line == tunable.line) {
        old += median(before[i].seconds);
        found += median(after[i].seconds);
      }
    ratios.push_back(old > 0 ? found / old : 1);
  }
  return ratios;
}

std::string Tuner::writeLines(bool isTrial) {
  std::string text;
  for (const Tunable &tunable : tunables)
    text += tunable.line +
            (isTrial ? tunable.trial : tunable.candidates.best()) + "\n";
  return text;
}

namespace {

/// A schedule file that goes with this.
class TemporaryLines {
public:
  explicit TemporaryLines(const std::string &text)
      : file(temporaryPath(".mlir")) {
    std::ofstream(file) << text;
  }
  ~TemporaryLines() {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
  TemporaryLines(const TemporaryLines &) = delete;
  TemporaryLines &operator=(const TemporaryLines &) = delete;
  const std::string file;
};

} // namespace

/// False if nothing is left to try.
bool Tuner::tryOnce() {
  bool isNew = false;
  for (Tunable &tunable : tunables) {
    tunable.trial = tunable.start;
    if (tunable.share < kLeastShare)
      continue;
    if (std::optional<std::string> next = tunable.candidates.next()) {
      tunable.trial = *next;
      isNew = true;
    }
  }
  if (!isNew)
    return false;
  ++trials;
  TemporaryLines lines(writeLines(/*isTrial=*/true));
  try {
    TemporaryModule compiled(compileOptions(lines.file));
    std::vector<double> ratios = measure(compiled.path(), kTrialSeconds);
    for (size_t i = 0; i < tunables.size(); ++i)
      if (tunables[i].trial != tunables[i].start)
        tunables[i].candidates.tell(ratios[i]);
  } catch (const Reported &) {
    ++failures;
  }
  return true;
}

/// Measures the best of all at once, and longer: the luckiest of many trials
/// looks better than it is.
void Tuner::confirm() {
  if (progress)
    progress("confirming", -1);
  TemporaryLines lines(writeLines(/*isTrial=*/false));
  TemporaryModule compiled(compileOptions(lines.file));
  std::vector<double> ratios = measure(compiled.path(), kFinalSeconds);
  for (size_t i = 0; i < tunables.size(); ++i) {
    Tunable &tunable = tunables[i];
    bool isBetter = tunable.candidates.best() != tunable.start &&
                    ratios[i] < 1 - kLeastGain;
    tunable.trial = isBetter ? tunable.candidates.best() : tunable.start;
    tunable.gained = isBetter ? ratios[i] : 1;
  }
}

void Tuner::writeResult() {
  std::string text =
      "// hagane tune: " +
      std::filesystem::path(options.compile.input).filename().string() + ", " +
      std::to_string(session->threads()) + " threads";
  for (const auto &[name, value] : options.dims)
    text += ", " + name + "=" + std::to_string(value);
  text += "\n";
  writeText(options.output, text + writeLines(/*isTrial=*/true));
}

void Tuner::printResult() {
  std::printf(
      "%zu trials in %.1f s%s; wrote %s\n\n", trials, secondsSince(begin),
      failures ? (", " + std::to_string(failures) + " not compiled").c_str()
               : "",
      options.output.c_str());
  std::printf("%-14s %9s %8s  %s\n", "kernel", "ms", "x before", "schedule");
  for (const Tunable &tunable : tunables)
    std::printf("%-14s %9.4f %8.2f  %s\n", tunable.name.c_str(),
                tunable.seconds * tunable.gained * 1e3, tunable.gained,
                tunable.trial.c_str());
}

void Tuner::run() {
  start();
  collect();
  for (bool more = true; more && trials < options.trials &&
                         secondsSince(begin) < options.budget;) {
    if (progress)
      progress("trial " + std::to_string(trials + 1),
               std::min(secondsSince(begin) / options.budget, 1.0));
    more = tryOnce();
  }
  confirm();
  clearProgress();
  writeResult();
  printResult();
}

void tuneModel(TuneOptions options) { Tuner(options).run(); }

} // namespace hagane::tool
