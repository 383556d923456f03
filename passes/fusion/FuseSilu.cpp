//===- FuseSilu.cpp - x * sigmoid(x) --------------------------------------===//

#include "passes/fusion/Match.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_FUSESILUPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

/// Whether the value is 1 + e^-x.
static bool isOnePlusExp(Value value, Value x) {
  auto sum = value.getDefiningOp<xf::Add>();
  if (!sum)
    return false;
  Value one = getScalar(sum.getA()) ? sum.getA() : sum.getB();
  auto exp = getOther(sum, one).getDefiningOp<xf::Exp>();
  auto neg = exp ? exp.getX().getDefiningOp<xf::Neg>() : xf::Neg();
  return neg && neg.getX() == x && getScalar(one) == 1.0 && keepsShape(x, one);
}

namespace {

class FuseSilu : public hagane::impl::FuseSiluPassBase<FuseSilu> {
public:
  void runOnOperation() override {
    forEachOp<xf::Mul>(getOperation(), [&](xf::Mul op) {
      for (auto [x, factor] :
           {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())})
        if (auto sigmoid = factor.getDefiningOp<xf::Sigmoid>();
            sigmoid && sigmoid.getX() == x)
          return replace(op, sigmoid, x);
    });
    forEachOp<xf::Div>(getOperation(), [&](xf::Div op) {
      if (isOnePlusExp(op.getB(), op.getA()))
        replace(op, op.getB().getDefiningOp(), op.getA());
    });
    eraseDeadOps(getOperation());
  }

private:
  void replace(Operation *op, Operation *factor, Value x) {
    OpBuilder builder(op);
    auto silu =
        xf::Silu::create(builder, fuseLocations({factor, op}), x.getType(), x);
    op->getResult(0).replaceAllUsesWith(silu.getY());
    remarks.apply(silu);
  }

  Remarks remarks{"silu"};
};

} // namespace
