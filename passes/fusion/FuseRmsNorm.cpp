//===- FuseRmsNorm.cpp - Root mean square normalisation -------------------===//

#include "passes/fusion/Norm.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_FUSERMSNORMPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

namespace {

class FuseRmsNorm : public hagane::impl::FuseRmsNormPassBase<FuseRmsNorm> {
public:
  void runOnOperation() override {
    forEachOp<xf::Div>(getOperation(),
                       [&](xf::Div op) { (void)fuse(op, op.getY()); });
    forEachOp<xf::Mul>(getOperation(),
                       [&](xf::Mul op) { (void)fuse(op, op.getY()); });
    forEachOp<xf::RmsNorm>(getOperation(),
                           [&](xf::RmsNorm op) { absorbScale(op); });
    eraseDeadOps(getOperation());
  }

private:
  LogicalResult fuse(Operation *op, Value result) {
    std::optional<Normalized> found =
        matchNormalized(op, [](Value a, Value b) { return a == b; });
    if (!found)
      return failure();
    Value x = found->d;
    std::optional<int64_t> axis = getFirstOfLastAxes(found->axes, getRank(x));
    if (!axis)
      return remarks.decline(op, "the mean is not over the last axes");
    if (result.getType() != x.getType())
      return remarks.decline(op, "the statistics widen x");
    if (std::optional<Narrow> narrow = matchNarrow(x, result)) {
      x = narrow->x;
      result = narrow->back;
    }
    OpBuilder builder(op);
    auto norm = xf::RmsNorm::create(builder, fuseLocations(found->ops),
                                    result.getType(), x, Value(),
                                    builder.getI64IntegerAttr(*axis),
                                    builder.getF64FloatAttr(found->epsilon));
    result.replaceAllUsesWith(norm.getY());
    remarks.apply(norm);
    return success();
  }

  void absorbScale(xf::RmsNorm op) {
    auto mul = getOnlyUser<xf::Mul>(op.getY());
    if (!mul || op.getScale())
      return;
    OpBuilder builder(mul);
    Value scale = getParameter(builder, getOther(mul, op.getY()), op.getX());
    if (!scale)
      return;
    auto norm = xf::RmsNorm::create(builder, fuseLocations({op, mul}),
                                    op.getType(), op.getX(), scale,
                                    op.getAxisAttr(), op.getEpsilonAttr());
    mul.replaceAllUsesWith(norm.getY());
  }

  Remarks remarks{"rms-norm"};
};

} // namespace
