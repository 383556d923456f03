// hagane bench --decode: tokens a second of a decoder with its cache.
#pragma once

#include "Module.h"

namespace hagane::tool {

void benchDecoding(hgn_module *module, const BenchOptions &options);

} // namespace hagane::tool
