//===- KernelCudaSchedule.td - What GPU schedules share ----*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCUDASCHEDULE_TD
#define HAGANE_DIALECTS_KERNEL_KERNELCUDASCHEDULE_TD

include "dialects/kernel/KernelDialect.td"
include "dialects/kernel/KernelInterfaces.td"

class Kernel_CudaSchedule<string name, string schedule_mnemonic>
    : Kernel_Schedule<name, schedule_mnemonic,
                      [DeclareAttrInterfaceMethods<Kernel_CudaScheduleInterface, ["getItems", "getScratchBytes"]>]>;

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDASCHEDULE_TD
