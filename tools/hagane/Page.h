// Pages for a browser, each one file without references to anything outside it.
#pragma once

#include "Commands.h"

#include <nlohmann/json.hpp>
#include <string>

namespace hagane::tool {

using PageData = nlohmann::ordered_json;

/// A number by printf's pattern.
std::string formatted(const char *pattern, double value);
/// A length in a drawing.
std::string pixel(double value);
/// "name = value, ..."; false, which hides a section, where there are none.
PageData sizesOf(const DimValues &dims);

/// The pages of this folder, filled by Mustache.
std::string renderComparison(const PageData &data);
std::string renderQuantization(const PageData &data);
std::string renderPlan(const PageData &data);

} // namespace hagane::tool
