//===- KernelRules.h - Rules that kernels' verifiers share ------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELRULES_H
#define HAGANE_DIALECTS_KERNEL_KERNELRULES_H

#include "dialects/kernel/KernelOps.h"

namespace hagane::kernel::detail {

/// (X1) One array of shapes per operand, empty or one dimension per axis.
LogicalResult verifyShapes(Operation *op);
/// One map per value, each over `dims` dimensions, with one result per axis.
LogicalResult verifyMaps(Operation *op, StringRef rule, ArrayAttr maps,
                         ValueRange values, int64_t dims);
/// (G5) to (G8) What a matrix product of codes needs.
LogicalResult verifyCodes(Gemm op);
LogicalResult verifyArguments(Operation *op, StringRef rule, StringRef name,
                              Region &region, TypeRange expected);
LogicalResult verifyYield(Operation *op, StringRef rule, StringRef name,
                          Region &region, TypeRange expected);
SmallVector<Type> getComputeTypes(ValueRange values);
TypeRange getYieldedTypes(Region &region);
bool isReduction(StringRef kind);

inline ShapedType getShaped(Value value) {
  return cast<ShapedType>(value.getType());
}

} // namespace hagane::kernel::detail

#endif // HAGANE_DIALECTS_KERNEL_KERNELRULES_H
