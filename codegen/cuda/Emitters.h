//===- Emitters.h - One emitter for each kind of kernel ---------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_EMITTERS_H
#define HAGANE_CODEGEN_CUDA_EMITTERS_H

#include "codegen/cuda/KernelWriter.h"

namespace hagane::cuda {

llvm::LogicalResult emitMap(kernel::Map op, KernelWriter &w);
llvm::LogicalResult emitRows(kernel::Rows op, KernelWriter &w);
llvm::LogicalResult emitReduce(kernel::Reduce op, KernelWriter &w);
llvm::LogicalResult emitGemm(kernel::Gemm op, KernelWriter &w);
llvm::LogicalResult emitAttention(kernel::Attention op, KernelWriter &w);
llvm::LogicalResult emitConv(kernel::Conv op, KernelWriter &w);
llvm::LogicalResult emitGather(kernel::Gather op, KernelWriter &w);
llvm::LogicalResult emitWindow(kernel::Window op, KernelWriter &w);
llvm::LogicalResult emitWrite(kernel::Write op, KernelWriter &w);
llvm::LogicalResult emitTask(kernel::Task op, KernelWriter &w);

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_EMITTERS_H
