// Ratios of times measured in turn, with their confidence.
#pragma once

#include <vector>

namespace hagane::tool {

/// The median of pairs' ratios and an interval that holds the true median with
/// at least 95 % confidence, whatever the distribution: order statistics, by
/// the normal approximation of the binomial distribution (Conover, Practical
/// Nonparametric Statistics).
struct Ratio {
  double median = 1, low = 1, high = 1;
  bool isFaster() const { return high < 1; }
  bool isSlower() const { return low > 1; }
};

/// `over[i] / under[i]` of rounds whose `under` is positive.
Ratio makeRatio(const std::vector<double> &over,
                const std::vector<double> &under);

} // namespace hagane::tool
