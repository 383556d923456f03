// The order in which a kernel's schedules are tried.
#pragma once

#include "Plan.h"

#include <cstddef>
#include <optional>

namespace hagane::tool {

/// Schedules of one kernel. What the cost model expects is corrected by what
/// was measured: each value of a parameter has a factor, fitted to all trials.
/// Tried in turn are what is then expected to be fastest, the same among those
/// that differ from the best one found in a single parameter, and the same
/// among those with a value that was never tried. The order follows from the
/// times alone.
class Candidates {
public:
  /// `start` is what the kernel has; `others` are sorted, likeliest first.
  Candidates(const ScheduleChoice &start,
             const std::vector<ScheduleChoice> &others);

  /// What to try next, in the order of the cost model alone or guided by what
  /// was told; nothing if all was tried.
  std::optional<std::string> next(bool isGuided);
  /// The time of what `next` gave, relative to the start.
  void tell(const std::string &text, double ratio);

  /// The best ones of what was tried, the start included, best first.
  std::vector<std::string> best(size_t count) const;
  double bestRatio() const { return *leader().ratio; }
  size_t size() const { return all.size(); } ///< the start included
  /// Visits what was told, by its text, the expected seconds and the ratio.
  template <typename Visit> void forEachTold(Visit visit) const {
    for (const Candidate &candidate : all)
      if (candidate.ratio)
        visit(candidate.text, candidate.seconds, *candidate.ratio);
  }

private:
  struct Candidate {
    std::string text;
    double seconds = 0; ///< as the cost model expects
    /// Of each parameter, which of the values in `factors` it has.
    std::vector<size_t> values;
    bool isTried = false;
    std::optional<double> ratio;
  };
  /// What is known of a value of a parameter.
  struct Factor {
    double log = 0;
    bool isTried = false;
  };

  void add(const ScheduleChoice &choice);
  const Candidate &leader() const;
  void fit();
  double expected(const Candidate &candidate) const;
  bool isNeighbour(const Candidate &candidate, const Candidate &other) const;
  bool isUnknown(const Candidate &candidate) const;
  Candidate *pick();

  std::vector<Candidate> all; ///< the start, then the others, likeliest first
  std::vector<std::string> names; ///< of values: the parameter's, and its own
  std::vector<Factor> factors;    ///< of the same values
  bool isFitted = true;
  size_t turn = 0;
};

} // namespace hagane::tool
