//===- Products.cpp - Products that have weights to quantize --------------===//

#include "passes/quantization/Products.h"
#include "passes/fusion/Match.h"

using namespace mlir;
using namespace hagane;

SmallVector<xf::Linear> hagane::getWeightedProducts(func::FuncOp main) {
  SmallVector<xf::Linear> products;
  if (main.isExternal())
    return products;
  for (auto op : main.front().getOps<xf::Linear>()) {
    auto weight = cast<RankedTensorType>(op.getWeight().getType());
    if (isa<FloatType>(getElementTypeOrSelf(op.getX())) &&
        weight.hasStaticShape() &&
        fusion::isConstantExpression(op.getWeight()) &&
        !fusion::isConstantExpression(op.getX()))
      products.push_back(op);
  }
  return products;
}

std::string hagane::getObservationName(size_t product, StringRef what) {
  return ("product." + Twine(product) + "." + what).str();
}
