// Times and ratios of times measured in turn, with their confidence.
#include "Ratio.h"

#include <algorithm>
#include <cmath>

namespace hagane::tool {

Interval intervalOf(std::vector<double> values) {
  if (values.empty())
    return {};
  std::sort(values.begin(), values.end());
  constexpr double kQuantile = 1.96;
  auto count = static_cast<double>(values.size());
  double half = kQuantile * std::sqrt(count) / 2;
  auto at = [&](double rank) {
    return values[size_t(std::clamp(rank, 0.0, count - 1))];
  };
  return {at(count / 2), at(std::floor(count / 2 - half)),
          at(std::ceil(count / 2 + half))};
}

Ratio makeRatio(const std::vector<double> &over,
                const std::vector<double> &under) {
  std::vector<double> ratios;
  for (size_t i = 0; i < over.size() && i < under.size(); ++i)
    if (under[i] > 0)
      ratios.push_back(over[i] / under[i]);
  return ratios.empty() ? Ratio{{1, 1, 1}} : Ratio{intervalOf(ratios)};
}

} // namespace hagane::tool
