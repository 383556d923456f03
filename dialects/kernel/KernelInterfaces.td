//===- KernelInterfaces.td - What every kernel answers -----*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELINTERFACES_TD
#define HAGANE_DIALECTS_KERNEL_KERNELINTERFACES_TD

include "mlir/IR/OpBase.td"

def Kernel_KernelInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::hagane::kernel";
  let description = [{
    A kernel in terms of symbolic dimensions. `shapes` holds the dimensions of
    each operand, in operand order, as frozen in the operation's `shapes`
    attribute. Every answer may use the schedule, which must be set.
  }];
  let methods = [
    InterfaceMethod<"Number of independent work items.", "::hagane::xf::Dim", "getItems">,
    InterfaceMethod<"Bytes of private scratch a thread needs; 64-byte multiples.", "::hagane::xf::Dim", "getScratchBytes">,
    InterfaceMethod<"Arithmetic operations (a multiply-add counts two).", "::hagane::xf::Dim", "getFlops">,
    InterfaceMethod<"Bytes read and written, each operand once.", "::hagane::xf::Dim", "getBytes">,
    InterfaceMethod<"A short name for profiles, such as gemm or rows.", "::llvm::StringRef", "getKernelKind">,
  ];
}

def Kernel_CudaScheduleInterface : AttrInterface<"CudaScheduleInterface"> {
  let cppNamespace = "::hagane::kernel";
  let description = [{
    A schedule of a kernel that runs on a GPU: a work item is what one thread
    block computes. `kernel` is an operation of the kind that the schedule is
    for, whose shapes are complete.
  }];
  let methods = [
    InterfaceMethod<"Threads of a block.", "int64_t", "getThreads">,
    InterfaceMethod<"Blocks that the kernel is cut in.", "::hagane::xf::Dim", "getItems",
                    (ins "::mlir::Operation *":$kernel)>,
    InterfaceMethod<"Bytes of global memory that a block works in; 64-byte multiples.", "::hagane::xf::Dim",
                    "getScratchBytes", (ins "::mlir::Operation *":$kernel)>,
  ];
}

#endif // HAGANE_DIALECTS_KERNEL_KERNELINTERFACES_TD
