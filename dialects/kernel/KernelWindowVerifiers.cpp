//===- KernelWindowVerifiers.cpp - Rules of kernels with windows ----------===//

#include "dialects/kernel/KernelRules.h"

using namespace mlir;
using namespace hagane::kernel;
using namespace hagane::kernel::detail;

static constexpr size_t kSpace = 3;

// Nothing that a window reaches is larger; products of two stay in 64 bits.
static constexpr int64_t kMost = int64_t(1) << 31;

// Channels that may lie side by side in a weight.
static constexpr int64_t kLeastInterleave = 2, kMostInterleave = 8;

template <typename OpTy>
static LogicalResult verifyWay(OpTy op, StringRef rule) {
  ArrayRef<int64_t> window = op.getWindow(), strides = op.getStrides(),
                    dilations = op.getDilations();
  if (window.size() != kSpace || strides.size() != kSpace ||
      op.getPads().size() != 2 * kSpace || dilations.size() != kSpace)
    return op.emitOpError()
           << rule
           << " expects 3 sizes of the window, 3 strides, 6 "
              "pads and 3 dilations, got "
           << window.size() << ", " << strides.size() << ", "
           << op.getPads().size() << " and " << dilations.size();
  for (ArrayRef<int64_t> sizes : {window, strides, dilations})
    for (int64_t size : sizes)
      if (size <= 0 || size > kMost)
        return op.emitOpError() << rule
                                << " expects sizes, strides and dilations to "
                                   "be positive and at most "
                                << kMost << ", got " << size;
  for (int64_t pad : op.getPads())
    if (pad < -kMost || pad > kMost)
      return op.emitOpError() << rule << " expects pads to be from " << -kMost
                              << " to " << kMost << ", got " << pad;
  int64_t volume = 1;
  for (int64_t size : window) {
    volume *= size;
    if (volume > kMost)
      return op.emitOpError()
             << rule << " expects a window of at most " << kMost << " elements";
  }
  return success();
}

static LogicalResult verifyWeight(Conv op) {
  ShapedType weight = getShaped(op.getWeight());
  int64_t depth = weight.getDimSize(1);
  int64_t groups = op.getGroups();
  if (groups < 1 || groups > kMost)
    return op.emitOpError("(C4) expects groups to be from 1 to ")
           << kMost << ", got " << groups;
  int64_t volume = 1;
  for (int64_t size : op.getWindow())
    volume *= size;
  if (ShapedType::isDynamic(depth) || depth % volume || depth > kMost)
    return op.emitOpError("(C3) expects the weight's second size to be a "
                          "static multiple of ")
           << volume << ", at most " << kMost << ", got " << weight;
  if (weight.getRank() == 4 &&
      (weight.isDynamicDim(3) || weight.getDimSize(3) < kLeastInterleave ||
       weight.getDimSize(3) > kMostInterleave))
    return op.emitOpError("(C7) expects from ")
           << kLeastInterleave << " to " << kMostInterleave
           << " channels side by side, got " << weight;
  if (groups == 1)
    return success();
  int64_t channels = getShaped(op.getOuts()[0]).getDimSize(1);
  int64_t unit = weight.getRank() > 2 ? weight.getDimSize(2) : 1;
  if (ShapedType::isDynamic(channels) || ShapedType::isDynamic(unit) ||
      unit > kMost || channels % (groups * unit))
    return op.emitOpError("(C4) expects groups to divide channels and panels, "
                          "got ")
           << groups << " groups of " << getShaped(op.getOuts()[0]) << " and "
           << weight;
  return success();
}

LogicalResult Conv::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (getOuts().empty())
    return emitOpError("(C1) expects at least one out");
  int64_t rank = getShaped(getX()).getRank(),
          weightRank = getShaped(getWeight()).getRank();
  for (Value out : getOuts())
    if (rank != 5 || weightRank < 2 || weightRank > 4 ||
        getShaped(out).getRank() != 3)
      return emitOpError("(C1) expects ranks 5, 2 to 4, and 3, got ")
             << rank << ", " << weightRank << " and "
             << getShaped(out).getRank();
  if (failed(verifyWay(*this, "(C2)")) || failed(verifyWeight(*this)) ||
      failed(verifyMaps(*this, "(C5)", getExtraMaps(), getExtras(), 3)))
    return failure();
  if (getEpilogue().getNumArguments() == 0)
    return emitOpError("(C6) expects an accumulator as argument of epilogue");
  SmallVector<Type> expected{getEpilogue().getArgument(0).getType()};
  llvm::append_range(expected, getComputeTypes(getExtras()));
  if (failed(
          verifyArguments(*this, "(C6)", "epilogue", getEpilogue(), expected)))
    return failure();
  return verifyYield(*this, "(C6)", "epilogue", getEpilogue(),
                     getComputeTypes(getOuts()));
}

/// Whether elements of the last axis lie next to each other.
static bool isContiguous(ShapedType type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref)
    return true;
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(memref.getStridesAndOffset(strides, offset)) &&
         strides.back() == 1;
}

LogicalResult Window::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (getOuts().empty())
    return emitOpError("(D1) expects at least one out");
  ShapedType x = getShaped(getX());
  for (Value out : getOuts())
    if (x.getRank() != 5 || getShaped(out).getRank() != 5)
      return emitOpError("(D1) expects ranks 5, got ")
             << x.getRank() << " and " << getShaped(out).getRank();
  if (getWeight() && getShaped(getWeight()).getRank() != 2)
    return emitOpError("(D1) expects a weight of rank 2, got ")
           << getShaped(getWeight());
  if (failed(verifyWay(*this, "(D2)")))
    return failure();
  if (!isReduction(getKind()))
    return emitOpError("(D3) expects kind sum, max, min or prod, got ")
           << getKind();
  if (failed(verifyMaps(*this, "(D4)", getExtraMaps(), getExtras(), 5)))
    return failure();
  SmallVector<Type> seen{getComputeType(x.getElementType())};
  if (getWeight())
    llvm::append_range(seen, getComputeTypes(getWeight()));
  if (failed(verifyArguments(*this, "(D5)", "body", getBody(), seen)))
    return failure();
  TypeRange values = getYieldedTypes(getBody());
  if (values.size() != 1)
    return emitOpError("(D5) expects body to yield one value, got ")
           << values.size();
  SmallVector<Type> expected{values[0], values[0]};
  llvm::append_range(expected, getComputeTypes(getExtras()));
  if (failed(verifyArguments(*this, "(D5)", "finish", getFinish(), expected)) ||
      failed(verifyYield(*this, "(D5)", "finish", getFinish(),
                         getComputeTypes(getOuts()))))
    return failure();
  if (!isContiguous(x))
    return emitOpError("(D6) expects x's last axis to be contiguous, got ")
           << x;
  return success();
}
