// The launches of a run, for viewers of traces.
#pragma once

#include "Measure.h"

namespace hagane::tool {

/// In the JSON format of Chrome's trace viewer, which Perfetto reads too: a
/// track with a slice for each launch, named after its ONNX nodes, and one for
/// each thread with its parts of them.
std::string makeTrace(const Session &session,
                      const std::vector<LaunchTimes> &launches);

} // namespace hagane::tool
