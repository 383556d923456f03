//===- SplitAttention.h - Attention in parts of its keys --------*- C++ -*-===//

#ifndef HAGANE_PASSES_SCHEDULES_SPLITATTENTION_H
#define HAGANE_PASSES_SCHEDULES_SPLITATTENTION_H

#include "dialects/kernel/KernelOps.h"

namespace hagane {

/// Replaces attention on tensors by attention with `schedule`, which has
/// that many parts, and a kernel that merges what the parts give. Returns that
/// kernel, which is without schedule.
kernel::Map splitAttention(kernel::Attention op, mlir::Attribute schedule,
                           int64_t parts);

} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_SPLITATTENTION_H
