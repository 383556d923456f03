// A roofline plot: operations per second over operations per byte.
#pragma once

#include "Compare.h"
#include "Page.h"

namespace hagane::tool {

/// What the page draws, in pixels: the roofs, the grid, and each kernel that
/// computes, slowest first.
PageData makeRoofline(const ComparisonResult &result, double width,
                      double height);

} // namespace hagane::tool
