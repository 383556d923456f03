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

/// 1 + e^-z; null if the value is not of that form.
static Value matchOnePlusExp(Value value) {
  auto sum = value.getDefiningOp<xf::Add>();
  if (!sum)
    return {};
  Value one = getScalar(sum.getA()) ? sum.getA() : sum.getB();
  auto exp = getOther(sum, one).getDefiningOp<xf::Exp>();
  if (!exp || getScalar(one) != 1.0 || !keepsShape(exp, one))
    return {};
  if (auto neg = exp.getX().getDefiningOp<xf::Neg>())
    return neg.getX();
  std::optional<Scaled> scaled = matchScaled(exp.getX());
  return scaled && scaled->factor == -1 ? scaled->x : Value();
}

/// z of sigmoid(z), also where it is written 1 / (1 + e^-z).
static Value matchSigmoid(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto sigmoid = dyn_cast_or_null<xf::Sigmoid>(op))
    return sigmoid.getX();
  if (auto reciprocal = dyn_cast_or_null<xf::Reciprocal>(op))
    return matchOnePlusExp(reciprocal.getX());
  auto div = dyn_cast_or_null<xf::Div>(op);
  return div && getScalar(div.getA()) == 1.0 &&
                 keepsShape(div.getB(), div.getA())
             ? matchOnePlusExp(div.getB())
             : Value();
}

/// a of z = a * x; 0 if z is not that.
static double matchMultiple(Value z, Value x) {
  if (z == x)
    return 1;
  std::optional<Scaled> scaled = matchScaled(z);
  return scaled && scaled->x == x ? scaled->factor : 0;
}

namespace {

class FuseSilu : public hagane::impl::FuseSiluPassBase<FuseSilu> {
public:
  void runOnOperation() override {
    forEachOp<xf::Mul>(getOperation(), [&](xf::Mul op) {
      for (auto [x, factor] :
           {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())})
        if (Value z = matchSigmoid(factor))
          if (succeeded(replace(op, factor.getDefiningOp(), x, z)))
            return;
    });
    forEachOp<xf::Div>(getOperation(), [&](xf::Div op) {
      if (Value z = matchOnePlusExp(op.getB()))
        (void)replace(op, op.getB().getDefiningOp(), op.getA(), z);
    });
    eraseDeadOps(getOperation());
  }

private:
  /// x * sigmoid(a x), which is silu(a x) / a: with 1.702 the sigmoid
  /// approximation of gelu.
  LogicalResult replace(Operation *op, Operation *factor, Value x, Value z) {
    double multiple = matchMultiple(z, x);
    if (multiple == 0 || x.getType() != op->getResult(0).getType())
      return failure();
    OpBuilder builder(op);
    Location location = fuseLocations({factor, op});
    auto silu = xf::Silu::create(builder, location, z.getType(), z);
    remarks.apply(silu);
    Value result = silu;
    if (multiple != 1)
      result = xf::Mul::create(
          builder, location, result,
          makeScalar(builder, location,
                     cast<FloatType>(getElementTypeOrSelf(z)), 1 / multiple));
    op->getResult(0).replaceAllUsesWith(result);
    return success();
  }

  Remarks remarks{"silu"};
};

} // namespace
