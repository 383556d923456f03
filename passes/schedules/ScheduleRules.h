//===- ScheduleRules.h - Rules that choose schedules ------------*- C++ -*-===//

#ifndef HAGANE_PASSES_SCHEDULES_SCHEDULERULES_H
#define HAGANE_PASSES_SCHEDULES_SCHEDULERULES_H

#include "dialects/kernel/KernelOps.h"
#include "passes/schedules/Target.h"

namespace hagane {

/// What is taken if nobody says anything: work items sized by the kernel's
/// `shapes` so that the target's threads are busy and a block's operands stay
/// in cache. The kernel must be of a kind that has schedules.
mlir::Attribute chooseSchedule(mlir::Operation *kernel,
                               const TargetDescription &target);

} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_SCHEDULERULES_H
