// What quantization did to a model, for people and programs.
#pragma once

#include "QuantizeReport.h"

#include <string>
#include <vector>

namespace hagane::tool {

/// Signal to noise in decibels, of an error relative to the norm of what it
/// should be. Nothing is better than 200.
double decibels(double relative);

/// Bytes of all products' weights.
struct WeightBytes {
  int64_t before = 0, after = 0;
};
WeightBytes countBytes(const QuantizeReport &report);

/// Numbers of the quantized products, that with the greatest effect on the
/// model first.
std::vector<size_t> rankProducts(const QuantizeReport &report);

/// Adds the time of each product's kernels in the module, on what the report
/// was measured on; none where that is random and the module does not take it.
void addKernelTimes(const std::string &module, QuantizeReport &report);

std::string makePage(const QuantizeReport &report);
/// JSON if `path` ends in .json, else a page.
void writeReport(const QuantizeReport &report, const std::string &path);

} // namespace hagane::tool
