//===- Schedules.h - Rules that choose schedules ----------------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_SCHEDULES_H
#define HAGANE_PASSES_KERNELS_SCHEDULES_H

#include "dialects/kernel/KernelOps.h"
#include "passes/kernels/Target.h"

namespace hagane {

/// Each reads the kernel's `shapes` and sizes its work items so that the
/// target's threads are busy and a block's operands stay in cache.
kernel::GemmScheduleAttr chooseSchedule(kernel::Gemm op,
                                        const TargetDescription &target);
kernel::ConvScheduleAttr chooseSchedule(kernel::Conv op,
                                        const TargetDescription &target);
kernel::LoopScheduleAttr chooseSchedule(kernel::Window op,
                                        const TargetDescription &target);
kernel::AttentionScheduleAttr chooseSchedule(kernel::Attention op,
                                             const TargetDescription &target);
kernel::RowsScheduleAttr chooseSchedule(kernel::Rows op,
                                        const TargetDescription &target);
kernel::LoopScheduleAttr chooseSchedule(kernel::Map op,
                                        const TargetDescription &target);
kernel::LoopScheduleAttr chooseSchedule(kernel::Reduce op,
                                        const TargetDescription &target);
kernel::LoopScheduleAttr chooseSchedule(kernel::Gather op,
                                        const TargetDescription &target);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_SCHEDULES_H
