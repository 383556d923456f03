//===- FormElementwise.cpp - Element-wise operations become maps ----------===//

#include "passes/kernels/Forms.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// The element of a constant whose elements are all equal; null otherwise.
static TypedAttr getSplat(Value value) {
  auto constant = value.getDefiningOp<xf::Constant>();
  auto dense = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                        : DenseElementsAttr();
  if (!dense || !dense.isSplat())
    return {};
  return dyn_cast<TypedAttr>(dense.getSplatValue<Attribute>());
}

/// The splat as a constant of the compute type.
static Value makeSplat(ImplicitLocOpBuilder &b, TypedAttr splat) {
  Type type = kernel::getComputeType(splat.getType());
  if (auto number = dyn_cast<FloatAttr>(splat))
    return arith::ConstantOp::create(
        b, type, b.getFloatAttr(type, number.getValueAsDouble()));
  return arith::ConstantOp::create(
      b, type, b.getIntegerAttr(type, cast<IntegerAttr>(splat).getValue()));
}

LogicalResult hagane::formElementwise(Operation *op, ScalarBuilder scalar,
                                      KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(op->getResult(0)));
  SmallVector<MappedTensor> ins;
  SmallVector<TypedAttr> splats;
  for (Value operand : op->getOperands()) {
    TypedAttr splat = getSplat(operand);
    bool isNumber = splat && isa<FloatAttr, IntegerAttr>(splat);
    splats.push_back(isNumber ? splat : TypedAttr());
    if (isNumber)
      continue;
    AffineMap map = b.broadcastMap(b.shapes.getDims(operand), dims);
    if (!map)
      return b.cannotForm(op,
                          "whether operand " + Twine(splats.size() - 1) +
                              " broadcasts is only known when the model runs");
    ins.push_back({b.tensor(operand), map});
  }
  Type elementType =
      cast<ShapedType>(op->getResult(0).getType()).getElementType();
  Value result = b.map(
      op->getLoc(), ins, dims, elementType,
      [&](ImplicitLocOpBuilder &builder, ValueRange x) {
        SmallVector<Value> operands;
        size_t next = 0;
        for (TypedAttr splat : splats)
          operands.push_back(splat ? makeSplat(builder, splat) : x[next++]);
        return SmallVector<Value>{scalar(builder, op, operands)};
      });
  b.replace(op, result);
  return success();
}
