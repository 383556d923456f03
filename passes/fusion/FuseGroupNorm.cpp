//===- FuseGroupNorm.cpp - Group normalisation ----------------------------===//

#include "passes/fusion/Norm.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_FUSEGROUPNORMPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

/// Whether every element of a constant vector is `number`.
static bool isEverywhere(Value vector, double number) {
  return getScalar(vector) == number;
}

namespace {

class FuseGroupNorm
    : public hagane::impl::FuseGroupNormPassBase<FuseGroupNorm> {
public:
  void runOnOperation() override {
    Shapes shapes(getOperation());
    forEachOp<xf::GroupNorm>(getOperation(),
                             [&](xf::GroupNorm op) { (void)fuse(op, shapes); });
    eraseDeadOps(getOperation());
  }

private:
  /// The norm without its own scale and bias, then those of the channels.
  LogicalResult fuse(xf::GroupNorm op, Shapes &shapes) {
    auto split = op.getX().getDefiningOp<xf::Reshape>();
    auto merge = getOnlyUser<xf::Reshape>(op.getY());
    if (!split || !merge)
      return failure();
    int64_t rank = getRank(merge.getY());
    SmallVector<Dim> dims = shapes.getDims(split.getX()),
                     parts = shapes.getDims(op.getX());
    if (rank < 3 || !shapes.areEqual(dims, shapes.getDims(merge.getY())) ||
        !shapes.areEqual(dims[0], parts[0]))
      return remarks.decline(op, "the shape after the norm is not the one "
                                 "before");
    std::optional<int64_t> channels = dims[1].getConstant();
    auto groups = static_cast<int64_t>(op.getGroups());
    // Each channel of the norm holds whole channels: a group.
    if (!channels || !parts[1].isConstant(groups) || *channels % groups != 0)
      return remarks.decline(op, "the groups do not divide the channels");
    if (!isEverywhere(op.getScale(), 1) || !isEverywhere(op.getBias(), 0))
      return remarks.decline(op, "the groups are scaled themselves");
    return absorb(op, split.getX(), merge, *channels);
  }

  LogicalResult absorb(xf::GroupNorm op, Value x, xf::Reshape merge,
                       int64_t channels) {
    auto mul = getOnlyUser<xf::Mul>(merge.getY());
    auto add = mul ? getOnlyUser<xf::Add>(mul.getY()) : xf::Add();
    if (!add)
      return remarks.decline(op, "no scale and bias of channels follow");
    OpBuilder builder(add);
    int64_t rank = getRank(merge.getY());
    Value scale =
              getChannels(builder, getOther(mul, merge.getY()), rank, channels),
          bias =
              getChannels(builder, getOther(add, mul.getY()), rank, channels);
    if (!scale || !bias || add.getType() != merge.getType())
      return remarks.decline(op, "the scale and bias are not one number per "
                                 "channel");
    auto norm = xf::GroupNorm::create(builder, fuseLocations({op, mul, add}),
                                      add.getType(), x, scale, bias,
                                      op.getGroupsAttr(), op.getEpsilonAttr());
    add.replaceAllUsesWith(norm.getY());
    remarks.apply(norm);
    return success();
  }

  /// A constant [channels, 1, ...] as a vector; null if it is something else.
  Value getChannels(OpBuilder &builder, Value value, int64_t rank,
                    int64_t channels) {
    auto type = cast<RankedTensorType>(value.getType());
    int64_t axis = type.getRank() - rank + 1;
    if (!isConstantExpression(value) || !type.hasStaticShape() || axis < 0 ||
        type.getRank() > rank || type.getDimSize(axis) != channels ||
        type.getNumElements() != channels)
      return {};
    return makeReshape(builder, value.getLoc(), value,
                       Dim::constant(builder.getContext(), channels));
  }

  Remarks remarks{"group-norm"};
};

} // namespace
