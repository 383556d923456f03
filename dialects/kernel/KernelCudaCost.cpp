//===- KernelCudaCost.cpp - Blocks and memory of GPU kernels --------------===//

#include "dialects/kernel/KernelCudaCost.h"
#include "dialects/kernel/KernelCost.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using xf::Dim;

/// Dimensions of a kernel's first out.
static SmallVector<Dim> getOutDims(Operation *kernel) {
  OpOperand &out =
      cast<DestinationStyleOpInterface>(kernel).getDpsInitsMutable()[0];
  return kernel::detail::getOperandDims(kernel, out.getOperandNumber());
}

Dim kernel::getGroups(Operation *kernel, CudaLoopAttr schedule) {
  if (auto task = dyn_cast<Task>(kernel))
    return task.getItemCountAttr();
  SmallVector<Dim> dims = getOutDims(kernel);
  if (dims.empty())
    return getConstant(kernel, 1);
  Dim last = dims.pop_back_val();
  return getProduct(kernel, dims) *
         last.ceilDiv(getConstant(kernel, schedule.getVector()));
}

Dim kernel::getRows(Operation *kernel) {
  if (auto rows = dyn_cast<Rows>(kernel))
    return getProduct(kernel, ArrayRef(getIterationDims(rows)).drop_back());
  return getProduct(kernel, getOutDims(kernel));
}

Dim kernel::getRowLength(Operation *kernel) {
  if (auto rows = dyn_cast<Rows>(kernel))
    return getIterationDims(rows).back();
  auto reduce = cast<Reduce>(kernel);
  SmallVector<Dim> all = getIterationDims(reduce), reduced;
  for (int64_t dim : reduce.getReduced())
    reduced.push_back(all[dim]);
  return getProduct(kernel, reduced);
}

Dim CudaLoopAttr::getItems(Operation *kernel) const {
  return getGroups(kernel, *this)
      .ceilDiv(getConstant(kernel, getThreads() * getPerThread()));
}

Dim CudaLoopAttr::getScratchBytes(Operation *kernel) const {
  return getConstant(kernel, 0);
}

Dim CudaRowsAttr::getItems(Operation *kernel) const {
  return kernel::getRows(kernel).ceilDiv(getConstant(kernel, getRows()));
}

Dim CudaRowsAttr::getScratchBytes(Operation *kernel) const {
  return getConstant(kernel, 0);
}
