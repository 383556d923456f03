#include "Progress.h"

#include <cstdio>
#include <unistd.h>

namespace hagane::tool {

ProgressFn makeProgress() {
  if (!isatty(STDERR_FILENO))
    return {};
  return [](std::string_view phase, double fraction) {
    if (fraction >= 0)
      std::fprintf(stderr, "\r\033[K%3.0f %% %.*s", fraction * 100,
                   int(phase.size()), phase.data());
    else
      std::fprintf(stderr, "\r\033[K%.*s", int(phase.size()), phase.data());
    std::fflush(stderr);
  };
}

void clearProgress() {
  if (isatty(STDERR_FILENO))
    std::fprintf(stderr, "\r\033[K");
}

} // namespace hagane::tool
