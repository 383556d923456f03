//===- StaticRange.h - Ranges of numbers that were seen ---------*- C++ -*-===//

#ifndef HAGANE_PASSES_QUANTIZATION_STATICRANGE_H
#define HAGANE_PASSES_QUANTIZATION_STATICRANGE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <vector>

namespace hagane {

/// What the range of codes that are the same in every run is chosen by; numbers
/// outside of it become its ends.
enum class RangeMethod {
  minmax,     ///< all numbers that were seen
  percentile, ///< all but one in 10,000
  mse,        ///< the least squared error of numbers
  entropy     ///< the least divergence (Kullback-Leibler) of their distribution
};
inline constexpr llvm::StringLiteral kRangeMethods[] = {"minmax", "percentile",
                                                        "mse", "entropy"};
inline llvm::StringRef getName(RangeMethod method) {
  return kRangeMethods[static_cast<size_t>(method)];
}

/// Ranges of the inputs of a product, on it: a dictionary of pairs of f32 by
/// the names of methods.
inline constexpr llvm::StringLiteral kRangesAttr = "xf.ranges";

struct NumberRange {
  double low = 0, high = 0;
};

/// Steps from the lowest to the highest code.
inline constexpr int kRangeSteps = 255;

/// How often numbers were in each of many parts of a range.
class Histogram {
public:
  /// Of numbers from `range.low` to `range.high`; others count as those.
  explicit Histogram(NumberRange range);

  void add(llvm::ArrayRef<float> values);
  /// The range to divide into steps; it contains 0, which so has a code.
  NumberRange choose(RangeMethod method) const;

private:
  NumberRange cutEnds() const;
  NumberRange search(double (Histogram::*cost)(NumberRange) const) const;
  double squaredError(NumberRange range) const;
  double divergence(NumberRange range) const;
  double center(size_t bin) const {
    return all.low + (static_cast<double>(bin) + 0.5) * width;
  }

  NumberRange all;
  double width;
  std::vector<int64_t> counts;
  int64_t total = 0, zeros = 0; // zeros are in no bin
};

} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_STATICRANGE_H
