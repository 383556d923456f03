//===- KernelCuda.td - Schedules of GPU kernels ------------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCUDA_TD
#define HAGANE_DIALECTS_KERNEL_KERNELCUDA_TD

include "dialects/kernel/KernelCudaGemm.td"
include "dialects/kernel/KernelCudaTiles.td"

def Kernel_CudaLoop : Kernel_CudaSchedule<"CudaLoop", "cuda_loop"> {
  let summary = "how a GPU's threads share elements that do not depend on each other";
  let description = [{
    A block of `threads` threads computes threads * per_thread groups of
    `vector` elements that follow each other along the last dimension, which a
    thread loads and stores at once where memory permits. Neighbouring threads
    compute neighbouring groups. Items of a task are such elements.

    Rules: (U1) threads are a multiple of 32, at most 1024; (U2) per_thread is
    from 1 to 256; (U3) vector is a power of two, at most 16.

    Example: `#kernel.cuda_loop<threads = 256, per_thread = 2, vector = 4>`
  }];
  let parameters = (ins "int64_t":$threads, "int64_t":$per_thread, "int64_t":$vector);
}

def Kernel_CudaRows : Kernel_CudaSchedule<"CudaRows", "cuda_rows"> {
  let summary = "how a GPU's threads share rows, each of which is reduced";
  let description = [{
    A block of `threads` threads computes `rows` rows, each by threads / rows
    of them, a team, which loads `vector` elements a thread at a time. Each
    thread keeps up to `keep` elements of each input in registers from the first
    stage on (0: every stage reads the row again); rows that are longer than the
    team keeps must not be scheduled so.

    Rules: (U1) and (U3) as for `cuda_loop`; (U4) a team is a whole block, or a
    power of two of threads, at most 32; (U5) keep is a multiple of vector, at
    most 64.

    Example: `#kernel.cuda_rows<threads = 256, rows = 8, vector = 4, keep = 16>`
  }];
  let parameters = (ins "int64_t":$threads, "int64_t":$rows, "int64_t":$vector,
                        DefaultValuedParameter<"int64_t", "0">:$keep);
  let extraClassDeclaration = [{
    /// Threads that share a row.
    int64_t getTeam() const { return getThreads() / getRows(); }
  }];
}

//===-- What a kernel may have --------------------------------------------===//

// A kernel's schedule: of a CPU, which is what `getSchedule` gives, or one of a
// GPU, for which it gives nothing; see `kernel::getCudaSchedule`.
class Kernel_Schedules<AttrDef cpu, list<AttrDef> cuda> : Attr<
    Or<!foreach(schedule, [cpu] # cuda, CPred<"::llvm::isa<" # schedule.cppType # ">($_self)">)>,
    cpu.mnemonic # !foldl("", cuda, text, schedule, text # " or " # schedule.mnemonic)> {
  let storageType = "::mlir::Attribute";
  let returnType = "::std::optional<" # cpu.cppType # ">";
  let convertFromStorage = "::hagane::kernel::detail::getCpuSchedule<" # cpu.cppType # ">($_self)";
  let isOptional = 1;
}

def Kernel_GemmSchedules : Kernel_Schedules<Kernel_GemmSchedule, [Kernel_CudaGemm]>;
def Kernel_ConvSchedules : Kernel_Schedules<Kernel_ConvSchedule, [Kernel_CudaConv]>;
def Kernel_AttentionSchedules : Kernel_Schedules<Kernel_AttentionSchedule, [Kernel_CudaAttention]>;
def Kernel_RowsSchedules : Kernel_Schedules<Kernel_RowsSchedule, [Kernel_CudaRows]>;
def Kernel_LoopSchedules : Kernel_Schedules<Kernel_LoopSchedule, [Kernel_CudaLoop]>;
def Kernel_ReduceSchedules : Kernel_Schedules<Kernel_LoopSchedule, [Kernel_CudaRows]>;

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDA_TD
