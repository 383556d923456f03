// The order in which a kernel's schedules are tried.
#pragma once

#include "Plan.h"

#include <cstddef>
#include <limits>
#include <optional>

namespace hagane::tool {

/// Schedules of one kernel: those that the cost model likes, and in turn those
/// that differ from the best one found in a single parameter.
class Candidates {
public:
  /// `start` is what the kernel has; `others` are sorted, likeliest first.
  Candidates(std::string start, const std::vector<ScheduleChoice> &others);

  /// What to try next; nothing if all was tried.
  std::optional<std::string> next();
  /// The time of what `next` gave last, relative to the start.
  void tell(double ratio);

  const std::string &best() const { return bestText; }
  double bestRatio() const { return ratio; }
  size_t tried() const { return count; }
  size_t size() const { return all.size(); }

private:
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  struct Candidate {
    std::string text;
    Parameters parameters;
    bool isTried = false;
  };
  bool isNeighbour(const Candidate &candidate) const;

  std::vector<Candidate> all; ///< likeliest first
  std::string bestText;
  Parameters bestParameters;
  Candidate *current = nullptr;
  double ratio = 1;
  size_t count = 0;
  bool nearBest = false; ///< whose turn it is
};

} // namespace hagane::tool
