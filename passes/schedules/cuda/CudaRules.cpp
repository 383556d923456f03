//===- CudaRules.cpp - Rules that choose schedules of GPUs ----------------===//

#include "passes/schedules/cuda/CudaRules.h"

using namespace mlir;
using namespace hagane;

namespace {
/// What is known of the schedules of one kind of kernel.
struct RuleRow {
  StringLiteral kind;
  Attribute (*choose)(Operation *kernel, const TargetDescription &target);
  LogicalResult (*check)(Operation *kernel, Attribute schedule,
                         const TargetDescription &target, CudaCheckError error);
};
} // namespace

static constexpr RuleRow kRules[] = {
    {"rows", chooseCudaRows, checkCudaRows},
    {"reduce", chooseCudaRows, checkCudaRows},
    {"map", chooseCudaLoop, checkCudaLoop},
    {"gather", chooseCudaLoop, checkCudaLoop},
    {"write", chooseCudaLoop, checkCudaLoop},
    {"window", chooseCudaLoop, checkCudaLoop},
    {"task", chooseCudaLoop, checkCudaLoop},
    {"gemm", chooseCudaGemm, checkCudaGemm},
    {"attention", chooseCudaAttention, checkCudaAttention},
    {"conv", chooseCudaConv, checkCudaConv},
};

static const RuleRow *findRule(Operation *kernel) {
  StringRef kind = cast<kernel::KernelOpInterface>(kernel).getKernelKind();
  const RuleRow *row = llvm::find_if(
      kRules, [&](const RuleRow &row) { return row.kind == kind; });
  return row == std::end(kRules) ? nullptr : row;
}

static InFlightDiagnostic refuse(Operation *kernel, CudaCheckError error) {
  return error() << "kernels of kind "
                 << cast<kernel::KernelOpInterface>(kernel).getKernelKind()
                 << " have no schedule on GPUs";
}

FailureOr<Attribute>
hagane::chooseCudaSchedule(Operation *kernel, const TargetDescription &target) {
  const RuleRow *row = findRule(kernel);
  if (!row)
    return refuse(kernel, [&] { return kernel->emitError(); });
  return row->choose(kernel, target);
}

LogicalResult hagane::checkCudaSchedule(Operation *kernel, Attribute schedule,
                                        const TargetDescription &target,
                                        CudaCheckError error) {
  const RuleRow *row = findRule(kernel);
  if (!row)
    return refuse(kernel, error);
  return row->check(kernel, schedule, target, error);
}

SmallVector<Attribute>
hagane::listCudaSchedules(const KernelPoint &point,
                          const TargetDescription &target) {
  const RuleRow *row = findRule(point.getKernel());
  if (!row)
    return {};
  return {row->choose(point.getKernel(), target)};
}
