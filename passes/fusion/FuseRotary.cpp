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

/// A product, or its negation.
struct Term {
  Value a, b;
  bool negative;
};

/// -x, as a negation or a product.
Value matchNegated(Value value) {
  if (auto neg = value.getDefiningOp<xf::Neg>())
    return neg.getX();
  std::optional<Scaled> scaled = matchScaled(value);
  return scaled && scaled->factor == -1 ? scaled->x : Value();
}

/// The value without signs in front of it.
Value dropSigns(Value value, bool &negative) {
  while (Value inner = matchNegated(value)) {
    negative = !negative;
    value = inner;
  }
  return value;
}

std::optional<Term> matchTerm(Value value, bool negative) {
  value = dropSigns(value, negative);
  auto mul = value.getDefiningOp<xf::Mul>();
  return mul ? std::optional(Term{mul.getA(), mul.getB(), negative})
             : std::nullopt;
}

/// The two products of a sum or difference.
std::optional<std::pair<Term, Term>> matchTerms(Value value) {
  auto add = value.getDefiningOp<xf::Add>();
  auto sub = value.getDefiningOp<xf::Sub>();
  if (!add && !sub)
    return std::nullopt;
  Operation *op = value.getDefiningOp();
  std::optional<Term> first = matchTerm(op->getOperand(0), false),
                      second = matchTerm(op->getOperand(1), bool(sub));
  return first && second ? std::optional(std::pair(*first, *second))
                         : std::nullopt;
}

/// The other factor of a term if one is `factor`, whose sign moves to the
/// term's; null otherwise.
Value getOtherFactor(const Term &term, Value factor, bool &negative) {
  negative = term.negative;
  for (auto [found, other] :
       {std::pair(term.a, term.b), std::pair(term.b, term.a)}) {
    bool sign = term.negative;
    if (dropSigns(found, sign) == factor) {
      negative = sign;
      return other;
    }
  }
  return {};
}

/// x, if the value is (-second, first) of each pair of x, or the negation of
/// that.
Value matchTurned(Value value, Pairing pairing, Shapes &shapes,
                  bool &negative) {
  value = dropSigns(value, negative);
  std::optional<Paired> pair = matchPaired(value, pairing, shapes);
  if (!pair)
    return {};
  bool second = false, first = false;
  Value x = matchPart(dropSigns(pair->first, second), /*second=*/true, pairing);
  if (!x ||
      matchPart(dropSigns(pair->second, first), /*second=*/false, pairing) !=
          x ||
      first == second)
    return {};
  negative ^= first;
  return x;
}

/// x * cos + turned(x) * sin, for one order of the sum's operands.
std::optional<Rotation> matchSum(const Term &straight, const Term &turned,
                                 Pairing pairing, Shapes &shapes) {
  for (auto [rotated, sin] :
       {std::pair(turned.a, turned.b), std::pair(turned.b, turned.a)}) {
    bool negative = turned.negative, straightNegative;
    Value x = matchTurned(rotated, pairing, shapes, negative);
    Value cos = x ? getOtherFactor(straight, x, straightNegative) : Value();
    if (cos && !negative && !straightNegative)
      return Rotation{x, cos, sin};
  }
  return std::nullopt;
}

/// The table that multiplies `part` in one of the terms, with a sign; the
/// other term comes first.
struct Factor {
  Term rest;
  Value table;
  bool negative;
};
SmallVector<Factor> findFactors(const std::pair<Term, Term> &terms,
                                Value part) {
  SmallVector<Factor> found;
  for (auto [term, rest] : {std::pair(terms.first, terms.second),
                            std::pair(terms.second, terms.first)}) {
    bool negative;
    if (Value table = getOtherFactor(term, part, negative))
      found.push_back({rest, table, negative});
  }
  return found;
}

/// The parts of x that the terms multiply: the first of each pair, or the
/// second.
Value findPart(const std::pair<Term, Term> &terms, bool second,
               Pairing pairing) {
  for (const Term &term : {terms.first, terms.second})
    for (Value factor : {term.a, term.b}) {
      bool sign = false;
      Value part = dropSigns(factor, sign);
      if (matchPart(part, second, pairing))
        return part;
    }
  return {};
}

/// The pairs (x1 cos - x2 sin, x2 cos + x1 sin), whose tables have one angle
/// per pair already.
std::optional<Rotation> matchPairwise(Value value, Pairing pairing,
                                      Shapes &shapes) {
  std::optional<Paired> pair = matchPaired(value, pairing, shapes);
  auto first = pair ? matchTerms(pair->first) : std::nullopt;
  auto second = pair ? matchTerms(pair->second) : std::nullopt;
  if (!first || !second)
    return std::nullopt;
  Value x1 = findPart(*first, /*second=*/false, pairing),
        x2 = findPart(*first, /*second=*/true, pairing);
  Value x = x1 ? matchPart(x1, /*second=*/false, pairing) : Value();
  if (!x || !x2 || matchPart(x2, /*second=*/true, pairing) != x)
    return std::nullopt;
  for (const Factor &cos : findFactors(*first, x1)) {
    bool sinNegative, cosNegative;
    Value sin = getOtherFactor(cos.rest, x2, sinNegative);
    if (cos.negative || !sin || !sinNegative)
      continue;
    for (const Factor &other : findFactors(*second, x1))
      if (!other.negative && other.table == sin &&
          getOtherFactor(other.rest, x2, cosNegative) == cos.table &&
          !cosNegative)
        return Rotation{x, cos.table, sin};
  }
  return std::nullopt;
}

class FuseRotary : public hagane::impl::FuseRotaryPassBase<FuseRotary> {
public:
  void runOnOperation() override {
    Shapes shapes(getOperation());
    for (Pairing pairing : {Pairing::halves, Pairing::interleaved}) {
      auto sum = [&](Operation *op) { fuseSum(op, pairing, shapes); };
      forEachOp<xf::Add>(getOperation(), sum);
      forEachOp<xf::Sub>(getOperation(), sum);
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
    forEachOp<xf::Concat>(getOperation(),
                          [&](xf::Concat op) { absorbRest(op, shapes); });
    eraseDeadOps(getOperation());
  }

private:
  void fuseSum(Operation *op, Pairing pairing, Shapes &shapes) {
    std::optional<std::pair<Term, Term>> terms = matchTerms(op->getResult(0));
    if (!terms)
      return;
    std::optional<Rotation> rotation =
        matchSum(terms->first, terms->second, pairing, shapes);
    if (!rotation)
      rotation = matchSum(terms->second, terms->first, pairing, shapes);
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

  /// The first features rotated and the rest as it is, side by side.
  void absorbRest(xf::Concat op, Shapes &shapes) {
    int64_t last = getRank(op) - 1;
    if (op.getInputs().size() != 2 ||
        static_cast<int64_t>(op.getAxis()) != last)
      return;
    auto rotary = op.getInputs()[0].getDefiningOp<xf::Rotary>();
    auto rest = op.getInputs()[1].getDefiningOp<xf::Slice>();
    auto first =
        rotary ? rotary.getX().getDefiningOp<xf::Slice>() : xf::Slice();
    std::optional<Window> head = first ? getWindow(first) : std::nullopt,
                          tail = rest ? getWindow(rest) : std::nullopt;
    if (!head || !tail || first.getX() != rest.getX() ||
        !rotary.getY().hasOneUse())
      return;
    bool fits = head->axis == last && tail->axis == last && head->begin == 0 &&
                head->step == 1 && tail->step == 1 &&
                tail->begin == head->end &&
                shapes.haveEqualDims(op.getY(), first.getX());
    auto width = static_cast<int64_t>(rotary.getRotated());
    if (!fits || width != head->end)
      return;
    OpBuilder builder(op);
    auto whole = xf::Rotary::create(builder, fuseLocations({rotary, op}),
                                    op.getType(), first.getX(), rotary.getCos(),
                                    rotary.getSin(), rotary.getRotatedAttr(),
                                    rotary.getInterleavedAttr());
    op.replaceAllUsesWith(whole.getY());
    remarks.apply(whole);
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
