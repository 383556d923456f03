// Searching for better schedules by measuring them.
//
// Every trial gives each kernel another schedule, so that one compilation and
// one session try as many schedules as the model has kernels. Only ratios to
// times of the start in the same minute are compared: they do not drift with
// the machine.
#include "Tune.h"

#include "Candidates.h"
#include "JsonText.h"
#include "Progress.h"
#include "Ratio.h"
#include "TextFile.h"
#include "Trials.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace hagane::tool {
namespace {

constexpr double kDefaultBudget = 60;
/// Trials of which the next ones know nothing: enough to compile in parallel,
/// few if the next ones shall be chosen well.
constexpr size_t kBatch = 4, kExhaustiveBatch = 64;
constexpr TrialRunner::Effort kEffort{.seconds = 0.03, .abandon = 1.5};
constexpr TrialRunner::Effort kExhaustiveEffort{.seconds = 0.006,
                                                .abandon = 1.3};
/// The luckiest of many trials looks better than it is: the best are measured
/// again, and the best of those once more.
constexpr size_t kFinalists = 8, kExhaustiveFinalists = 24;
constexpr TrialRunner::Effort kFinal{.seconds = 0.02, .rounds = 9};
constexpr TrialRunner::Effort kConfirmation{.seconds = 0.03, .rounds = 21};
/// Kernels with less of the time are left alone: noise would decide.
constexpr double kLeastShare = 0.005;

/// Kernels that one line of a schedule file fits.
struct Tunable {
  Tunable(std::string name, const KernelPlan &plan)
      : name(std::move(name)), line(plan.line), start(plan.choice.text),
        schedule(start), candidates(plan.choice, plan.others) {}

  std::string name, line, start;
  std::string schedule; ///< being measured, and at the end what was chosen
  Candidates candidates;
  double seconds = 0; ///< of all launches at the start
  double share = 0;   ///< of the run
  Ratio gained{{1, 1, 1}};
};

class Tuner {
public:
  explicit Tuner(TuneOptions &options)
      : options(options), runner(options.compile, options.dims, options.inputs,
                                 options.threads, options.turn) {}
  void run();

private:
  void collect();
  std::string linesOf() const;
  std::vector<Trial> nextTrials(size_t count);
  void tell(const std::vector<Trial> &trials);
  std::vector<double> bestRatios() const;
  void search();
  void choose();
  void confirm();
  void writeResult();
  void printResult();
  void printJson();

  TuneOptions &options;
  TrialRunner runner;
  std::vector<Tunable> tunables;
  /// What each trial of `nextTrials` gives each tunable.
  std::vector<std::vector<std::string>> chosen;
  Clock::time_point begin = Clock::now();
  ProgressFn progress = makeProgress();
  size_t trials = 0, failures = 0, abandoned = 0;
};

} // namespace

void Tuner::collect() {
  const std::vector<KernelTime> &kernels = runner.kernels();
  std::vector<int> groups(kernels.size(), -1);
  double total = 0;
  for (size_t i = 0; i < kernels.size(); ++i) {
    const KernelPlan &plan = runner.plans()[i];
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
    groups[i] = int(same - tunables.begin());
  }
  for (Tunable &tunable : tunables)
    tunable.share = tunable.seconds / std::max(total, 1e-9);
  runner.setGroups(std::move(groups));
}

std::string Tuner::linesOf() const {
  std::string text;
  for (const Tunable &tunable : tunables)
    text += tunable.line + tunable.schedule + "\n";
  return text;
}

/// Fewer if nothing is left to try.
std::vector<Trial> Tuner::nextTrials(size_t count) {
  std::vector<Trial> found;
  chosen.clear();
  while (found.size() < count) {
    bool isNew = false;
    std::vector<std::string> schedules;
    for (Tunable &tunable : tunables) {
      tunable.schedule = tunable.start;
      if (tunable.share >= kLeastShare)
        if (auto next = tunable.candidates.next(!options.isExhaustive)) {
          tunable.schedule = *next;
          isNew = true;
        }
      schedules.push_back(tunable.schedule);
    }
    if (!isNew)
      break;
    found.push_back({linesOf(), {}, false});
    chosen.push_back(std::move(schedules));
  }
  return found;
}

void Tuner::tell(const std::vector<Trial> &tried) {
  for (size_t i = 0; i < tried.size(); ++i) {
    ++trials;
    failures += tried[i].ratios.empty();
    abandoned += tried[i].isAbandoned;
    if (tried[i].ratios.empty())
      continue;
    for (size_t t = 0; t < tunables.size(); ++t)
      if (chosen[i][t] != tunables[t].start)
        tunables[t].candidates.tell(chosen[i][t], median(tried[i].ratios[t]));
  }
}

std::vector<double> Tuner::bestRatios() const {
  std::vector<double> ratios;
  for (const Tunable &tunable : tunables)
    ratios.push_back(tunable.candidates.bestRatio());
  return ratios;
}

void Tuner::search() {
  double budget = options.budget.value_or(
      options.isExhaustive ? std::numeric_limits<double>::infinity()
                           : kDefaultBudget);
  size_t space = 0;
  for (const Tunable &tunable : tunables)
    if (tunable.share >= kLeastShare)
      space = std::max(space, tunable.candidates.size());
  size_t most = std::min(space, options.trials);
  while (trials < most && secondsSince(begin) < budget) {
    if (progress)
      progress("trial " + std::to_string(trials + 1) + " of at most " +
                   std::to_string(most),
               std::max(double(trials) / double(most),
                        std::min(secondsSince(begin) / budget, 1.0)));
    std::vector<Trial> next = nextTrials(std::min(
        options.isExhaustive ? kExhaustiveBatch : kBatch, most - trials));
    if (next.empty())
      return;
    runner.run(next, options.isExhaustive ? kExhaustiveEffort : kEffort,
               bestRatios());
    tell(next);
  }
}

/// Measures the best of each kernel again.
void Tuner::choose() {
  if (progress)
    progress("comparing the best", -1);
  size_t most = options.isExhaustive ? kExhaustiveFinalists : kFinalists;
  std::vector<std::vector<std::string>> best;
  size_t count = 0;
  for (Tunable &tunable : tunables) {
    best.push_back(tunable.candidates.best(most));
    // The start is one of them: its time was that of another session.
    if (std::find(best.back().begin(), best.back().end(), tunable.start) ==
        best.back().end())
      best.back().back() = tunable.start;
    count = std::max(count, best.back().size());
  }
  std::vector<Trial> finalists;
  for (size_t i = 0; i < count; ++i) {
    for (size_t t = 0; t < tunables.size(); ++t)
      tunables[t].schedule = best[t][std::min(i, best[t].size() - 1)];
    finalists.push_back({linesOf(), {}, false});
  }
  runner.run(finalists, kFinal, bestRatios());
  for (size_t t = 0; t < tunables.size(); ++t) {
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < best[t].size(); ++i) {
      if (finalists[i].ratios.empty())
        continue;
      double ratio = median(finalists[i].ratios[t]);
      if (ratio < least) {
        least = ratio;
        tunables[t].schedule = best[t][i];
      }
    }
  }
}

/// Measures what was chosen for all at once in turn with the start, both
/// compiled anew, and keeps what is faster for certain.
void Tuner::confirm() {
  if (progress)
    progress("confirming", -1);
  std::vector<Trial> last(2);
  last[1].lines = linesOf();
  std::vector<std::string> found;
  for (Tunable &tunable : tunables)
    found.push_back(std::exchange(tunable.schedule, tunable.start));
  last[0].lines = linesOf();
  runner.run(last, kConfirmation, bestRatios());
  if (last[0].ratios.empty() || last[1].ratios.empty())
    return;
  for (size_t t = 0; t < tunables.size(); ++t) {
    Ratio gained = makeRatio(last[1].ratios[t], last[0].ratios[t]);
    if (found[t] == tunables[t].start || !gained.isFaster())
      continue;
    tunables[t].schedule = found[t];
    tunables[t].gained = gained;
  }
}

void Tuner::writeResult() {
  std::string text =
      "// hagane tune: " +
      std::filesystem::path(options.compile.input).filename().string() + ", " +
      std::to_string(runner.threads()) + " threads";
  for (const auto &[name, value] : options.dims)
    text += ", " + name + "=" + std::to_string(value);
  text += "\n";
  writeText(options.output, text + linesOf());
}

void Tuner::printResult() {
  std::printf("%zu trials in %.1f s (%.1f s compiling, %.1f s measuring), %zu "
              "abandoned early%s; wrote %s\n\n",
              trials, secondsSince(begin), runner.times().compiling,
              runner.times().measuring, abandoned,
              failures
                  ? (", " + std::to_string(failures) + " not compiled").c_str()
                  : "",
              options.output.c_str());
  std::printf("%-14s %9s %8s  %s\n", "kernel", "ms", "x before", "schedule");
  for (const Tunable &tunable : tunables)
    std::printf("%-14s %9.4f %8.2f  %s\n", tunable.name.c_str(),
                tunable.seconds * tunable.gained.median * 1e3,
                tunable.gained.median, tunable.schedule.c_str());
}

void Tuner::printJson() {
  Json json;
  json["threads"] = runner.threads();
  json["trials"] = trials;
  json["abandoned"] = abandoned;
  json["failed"] = failures;
  json["seconds"] = secondsSince(begin);
  json["compiling_seconds"] = runner.times().compiling;
  json["measuring_seconds"] = runner.times().measuring;
  json["kernels"] = Json::array();
  for (const Tunable &tunable : tunables) {
    Json tried = Json::array();
    tunable.candidates.forEachTold(
        [&](const std::string &schedule, double predicted, double ratio) {
          tried.push_back({{"schedule", schedule},
                           {"predicted_ms", predicted * 1e3},
                           {"ratio", ratio}});
        });
    json["kernels"].push_back({{"name", tunable.name},
                               {"line", tunable.line},
                               {"start", tunable.start},
                               {"start_ms", tunable.seconds * 1e3},
                               {"schedule", tunable.schedule},
                               {"ratio",
                                {{"median", tunable.gained.median},
                                 {"low", tunable.gained.low},
                                 {"high", tunable.gained.high}}},
                               {"schedules", tunable.candidates.size()},
                               {"tried", tried}});
  }
  std::printf("%s\n", toText(json).c_str());
}

void Tuner::run() {
  collect();
  search();
  choose();
  confirm();
  clearProgress();
  writeResult();
  options.json ? printJson() : printResult();
}

void tuneModel(TuneOptions options) { Tuner(options).run(); }

} // namespace hagane::tool
