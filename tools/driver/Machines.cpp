#include "tools/driver/Machines.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <cmath>

using namespace hagane::driver;
using llvm::StringRef;

namespace {
struct MachineRow {
  llvm::StringLiteral name;
  double gflops, gbytes;
};
} // namespace

/// The first is the default. Its figures are measured (docs/benchmarks.md);
/// those of the others are cores x clock x operations per cycle, and channels x
/// transfers x 8 bytes, as their makers state them.
static constexpr MachineRow kMachines[] = {
    {"epyc-2core", 500, 70},
    {"desktop-ddr5", 2300, 90},     // 16 cores, 4.5 GHz, 32; 2 x DDR5-5600
    {"epyc-9654", 7400, 461},       // 96 cores, 2.4 GHz, 32; 12 x DDR5-4800
    {"xeon-6980p", 16400, 614},     // 128 cores, 2.0 GHz, 64; 12 x DDR5-6400
    {"grace-superchip", 7100, 1000} // 144 cores, 3.1 GHz, 16; LPDDR5X
};

static llvm::Error refuse(StringRef text) {
  std::string known = llvm::join(
      llvm::map_range(kMachines,
                      [](const MachineRow &row) { return row.name.str(); }),
      ", ");
  return llvm::createStringError(
      "unknown machine '" + text +
      "', expected flops=GFLOP/s,bandwidth=GB/s or one of " + known);
}

llvm::Expected<Machine> hagane::driver::parseMachine(StringRef text) {
  if (text.empty())
    text = kMachines[0].name;
  for (const MachineRow &row : kMachines)
    if (row.name == text)
      return Machine{.name = text.str(),
                     .flops = row.gflops * 1e9,
                     .bandwidth = row.gbytes * 1e9};
  Machine machine{text.str()};
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ',');
  for (StringRef part : parts) {
    auto [key, value] = part.split('=');
    double number = 0;
    double *field = key == "flops"       ? &machine.flops
                    : key == "bandwidth" ? &machine.bandwidth
                                         : nullptr;
    if (!field || value.getAsDouble(number) || !std::isfinite(number) ||
        number <= 0)
      return refuse(text);
    *field = number * 1e9;
  }
  if (machine.flops == 0 || machine.bandwidth == 0)
    return refuse(text);
  return machine;
}
