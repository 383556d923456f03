// The launches of a run, for viewers of traces.
#pragma once

#include "Measure.h"

namespace hagane::tool {

/// In the JSON format of Chrome's trace viewer, which Perfetto reads too: a
/// slice for each launch, named after its ONNX nodes.
std::string makeTrace(const Session &session,
                      const std::vector<hgn_profile_event> &launches);

} // namespace hagane::tool
