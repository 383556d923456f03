//===- KernelWindows.cpp - Costs of kernels with windows ------------------===//

#include "dialects/kernel/KernelWindows.h"
#include "dialects/kernel/KernelCost.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using xf::Dim;

static constexpr int64_t kAlign = 64;

int64_t kernel::getWindowVolume(ArrayRef<int64_t> window) {
  int64_t volume = 1;
  for (int64_t size : window)
    volume *= size;
  return volume;
}

int64_t kernel::getInterleave(Conv op) {
  auto weight = cast<ShapedType>(op.getWeight().getType());
  return weight.getRank() == 4 ? weight.getDimSize(3) : 1;
}

int64_t kernel::getGroupDepth(Conv op) {
  return cast<ShapedType>(op.getWeight().getType()).getDimSize(1) /
         getWindowVolume(op.getWindow()) * getInterleave(op);
}

ConvScratch kernel::getConvScratch(Conv op) {
  ConvScheduleAttr schedule = *op.getSchedule();
  ConvScratch scratch;
  scratch.elementBytes =
      getElementBytes(op.getEpilogue().getArgument(0).getType());
  scratch.rows =
      std::min(schedule.getBlockC(), std::max<int64_t>(getGroupDepth(op), 1)) *
      getWindowVolume(op.getWindow());
  scratch.patches = 0;
  scratch.sums =
      llvm::alignTo(scratch.rows * (schedule.getItemN() + kPatchRowPadding) *
                        scratch.elementBytes,
                    kAlign);
  scratch.bytes = scratch.sums;
  if (isBlocked(op))
    scratch.bytes += llvm::alignTo(schedule.getItemM() * schedule.getItemN() *
                                       scratch.elementBytes,
                                   kAlign);
  return scratch;
}

template <typename OpTy> static SmallVector<Dim> outDims(OpTy op) {
  return op.getOperandDims(op.getDpsInitsMutable()[0].getOperandNumber());
}

//===-- conv --------------------------------------------------------------===//

Dim Conv::getItemsOnCpu() {
  SmallVector<Dim> dims = outDims(*this);
  ConvScheduleAttr schedule = *getSchedule();
  int64_t groups = getGroups();
  // With several groups, rule (C4) makes the channels constant.
  Dim channels = groups == 1
                     ? dims[1]
                     : getConstant(*this, *dims[1].getConstant() / groups);
  return dims[0] * groups *
         channels.ceilDiv(getConstant(*this, schedule.getItemM())) *
         dims[2].ceilDiv(getConstant(*this, schedule.getItemN()));
}

Dim Conv::getScratchBytesOnCpu() {
  return getConstant(*this, getConvScratch(*this).bytes);
}

Dim Conv::getFlops() {
  int64_t depth = getGroupDepth(*this) * getWindowVolume(getWindow());
  return getProduct(*this, outDims(*this)) *
         (2 * depth + countOps(getEpilogue()));
}

Dim Conv::getBytes() { return getOperandBytes(*this); }
StringRef Conv::getKernelKind() { return "conv"; }

//===-- window ------------------------------------------------------------===//

Dim Window::getItemsOnCpu() {
  SmallVector<Dim> dims = outDims(*this);
  return getProduct(*this, ArrayRef(dims).drop_back())
      .ceilDiv(getConstant(*this, getSchedule()->getItemSize()));
}

Dim Window::getScratchBytesOnCpu() { return getConstant(*this, 0); }

Dim Window::getFlops() {
  int64_t volume = getWindowVolume(getWindow());
  return getProduct(*this, outDims(*this)) *
         (volume * (countOps(getBody()) + 1) + countOps(getFinish()));
}

Dim Window::getBytes() { return getOperandBytes(*this); }
StringRef Window::getKernelKind() { return "window"; }
