//===- FuseLinearBias.cpp - Constant vectors as biases --------------------===//

#include "passes/fusion/Match.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_FUSELINEARBIASPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

namespace {

class FuseLinearBias
    : public hagane::impl::FuseLinearBiasPassBase<FuseLinearBias> {
public:
  void runOnOperation() override {
    forEachOp<xf::MatMul>(getOperation(),
                          [&](xf::MatMul op) { (void)makeLinear(op); });
    forEachOp<xf::Linear>(getOperation(),
                          [&](xf::Linear op) { absorbTranspose(op); });
    forEachOp<xf::Add>(getOperation(), [&](xf::Add op) {
      if (failed(absorbBias(op, op.getA(), op.getB())))
        (void)absorbBias(op, op.getB(), op.getA());
    });
    eraseDeadOps(getOperation());
  }

private:
  /// A product with a constant matrix on the right.
  LogicalResult makeLinear(xf::MatMul op) {
    if (getRank(op.getB()) != 2 || !isConstantExpression(op.getB()))
      return failure();
    if (op.getTransposeA())
      return remarks.decline(op, "the left operand is transposed");
    OpBuilder builder(op);
    auto linear =
        xf::Linear::create(builder, op.getLoc(), op.getType(), op.getA(),
                           op.getB(), Value(), op.getTransposeB());
    op.replaceAllUsesWith(linear.getY());
    remarks.apply(linear);
    return success();
  }

  void absorbTranspose(xf::Linear op) {
    auto transpose = op.getWeight().getDefiningOp<xf::Transpose>();
    if (!transpose || transpose.getPermutation()[0] != 1)
      return;
    op.getWeightMutable().assign(transpose.getX());
    op.setTransposeWeight(!op.getTransposeWeight());
  }

  /// `linear + constant`, for one order of the two.
  LogicalResult absorbBias(xf::Add op, Value product, Value constant) {
    auto linear = product.getDefiningOp<xf::Linear>();
    if (!linear || !isConstantExpression(constant) ||
        !isa<FloatType>(getElementTypeOrSelf(product)))
      return failure();
    if (linear.getBias())
      return remarks.decline(op, "the linear has a bias already");
    if (!linear->hasOneUse())
      return remarks.decline(op, "the linear's result has other uses");
    int64_t columns = linear.getType().getShape().back();
    if (ShapedType::isDynamic(columns) || !keepsShape(product, constant))
      return remarks.decline(op, "the constant does not broadcast to the "
                                 "columns of the linear's result");
    OpBuilder builder(op);
    Value bias = makeVector(builder, op.getLoc(), constant, columns);
    if (!bias)
      return remarks.decline(op, "the constant varies over rows, expected one "
                                 "value per column");
    auto fused = xf::Linear::create(
        builder, fuseLocations({linear, op}), op.getType(), linear.getX(),
        linear.getWeight(), bias, linear.getTransposeWeight());
    op.replaceAllUsesWith(fused.getY());
    remarks.apply(fused);
    return success();
  }

  /// The constant as one value per column; null if it has more.
  Value makeVector(OpBuilder &builder, Location location, Value constant,
                   int64_t columns) {
    auto type = cast<RankedTensorType>(constant.getType());
    auto dim = [&](int64_t size) {
      return xf::Dim::constant(builder.getContext(), size);
    };
    if (type.getNumElements() == columns)
      return type.getRank() == 1
                 ? constant
                 : makeReshape(builder, location, constant, dim(columns));
    if (type.getNumElements() != 1)
      return {};
    return xf::Broadcast::create(
        builder, location,
        RankedTensorType::get(columns, type.getElementType()),
        makeReshape(builder, location, constant, dim(1)), Value(),
        getDimsAttr(builder.getContext(), dim(columns)));
  }

  Remarks remarks{"linear-bias"};
};

} // namespace
