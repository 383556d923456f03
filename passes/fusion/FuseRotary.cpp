//===- FuseRotary.cpp - Rotary position embedding -------------------------===//

#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"
#include "passes/fusion/Rotary.h"

namespace hagane {
#define GEN_PASS_DEF_FUSEROTARYPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

namespace {

/// x rotated by the angles of two tables.
struct Rotation {
  Value x, cos, sin;
};

/// -x, as a negation or a product.
Value matchNegated(Value value) {
  if (auto neg = value.getDefiningOp<xf::Neg>())
    return neg.getX();
  std::optional<Scaled> scaled = matchScaled(value);
  return scaled && scaled->factor == -1 ? scaled->x : Value();
}

/// x, if the value is (-second, first) of each pair of x.
Value matchTurned(Value value, Pairing pairing, Shapes &shapes) {
  std::optional<Paired> pair = matchPaired(value, pairing, shapes);
  Value second = pair ? matchNegated(pair->first) : Value();
  Value x = second ? matchPart(second, /*second=*/true, pairing) : Value();
  return x && matchPart(pair->second, /*second=*/false, pairing) == x ? x
                                                                      : Value();
}

/// x * cos + turned(x) * sin, for one order of the sum's operands.
std::optional<Rotation> matchSum(Value straight, Value turned, Pairing pairing,
                                 Shapes &shapes) {
  auto first = straight.getDefiningOp<xf::Mul>(),
       second = turned.getDefiningOp<xf::Mul>();
  if (!first || !second)
    return std::nullopt;
  for (auto [rotated, sin] : {std::pair(second.getA(), second.getB()),
                              std::pair(second.getB(), second.getA())})
    if (Value x = matchTurned(rotated, pairing, shapes))
      if (Value cos = getOther(first, x))
        return Rotation{x, cos, sin};
  return std::nullopt;
}

/// a * b and c * d of a sum or difference of two products.
template <typename OpTy>
std::optional<std::pair<xf::Mul, xf::Mul>> matchProducts(Value value) {
  auto op = value.getDefiningOp<OpTy>();
  auto first = op ? op.getA().template getDefiningOp<xf::Mul>() : xf::Mul();
  auto second = op ? op.getB().template getDefiningOp<xf::Mul>() : xf::Mul();
  return first && second ? std::optional(std::pair(first, second))
                         : std::nullopt;
}

/// The pairs (x1 cos - x2 sin, x2 cos + x1 sin), whose tables have one angle
/// per pair already.
std::optional<Rotation> matchPairwise(Value value, Pairing pairing,
                                      Shapes &shapes) {
  std::optional<Paired> pair = matchPaired(value, pairing, shapes);
  if (!pair)
    return std::nullopt;
  auto difference = matchProducts<xf::Sub>(pair->first);
  auto sum = matchProducts<xf::Add>(pair->second);
  if (!difference || !sum)
    return std::nullopt;
  for (auto [x1, cos] :
       {std::pair(difference->first.getA(), difference->first.getB()),
        std::pair(difference->first.getB(), difference->first.getA())}) {
    Value x = matchPart(x1, /*second=*/false, pairing);
    if (!x)
      continue;
    for (auto [x2, sin] :
         {std::pair(difference->second.getA(), difference->second.getB()),
          std::pair(difference->second.getB(), difference->second.getA())}) {
      if (matchPart(x2, /*second=*/true, pairing) != x)
        continue;
      bool fits =
          (getOther(sum->first, x2) == cos &&
           getOther(sum->second, x1) == sin) ||
          (getOther(sum->second, x2) == cos && getOther(sum->first, x1) == sin);
      if (fits)
        return Rotation{x, cos, sin};
    }
  }
  return std::nullopt;
}

class FuseRotary : public hagane::impl::FuseRotaryPassBase<FuseRotary> {
public:
  void runOnOperation() override {
    Shapes shapes(getOperation());
    for (Pairing pairing : {Pairing::halves, Pairing::interleaved}) {
      forEachOp<xf::Add>(getOperation(),
                         [&](xf::Add op) { fuseSum(op, pairing, shapes); });
      auto pairwise = [&](Operation *op) {
        Value result = op->getResult(0);
        if (auto rotation = matchPairwise(result, pairing, shapes))
          (void)replace(op, *rotation, pairing, shapes);
      };
      if (pairing == Pairing::halves)
        forEachOp<xf::Concat>(getOperation(), pairwise);
      else
        forEachOp<xf::Reshape>(getOperation(), pairwise);
    }
    eraseDeadOps(getOperation());
  }

private:
  void fuseSum(xf::Add op, Pairing pairing, Shapes &shapes) {
    std::optional<Rotation> rotation =
        matchSum(op.getA(), op.getB(), pairing, shapes);
    if (!rotation)
      rotation = matchSum(op.getB(), op.getA(), pairing, shapes);
    if (!rotation)
      return;
    TableHalver halver(op, pairing, shapes);
    Value cos = halver.halve(rotation->cos), sin = halver.halve(rotation->sin);
    if (!cos || !sin) {
      (void)remarks.decline(op, "the tables are not proved to repeat each "
                                "angle for both features of a pair");
      return;
    }
    (void)replace(op, {rotation->x, cos, sin}, pairing, shapes);
  }

  LogicalResult replace(Operation *op, const Rotation &rotation,
                        Pairing pairing, Shapes &shapes) {
    Value result = op->getResult(0);
    int64_t width =
        cast<RankedTensorType>(rotation.x.getType()).getShape().back();
    if (!shapes.haveEqualDims(result, rotation.x))
      return remarks.decline(op, "the tables may widen x");
    for (Value table : {rotation.cos, rotation.sin})
      if (getRank(table) == 0 ||
          cast<RankedTensorType>(table.getType()).getShape().back() * 2 !=
              width)
        return remarks.decline(op, "a table has not one angle per pair");
    OpBuilder builder(op);
    auto rotary = xf::Rotary::create(
        builder, op->getLoc(), result.getType(), rotation.x, rotation.cos,
        rotation.sin, builder.getI64IntegerAttr(width),
        pairing == Pairing::interleaved ? builder.getUnitAttr() : UnitAttr());
    result.replaceAllUsesWith(rotary.getY());
    remarks.apply(rotary);
    return success();
  }

  Remarks remarks{"rotary"};
};

} // namespace
