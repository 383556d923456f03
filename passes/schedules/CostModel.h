//===- CostModel.h - How long a kernel is expected to take ------*- C++ -*-===//

#ifndef HAGANE_PASSES_SCHEDULES_COSTMODEL_H
#define HAGANE_PASSES_SCHEDULES_COSTMODEL_H

#include "passes/schedules/ScheduleSpace.h"

namespace hagane {

/// What a machine can do at best.
struct MachineRates {
  double flops = 100e9;        ///< of f32 multiply-adds a second, one thread
  double bf16Flops = 200e9;    ///< the same where factors are bf16
  double int8Flops = 400e9;    ///< the same where factors are of 8 bits
  double memoryBytes = 40e9;   ///< read from memory a second, all threads
  double cacheBytes = 100e9;   ///< from the second-level cache, one thread
  double launchSeconds = 2e-6; ///< to start and join the threads

  /// The peak for factors of a type; null: of operations in f32.
  double getPeak(mlir::Type factors) const;
};

/// A lower limit that no schedule passes: the larger of the time for the
/// operations at the machine's peak and of the time for every operand's bytes
/// once (the roofline of Williams, Waterman and Patterson, 2009).
struct KernelLimit {
  double computeSeconds = 0, memorySeconds = 0;
  bool isMemoryBound() const { return memorySeconds > computeSeconds; }
  double getSeconds() const { return std::max(computeSeconds, memorySeconds); }
};

KernelLimit getLimit(const KernelPoint &point, KernelPoint::SymbolValue value,
                     const TargetDescription &target,
                     const MachineRates &rates);

/// Seconds that a run under `schedule` is expected to take: the thread with
/// the most items, whose tiles compute what lies beyond the edges too and fetch
/// from memory or caches what they do not keep.
double predictSeconds(const KernelPoint &point, mlir::Attribute schedule,
                      KernelPoint::SymbolValue value,
                      const TargetDescription &target,
                      const MachineRates &rates);

} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_COSTMODEL_H
