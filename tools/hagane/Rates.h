// What this machine can do at best, measured.
#pragma once

#include <string>

namespace hagane::tool {

struct Rates {
  double flops = 0;       ///< f32 multiply-adds count two, one thread, a second
  double bf16Flops = 0;   ///< likewise, where the factors are bf16
  double memoryBytes = 0; ///< read by all threads, a second

  std::string text() const;
};

/// Takes about a second. Figures drift with other users of the machine:
/// measure them in the same minute as what is compared with them.
Rates measureRates(int threads);

} // namespace hagane::tool
