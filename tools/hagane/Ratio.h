// Times and ratios of times measured in turn, with their confidence.
#pragma once

#include <vector>

namespace hagane::tool {

/// A median and an interval that holds the true one with at least 95 %
/// confidence, whatever the distribution: order statistics, by the normal
/// approximation of the binomial distribution (Conover, Practical Nonparametric
/// Statistics).
struct Interval {
  double median = 0, low = 0, high = 0;
};
Interval intervalOf(std::vector<double> values);

struct Ratio : Interval {
  bool isFaster() const { return high < 1; }
  bool isSlower() const { return low > 1; }
};

/// `over[i] / under[i]` of rounds whose `under` is positive.
Ratio makeRatio(const std::vector<double> &over,
                const std::vector<double> &under);

} // namespace hagane::tool
