//===- KernelCudaEnums.td - Families of GPU schedules ------*- tablegen -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELCUDAENUMS_TD
#define HAGANE_DIALECTS_KERNEL_KERNELCUDAENUMS_TD

include "mlir/IR/EnumAttr.td"

class Kernel_CudaFamily<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::hagane::kernel";
  let genSpecializedAttr = 0;
}

def Kernel_CudaAttentionFamily : Kernel_CudaFamily<"CudaAttentionFamily", "how a GPU multiplies queries and keys", [
  // Multiply-adds of what lies in shared memory, in the compute type.
  I32EnumAttrCase<"tiled", 0>]>;

def Kernel_CudaGemmFamily : Kernel_CudaFamily<"CudaGemmFamily", "how a GPU multiplies matrices", [
  // Multiply-adds of scalars; tensor cores' products of 16 x 8.
  I32EnumAttrCase<"simt", 0>, I32EnumAttrCase<"mma", 1>]>;

#endif // HAGANE_DIALECTS_KERNEL_KERNELCUDAENUMS_TD
