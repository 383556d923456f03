// Stands in for the compiler in a build that does not have it.
#include "CompileOptions.h"

#include <cstdio>

static bool refuse() {
  std::fprintf(stderr,
               "hagane: error: this build does not contain the compiler\n");
  return false;
}

bool hagane::compileModel(const CompileOptions &) { return refuse(); }

bool hagane::bisectModel(const BisectOptions &) { return refuse(); }
