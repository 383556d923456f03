//===- FuseLayerNorm.cpp - Layer normalisation ----------------------------===//

#include "passes/fusion/Norm.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_FUSELAYERNORMPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

namespace {

/// x - mean(x).
struct Centred {
  Value x;
  xf::Reduce mean;
};

std::optional<Centred> matchCentred(Value value) {
  auto sub = value.getDefiningOp<xf::Sub>();
  auto mean = sub ? sub.getB().getDefiningOp<xf::Reduce>() : xf::Reduce();
  if (!mean || mean.getKind() != xf::ReduceKind::mean || !mean.getKeepDims() ||
      mean.getX() != sub.getA())
    return std::nullopt;
  return Centred{sub.getA(), mean};
}

class FuseLayerNorm
    : public hagane::impl::FuseLayerNormPassBase<FuseLayerNorm> {
public:
  void runOnOperation() override {
    forEachOp<xf::Div>(getOperation(),
                       [&](xf::Div op) { (void)fuse(op, op.getY()); });
    forEachOp<xf::Mul>(getOperation(),
                       [&](xf::Mul op) { (void)fuse(op, op.getY()); });
    forEachOp<xf::LayerNorm>(
        getOperation(), [&](xf::LayerNorm op) { absorbBias(absorbScale(op)); });
    eraseDeadOps(getOperation());
  }

private:
  LogicalResult fuse(Operation *op, Value result) {
    // The difference is written once, or once for each of its two uses.
    std::optional<Normalized> found = matchNormalized(op, [](Value a, Value b) {
      std::optional<Centred> first = matchCentred(a);
      std::optional<Centred> second = matchCentred(b);
      return first && second && first->x == second->x &&
             first->mean.getAxes() == second->mean.getAxes();
    });
    if (!found)
      return failure();
    Centred centred = *matchCentred(found->d);
    Value x = centred.x;
    std::optional<int64_t> axis = getFirstOfLastAxes(found->axes, getRank(x));
    if (!axis || ArrayRef(found->axes) != centred.mean.getAxes())
      return remarks.decline(op, "mean and variance are not over the same "
                                 "last axes");
    if (result.getType() != x.getType())
      return remarks.decline(op, "the statistics widen x");
    found->ops.append({found->d.getDefiningOp(), centred.mean});
    if (std::optional<Narrow> narrow = matchNarrow(x, result)) {
      x = narrow->x;
      result = narrow->back;
    }
    OpBuilder builder(op);
    auto norm = xf::LayerNorm::create(builder, fuseLocations(found->ops),
                                      result.getType(), x, Value(), Value(),
                                      builder.getI64IntegerAttr(*axis),
                                      builder.getF64FloatAttr(found->epsilon));
    result.replaceAllUsesWith(norm.getY());
    remarks.apply(norm);
    return success();
  }

  xf::LayerNorm absorbScale(xf::LayerNorm op) {
    auto mul = getOnlyUser<xf::Mul>(op.getY());
    if (!mul || op.getScale() || op.getBias())
      return op;
    OpBuilder builder(mul);
    Value scale = getParameter(builder, getOther(mul, op.getY()), op.getX());
    return scale ? replace(builder, op, mul, scale, Value()) : op;
  }

  void absorbBias(xf::LayerNorm op) {
    auto add = getOnlyUser<xf::Add>(op.getY());
    if (!add || op.getBias())
      return;
    OpBuilder builder(add);
    if (Value bias = getParameter(builder, getOther(add, op.getY()), op.getX()))
      replace(builder, op, add, op.getScale(), bias);
  }

  xf::LayerNorm replace(OpBuilder &builder, xf::LayerNorm op, Operation *last,
                        Value scale, Value bias) {
    auto norm = xf::LayerNorm::create(builder, fuseLocations({op, last}),
                                      op.getType(), op.getX(), scale, bias,
                                      op.getAxisAttr(), op.getEpsilonAttr());
    last->getResult(0).replaceAllUsesWith(norm.getY());
    return norm;
  }

  Remarks remarks{"layer-norm"};
};

} // namespace
