//===- CacheInputs.cpp - Inputs that the runtime can fill -----------------===//

#include "passes/state/CacheInputs.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// Names that torch, optimum and onnxruntime-genai give to such inputs.
static constexpr llvm::StringLiteral kMaskNames[] = {"attention_mask", "mask"},
                                     kPositionNames[] = {"position_ids",
                                                         "cache_position",
                                                         "positions"};

static bool isOneOf(StringRef name, ArrayRef<llvm::StringLiteral> names) {
  return llvm::is_contained(names, name);
}

static StringRef findRole(func::FuncOp function, unsigned i, StepSizes sizes,
                          ShapeAnalysis &shapes) {
  auto given = function.getArgAttrOfType<StringAttr>(i, "onnx.name");
  StringRef name = given ? given.getValue() : "";
  BlockArgument argument = function.getArgument(i);
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!type || type.getRank() < 1 || type.getRank() > 2)
    return "";
  Type element = type.getElementType();
  ArrayRef<Dim> dims = shapes.getDims(argument);
  auto isEqual = [&](Dim a, Dim b) {
    return b && shapes.getProver().isEqual(a, b);
  };
  bool isInteger =
      element.isSignlessInteger(32) || element.isSignlessInteger(64);
  bool isTruth = isInteger || element.isInteger(1) || element.isF32();
  bool hasBatch = type.getRank() == 2 && isEqual(dims[0], sizes.batch);
  if (hasBatch && isTruth && isEqual(dims[1], sizes.past + sizes.step))
    return "mask";
  // A size of its own, which the rest of the model takes for the same.
  if (hasBatch && isTruth && isOneOf(name, kMaskNames) &&
      !isEqual(dims[1], sizes.step))
    return "mask";
  bool hasStep = isEqual(dims.back(), sizes.step) &&
                 (type.getRank() == 1 || hasBatch || dims[0].isConstant(1));
  if (isInteger && hasStep && isOneOf(name, kPositionNames))
    return "positions";
  return "";
}

void hagane::markCacheInputs(func::FuncOp function, StepSizes sizes,
                             ShapeAnalysis &shapes) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (StringRef role = findRole(function, i, sizes, shapes); !role.empty())
      function.setArgAttr(i, kCacheRoleAttr,
                          StringAttr::get(function.getContext(), role));
}

StringRef hagane::getCacheRole(func::FuncOp function, unsigned argument) {
  auto role = function.getArgAttrOfType<StringAttr>(argument, kCacheRoleAttr);
  return role ? role.getValue() : "";
}
