// Stands in for bisection in a build that does not have it.
#include "CompileOptions.h"

#include <cstdio>

bool hagane::bisectModel(const BisectOptions &) {
  std::fprintf(stderr, "hagane: error: this build cannot bisect\n");
  return false;
}
