// What this machine can do at best, measured.
#pragma once

#include <cstdint>
#include <string>

namespace hagane::tool {

/// What products are of, where processors have peaks of their own for it.
enum class Factors : uint8_t { F32, Bf16, Int8 };

struct Rates {
  double flops = 0;       ///< f32 multiply-adds count two, one thread, a second
  double bf16Flops = 0;   ///< likewise, where the factors are bf16
  double int8Flops = 0;   ///< likewise, of bytes
  double memoryBytes = 0; ///< read by all threads, a second

  double peak(Factors factors) const {
    return factors == Factors::Int8   ? int8Flops
           : factors == Factors::Bf16 ? bf16Flops
                                      : flops;
  }
  std::string text() const;
};

/// Takes about a second. Figures drift with other users of the machine:
/// measure them in the same minute as what is compared with them.
Rates measureRates(int threads);

} // namespace hagane::tool
