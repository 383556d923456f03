// Reads an npz file and writes what it read, for the Python tests to compare.
#include "tools/hagane/Commands.h"
#include "tools/hagane/Npz.h"

#include <cstdio>

using namespace hagane::tool;

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  try {
    writeNpz(argv[2], readNpz(argv[1], [](const std::string &name) {
               return name == "bf16" ? std::optional(HGN_BF16) : std::nullopt;
             }));
    return 0;
  } catch (const Error &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
