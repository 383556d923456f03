//===- FuseGated.cpp - activation(gate) * up ------------------------------===//

#include "passes/fusion/Match.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_FUSEGATEDPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

/// The activation of a gate. A sigmoid is left alone: it gates what it is
/// computed from as often as another operand.
static std::optional<xf::ActivationKind> getActivation(Value value) {
  Operation *op = value.getDefiningOp();
  return llvm::TypeSwitch<Operation *, std::optional<xf::ActivationKind>>(op)
      .Case([](xf::Silu) { return xf::ActivationKind::silu; })
      .Case([](xf::Relu) { return xf::ActivationKind::relu; })
      .Case([](xf::Gelu gelu) {
        return gelu.getTanh() ? xf::ActivationKind::gelu_tanh
                              : xf::ActivationKind::gelu;
      })
      .Default(std::nullopt);
}

namespace {

class FuseGated : public hagane::impl::FuseGatedPassBase<FuseGated> {
public:
  void runOnOperation() override {
    Shapes shapes(getOperation());
    forEachOp<xf::Mul>(getOperation(), [&](xf::Mul op) {
      if (failed(fuse(op, op.getA(), op.getB(), shapes)))
        (void)fuse(op, op.getB(), op.getA(), shapes);
    });
    eraseDeadOps(getOperation());
  }

private:
  LogicalResult fuse(xf::Mul op, Value activated, Value up, Shapes &shapes) {
    std::optional<xf::ActivationKind> kind =
        activated.getDefiningOp() ? getActivation(activated) : std::nullopt;
    if (!kind || !isa<FloatType>(getElementTypeOrSelf(up)) || getScalar(up))
      return failure();
    if (!activated.hasOneUse())
      return remarks.decline(op, "the activation has other uses");
    if (!shapes.haveEqualDims(activated, up))
      return remarks.decline(
          op, "shapes may differ: " + describe(shapes.getDims(activated)) +
                  " and " + describe(shapes.getDims(up)));
    OpBuilder builder(op);
    Operation *activation = activated.getDefiningOp();
    auto gated =
        xf::Gated::create(builder, fuseLocations({activation, op}),
                          op.getType(), activation->getOperand(0), up,
                          xf::ActivationKindAttr::get(op.getContext(), *kind));
    op.replaceAllUsesWith(gated.getY());
    remarks.apply(gated);
    return success();
  }

  Remarks remarks{"gated"};
};

} // namespace
