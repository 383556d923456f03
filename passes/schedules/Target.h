//===- Target.h - What schedules need to know of a machine ------*- C++ -*-===//

#ifndef HAGANE_PASSES_SCHEDULES_TARGET_H
#define HAGANE_PASSES_SCHEDULES_TARGET_H

#include <cstdint>
#include <string>

namespace hagane {

/// Columns of a packed weight panel. A property of the architecture, not of
/// the schedule: every x86 level reads the same packed weights.
inline constexpr int64_t kPanel = 32;

/// How constant weights lie that products read as they are.
struct WeightLayout {
  int64_t panel = kPanel;
  /// Bytes of a column's terms that lie side by side; 0: as many terms as
  /// processors' instructions sum products of.
  int64_t chunkBytes = 0;
};

/// Eight columns' chunks are what tensor cores take at once, of either half of
/// the columns where a product has two groups: nothing is rearranged on the
/// way, and tiles of weights need no edges.
inline constexpr WeightLayout kCudaWeights = {16, 16};

/// Rows of a packed panel of a convolution's weight: all micro-kernels have a
/// divisor of it.
inline constexpr int64_t kRowPanel = 12;

/// A processor, or a GPU, as the cost rules see it. What is said of vectors and
/// caches is of processors.
struct TargetDescription {
  int64_t vectorBits = 512;
  int64_t vectorRegisters = 32;
  int64_t l1Bytes = 32 << 10;
  int64_t l2Bytes = 1 << 20;
  int64_t threads = 8;
  std::string level;               ///< as schedule files name it
  bool bf16Dots = false;           ///< sums products of pairs of bf16
  bool int8Dots = false;           ///< sums products of quads of 8 bits
  int64_t sm = 0;                  ///< of a GPU: 90 for sm_90a; 0: a processor
  int64_t multiprocessors = 132;   ///< of a GPU
  int64_t sharedBytes = 227 << 10; ///< memory that a block's threads may share

  WeightLayout getWeights() const {
    return sm > 0 ? kCudaWeights : WeightLayout();
  }

  /// Elements of a vector register.
  int64_t lanes(int64_t elementBits) const { return vectorBits / elementBits; }
};

} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_TARGET_H
