//===- StaticRange.cpp - Ranges of numbers that were seen -----------------===//

#include "passes/quantization/StaticRange.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

using namespace hagane;

/// Enough for steps of a range that outliers made a hundred times too wide.
static constexpr size_t kBins = 8192;

/// What percentiles leave out at each end.
static constexpr double kTail = 0.5e-4;

/// A search shrinks ends by 2^(-1/8), to 1/256 at most.
static constexpr int kShrinkSteps = 64;
static constexpr double kStepsPerHalf = 8;
static constexpr int kRounds = 2;

Histogram::Histogram(NumberRange range)
    : all{std::min(range.low, 0.0), std::max(range.high, 0.0)},
      width((all.high - all.low) / static_cast<double>(kBins)), counts(kBins) {}

void Histogram::add(llvm::ArrayRef<float> values) {
  total += static_cast<int64_t>(values.size());
  if (!(width > 0)) {
    zeros += static_cast<int64_t>(values.size());
    return;
  }
  for (float value : values) {
    if (value == 0) {
      ++zeros;
      continue;
    }
    double place = (static_cast<double>(value) - all.low) / width;
    // NaN compares false and counts as the lowest, as its code will be.
    bool isInside = place >= 0 && place < static_cast<double>(kBins);
    size_t bin = isInside     ? static_cast<size_t>(place)
                 : place >= 0 ? kBins - 1
                              : 0;
    ++counts[bin];
  }
}

NumberRange Histogram::cutEnds() const {
  auto allowed = static_cast<int64_t>(static_cast<double>(total) * kTail);
  NumberRange range = all;
  int64_t below = 0, above = 0;
  for (size_t bin = 0; bin < kBins && range.low < 0; ++bin) {
    below += counts[bin];
    if (below > allowed)
      break;
    range.low = std::min(all.low + width * static_cast<double>(bin + 1), 0.0);
  }
  for (size_t bin = kBins; bin > 0 && range.high > 0; --bin) {
    above += counts[bin - 1];
    if (above > allowed)
      break;
    range.high = std::max(all.low + width * static_cast<double>(bin - 1), 0.0);
  }
  return range;
}

/// Of rounding and of what lies outside. Zeros have none.
double Histogram::squaredError(NumberRange range) const {
  double step = (range.high - range.low) / kRangeSteps, error = 0;
  bool isFine = step < 2 * width; // than what bins tell
  for (size_t bin = 0; bin < kBins; ++bin) {
    if (counts[bin] == 0)
      continue;
    double x = center(bin), y = std::clamp(x, range.low, range.high);
    double one = (x - y) * (x - y);
    if (one == 0 && isFine) {
      one = step * step / 12;
    } else if (one == 0) {
      double rounding = x - step * std::rint(x / step);
      one = rounding * rounding + width * width / 12;
    }
    error += one * static_cast<double>(counts[bin]);
  }
  return error;
}

/// Between numbers clamped to the range and what each step shows of those in
/// it: as many in each of its bins that has any.
double Histogram::divergence(NumberRange range) const {
  double step = (range.high - range.low) / kRangeSteps;
  auto toBin = [&](double x) {
    return std::min(static_cast<size_t>(std::max((x - all.low) / width, 0.0)),
                    kBins - 1);
  };
  size_t first = toBin(range.low), last = toBin(range.high);
  std::vector<double> clamped(last - first + 1);
  for (size_t bin = 0; bin < kBins; ++bin)
    clamped[std::clamp(bin, first, last) - first] +=
        static_cast<double>(counts[bin]);
  auto codeOf = [&](size_t bin) { return std::rint(center(bin) / step); };
  double inside = 0, sum = 0;
  for (size_t bin = first; bin <= last; ++bin)
    inside += static_cast<double>(counts[bin]);
  auto count = static_cast<double>(total - zeros);
  // A number that is clamped to a bin that has none of its own is one that no
  // step shows.
  constexpr double kLeastShare = 1e-6;
  for (size_t begin = first; begin <= last;) {
    size_t end = begin;
    double shown = 0;
    int64_t used = 0;
    for (; end <= last && codeOf(end) == codeOf(begin); ++end) {
      shown += static_cast<double>(counts[end]);
      used += clamped[end - first] > 0;
    }
    for (size_t bin = begin; bin < end; ++bin) {
      double p = clamped[bin - first] / count;
      double q =
          inside > 0
              ? shown / inside / static_cast<double>(std::max<int64_t>(used, 1))
              : 0;
      if (p > 0)
        sum += p * std::log(p / std::max(q, kLeastShare / count));
    }
    begin = end;
  }
  return sum;
}

/// One end after the other.
NumberRange Histogram::search(double (Histogram::*cost)(NumberRange)
                                  const) const {
  NumberRange best = all;
  double least = (this->*cost)(best);
  for (int round = 0; round < kRounds; ++round)
    for (double NumberRange::*end : {&NumberRange::high, &NumberRange::low}) {
      if (all.*end == 0)
        continue;
      for (int i = 0; i <= kShrinkSteps; ++i) {
        NumberRange tried = best;
        tried.*end = all.*end * std::exp2(-i / kStepsPerHalf);
        double found = (this->*cost)(tried);
        if (found < least) {
          least = found;
          best = tried;
        }
      }
    }
  return best;
}

NumberRange Histogram::choose(RangeMethod method) const {
  if (total == zeros)
    return all;
  switch (method) {
  case RangeMethod::minmax:
    return all;
  case RangeMethod::percentile:
    return cutEnds();
  case RangeMethod::mse:
    return search(&Histogram::squaredError);
  case RangeMethod::entropy:
    return search(&Histogram::divergence);
  }
  return all;
}
