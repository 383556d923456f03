// Stands in for the compiler in a build that does not have it.
#include "CompileOptions.h"

#include <cstdio>

std::string hagane::listTargets() { return "none"; }
std::string hagane::listQuantizationSchemes() { return {}; }

static bool refuse() {
  std::fprintf(stderr,
               "hagane: error: this build does not contain the compiler\n");
  return false;
}

bool hagane::compileModel(const CompileOptions &) { return refuse(); }

bool hagane::compileVariants(const CompileOptions &,
                             std::vector<CompileVariant> &) {
  return refuse();
}
