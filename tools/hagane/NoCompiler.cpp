// Stands in for the compiler in a build that does not have it.
#include "CompileOptions.h"

#include <cstdio>

std::string hagane::listTargets() { return "none"; }

bool hagane::compileModel(const CompileOptions &) {
  std::fprintf(stderr,
               "hagane: error: this build does not contain the compiler\n");
  return false;
}
