//===- ConvRules.cpp - Convolutions of GPUs -------------------------------===//

#include "dialects/kernel/KernelCost.h"
#include "passes/schedules/cuda/CudaRules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

Attribute hagane::chooseCudaConv(Operation *kernel, const TargetDescription &) {
  auto op = cast<kernel::Conv>(kernel);
  unsigned out = op.getDpsInitsMutable()[0].getOperandNumber();
  Dim channels = op.getOperandDims(out)[1];
  // Few channels of a group take fewer threads, so that none is idle.
  static constexpr int64_t kMost = 64, kLeast = 16, kPositions = 64;
  int64_t known = kMost;
  if (channels && channels.getConstant())
    known = llvm::divideCeil(*channels.getConstant(), int64_t(op.getGroups()));
  int64_t tile = std::clamp<int64_t>(llvm::PowerOf2Ceil(known), kLeast, kMost);
  // A thread has 4 x 4 sums.
  return kernel::CudaConvAttr::get(op.getContext(), /*threads=*/tile * 4, tile,
                                   kPositions, /*steps=*/16);
}

LogicalResult hagane::checkCudaConv(Operation *, Attribute,
                                    const TargetDescription &, CudaCheckError) {
  return success();
}
