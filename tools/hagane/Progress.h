// A progress line on standard error, if that is a terminal.
#pragma once

#include "CompileOptions.h"

namespace hagane::tool {

/// Empty where there is no terminal. The line is erased by the last call of
/// clearProgress.
ProgressFn makeProgress();
void clearProgress();

} // namespace hagane::tool
