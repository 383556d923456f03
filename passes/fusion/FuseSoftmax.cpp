//===- FuseSoftmax.cpp - Softmax in primitives ----------------------------===//

#include "passes/fusion/Match.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_FUSESOFTMAXPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

/// A reduction over one axis that it keeps; null if `value` is none.
static xf::Reduce matchReduce(Value value, xf::ReduceKind kind) {
  auto reduce = value.getDefiningOp<xf::Reduce>();
  return reduce && reduce.getKind() == kind && reduce.getKeepDims() &&
                 reduce.getAxes().size() == 1
             ? reduce
             : xf::Reduce();
}

namespace {

class FuseSoftmax : public hagane::impl::FuseSoftmaxPassBase<FuseSoftmax> {
public:
  void runOnOperation() override {
    forEachOp<xf::Div>(getOperation(), [&](xf::Div op) { (void)fuse(op); });
    eraseDeadOps(getOperation());
  }

private:
  LogicalResult fuse(xf::Div op) {
    auto exp = op.getA().getDefiningOp<xf::Exp>();
    xf::Reduce sum = matchReduce(op.getB(), xf::ReduceKind::sum);
    if (!exp || !sum || sum.getX() != exp.getY())
      return failure();
    auto shifted = exp.getX().getDefiningOp<xf::Sub>();
    xf::Reduce max = shifted ? matchReduce(shifted.getB(), xf::ReduceKind::max)
                             : xf::Reduce();
    if (!max || max.getX() != shifted.getA())
      return remarks.decline(op, "the largest element is not subtracted "
                                 "before the exponential");
    if (max.getAxes() != sum.getAxes())
      return remarks.decline(op, "the maximum and the sum are not over the "
                                 "same axis");
    OpBuilder builder(op);
    auto softmax = xf::Softmax::create(
        builder, fuseLocations({max, shifted, exp, sum, op}), op.getType(),
        shifted.getA(), builder.getI64IntegerAttr(sum.getAxes()[0]),
        UnitAttr());
    op.replaceAllUsesWith(softmax.getY());
    remarks.apply(softmax);
    return success();
  }

  Remarks remarks{"softmax"};
};

} // namespace
