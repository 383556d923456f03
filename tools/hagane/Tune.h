// Searching for better schedules by measuring them.
#pragma once

#include "ScheduleTable.h"
#include "Turn.h"

namespace hagane::tool {

struct TuneOptions {
  CompileOptions compile; ///< what to tune; a schedule file is the start
  DimValues dims;
  std::string inputs; ///< "": random data
  std::string output; ///< the schedule file
  int threads = 0;
  std::optional<double> budget; ///< seconds; nothing: 60, or any if exhaustive
  size_t trials = std::numeric_limits<size_t>::max(); ///< at most
  bool isExhaustive = false;                          ///< tries all schedules
  bool json = false;
  TurnOptions turn;
};

/// Writes a schedule file with what was found to be faster than what the model
/// had before, all measured in turn with that.
void tuneModel(TuneOptions options);

} // namespace hagane::tool
