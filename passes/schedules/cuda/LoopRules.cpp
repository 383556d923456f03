//===- LoopRules.cpp - Elements that do not depend on each other ----------===//

#include "dialects/kernel/KernelCost.h"
#include "passes/schedules/cuda/CudaRules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;

// Threads of a block: enough of them hide the latency of memory, and few enough
// leave whole blocks for every multiprocessor.
static constexpr int64_t kThreads = 256;
// A thread's load and store of this many bytes is one instruction.
static constexpr int64_t kAccessBytes = 16;

/// Bytes of the widest element of what is read and written; of what is moved,
/// where indices say from or to where.
static int64_t widestBytes(Operation *op) {
  int64_t bytes = 1;
  if (isa<kernel::Gather, kernel::Write>(op))
    return kernel::getElementBytes(
        getElementTypeOrSelf(op->getOperands().back().getType()));
  for (Value operand : op->getOperands())
    bytes = std::max(bytes, kernel::getElementBytes(
                                getElementTypeOrSelf(operand.getType())));
  return bytes;
}

Attribute hagane::chooseCudaLoop(Operation *op, const TargetDescription &) {
  MLIRContext *context = op->getContext();
  // Items of a task and elements of a window are wherever their code says.
  if (isa<kernel::Task, kernel::Window>(op))
    return kernel::CudaLoopAttr::get(context, kThreads, 1, 1);
  int64_t vector = std::max<int64_t>(kAccessBytes / widestBytes(op), 1);
  return kernel::CudaLoopAttr::get(context, kThreads, 1, vector);
}

LogicalResult hagane::checkCudaLoop(Operation *kernel, Attribute schedule,
                                    const TargetDescription &,
                                    CudaCheckError error) {
  int64_t vector = cast<kernel::CudaLoopAttr>(schedule).getVector();
  if (vector == 1 || !isa<kernel::Task, kernel::Window>(kernel))
    return success();
  return error() << "vector is " << vector << ", expected 1: elements of a "
                 << cast<kernel::KernelOpInterface>(kernel).getKernelKind()
                 << " are computed one by one";
}
