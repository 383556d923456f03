//===- DimProver.cpp - Facts that hold for all values of the symbols ------===//

#include "dialects/xf/DimResidues.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include <algorithm>

using namespace hagane::xf;
using namespace hagane::xf::detail;
using Kind = DimNode::Kind;
using Ranges = DimSymbols;
using llvm::function_ref;
using llvm::StringRef;

// The extreme values of int64 stand for infinity; sums and products saturate.
static constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
static constexpr int64_t kHigh = std::numeric_limits<int64_t>::max();

static bool isInfinite(int64_t value) {
  return value == kLow || value == kHigh;
}

static int64_t clamp(__int128 value) {
  return static_cast<int64_t>(std::clamp<__int128>(value, kLow, kHigh));
}

/// An infinity of the side that is asked for wins over whatever is added.
static int64_t addBounds(int64_t a, int64_t b, int64_t infinity) {
  if (a == infinity || b == infinity)
    return infinity;
  return clamp(static_cast<__int128>(a) + b);
}

static int64_t multiplyBounds(int64_t a, int64_t b) {
  if (a == 0 || b == 0)
    return 0;
  if (isInfinite(a) || isInfinite(b))
    return (a < 0) == (b < 0) ? kHigh : kLow;
  return clamp(static_cast<__int128>(a) * b);
}

static DimRange operator+(DimRange a, DimRange b) {
  return {addBounds(a.min, b.min, kLow), addBounds(a.max, b.max, kHigh)};
}

static DimRange operator*(DimRange a, DimRange b) {
  auto [min, max] =
      std::minmax({multiplyBounds(a.min, b.min), multiplyBounds(a.min, b.max),
                   multiplyBounds(a.max, b.min), multiplyBounds(a.max, b.max)});
  return {min, max};
}

static int64_t divideBounds(int64_t a, int64_t b) {
  if (b == kHigh)
    return a < 0 ? -1 : 0;
  return isInfinite(a) ? a : floorDivInt(a, b);
}

static DimRange floorDivRange(DimRange a, DimRange b) {
  int64_t least = std::max<int64_t>(b.min, 1),
          greatest = std::max(b.max, least);
  return {divideBounds(a.min, a.min >= 0 ? greatest : least),
          divideBounds(a.max, a.max >= 0 ? least : greatest)};
}

static DimRange modRange(DimRange a, DimRange b) {
  int64_t least = std::max<int64_t>(b.min, 1),
          greatest = std::max(b.max, least);
  if (a.min >= 0 && a.max < least)
    return a;
  int64_t max = greatest == kHigh ? kHigh : greatest - 1;
  return {0, a.min >= 0 ? std::min(max, a.max) : max};
}

static DimRange intervalOf(const DimPoly &poly, const Ranges &ranges);

static DimRange intervalOf(const DimAtom &atom, const Ranges &ranges) {
  if (atom.kind == Kind::Symbol) {
    auto it = ranges.find(atom.symbol);
    return it == ranges.end() ? DimRange() : it->second.range;
  }
  DimRange range = intervalOf(atom.operands.front(), ranges);
  for (const DimPoly &operand : llvm::drop_begin(atom.operands)) {
    DimRange other = intervalOf(operand, ranges);
    if (atom.kind == Kind::Min)
      range = {std::min(range.min, other.min), std::min(range.max, other.max)};
    else if (atom.kind == Kind::Max)
      range = {std::max(range.min, other.min), std::max(range.max, other.max)};
    else
      range = atom.kind == Kind::Mod ? modRange(range, other)
                                     : floorDivRange(range, other);
  }
  return range;
}

static DimRange intervalOf(const DimPoly &poly, const Ranges &ranges) {
  DimRange sum{0, 0};
  for (const auto &[monomial, coefficient] : poly.getTerms()) {
    DimRange term{coefficient, coefficient};
    for (const DimAtomRef &atom : monomial)
      term = term * intervalOf(*atom, ranges);
    sum = sum + term;
  }
  return sum;
}

static int64_t lowerBound(const DimPoly &poly, const Ranges &ranges, int depth);

/// A lower bound of `rest + coefficient * atom` that keeps the connection
/// between the atom's operands and the rest, which intervals lose.
static int64_t lowerBoundThroughAtom(const DimPoly &rest, int64_t coefficient,
                                     const DimAtom &atom, const Ranges &ranges,
                                     int depth) {
  auto boundWith = [&](const DimPoly &operand) {
    MaybePoly scaled = multiply(operand, DimPoly(coefficient));
    MaybePoly sum = scaled ? add(rest, *scaled) : std::nullopt;
    return sum ? lowerBound(*sum, ranges, depth - 1) : kLow;
  };
  if (atom.kind == Kind::Min || atom.kind == Kind::Max) {
    // coefficient * min(...) is the least of the products if the coefficient
    // is positive, the greatest otherwise; max is the other way round.
    bool least = (atom.kind == Kind::Min) == (coefficient > 0);
    int64_t bound = least ? kHigh : kLow;
    for (const DimPoly &operand : atom.operands)
      bound = least ? std::min(bound, boundWith(operand))
                    : std::max(bound, boundWith(operand));
    return bound;
  }
  // divisor * floordiv(x, divisor) lies in x - divisor + 1 .. x.
  std::optional<int64_t> divisor = atom.operands[1].getConstant();
  MaybePoly scaledRest = multiply(rest, DimPoly(*divisor));
  MaybePoly dividend = coefficient > 0
                           ? add(atom.operands[0], DimPoly(1 - *divisor))
                           : MaybePoly(atom.operands[0]);
  MaybePoly scaled =
      dividend ? multiply(*dividend, DimPoly(coefficient)) : std::nullopt;
  MaybePoly sum =
      scaledRest && scaled ? add(*scaledRest, *scaled) : std::nullopt;
  int64_t bound = sum ? lowerBound(*sum, ranges, depth - 1) : kLow;
  return isInfinite(bound) ? bound : -floorDivInt(-bound, *divisor);
}

static bool canLookThrough(const DimAtom &atom) {
  return atom.kind == Kind::Min || atom.kind == Kind::Max ||
         (atom.kind == Kind::FloorDiv && atom.operands[1].getConstant());
}

static int64_t lowerBound(const DimPoly &poly, const Ranges &ranges,
                          int depth) {
  int64_t bound = intervalOf(poly, ranges).min;
  if (depth == 0)
    return bound;
  for (const auto &[monomial, coefficient] : poly.getTerms()) {
    if (monomial.size() != 1 || !canLookThrough(*monomial.front()))
      continue;
    DimPoly rest = poly;
    if (!rest.addTerm(monomial, -coefficient))
      continue;
    return std::max(bound,
                    lowerBoundThroughAtom(rest, coefficient, *monomial.front(),
                                          ranges, depth));
  }
  return bound;
}

// Nested atoms are looked through this often; each level multiplies the work.
static constexpr int kLookThrough = 4;

static DimRange rangeOf(const DimPoly &poly, const Ranges &ranges) {
  DimRange range = intervalOf(poly, ranges);
  range.min = std::max(range.min, lowerBound(poly, ranges, kLookThrough));
  if (MaybePoly negative = multiply(poly, DimPoly(-1))) {
    int64_t bound = lowerBound(*negative, ranges, kLookThrough);
    if (bound != kLow)
      range.max = std::min(range.max, -std::max(bound, -kHigh));
  }
  return range;
}

static MaybePoly differenceOf(Dim a, Dim b) {
  return a && b ? subtract(getPoly(a), getPoly(b)) : std::nullopt;
}

DimRange DimProver::getRange(Dim dim) const {
  return dim ? rangeOf(getPoly(dim), symbols) : DimRange{kLow, kHigh};
}

/// Calls `visit` for the symbols that min and max compare, whose least value is
/// a case of its own: what is clamped for an empty tensor is not for others.
static void visitCompared(const DimPoly &poly, const Ranges &ranges,
                          function_ref<void(StringRef)> visit,
                          bool isCompared = false) {
  for (const auto &[monomial, coefficient] : poly.getTerms())
    for (const DimAtomRef &atom : monomial) {
      auto it = ranges.find(atom->symbol);
      if (isCompared && atom->kind == Kind::Symbol && it != ranges.end() &&
          it->second.range.min < it->second.range.max)
        visit(it->first());
      bool compares = atom->kind == Kind::Min || atom->kind == Kind::Max;
      for (const DimPoly &operand : atom->operands)
        visitCompared(operand, ranges, visit, isCompared || compares);
    }
}

/// Expressions that compare more symbols are no exporter's clamps, and cases
/// would not simplify them.
static constexpr size_t kMaxCompared = 3;

static llvm::SmallSetVector<StringRef, 4> getCompared(const DimPoly &poly,
                                                      const Ranges &ranges) {
  llvm::SmallSetVector<StringRef, 4> found;
  visitCompared(poly, ranges, [&](StringRef name) { found.insert(name); });
  if (found.size() > kMaxCompared)
    found.clear();
  return found;
}

namespace {
/// What holds for a symbol's least value, and what for the greater ones.
struct LeastCase {
  LeastCase(const Ranges &ranges, StringRef symbol)
      : least(ranges), past(ranges) {
    least[symbol].range.max = least[symbol].range.min;
    ++past[symbol].range.min;
  }
  Ranges least, past;
};
} // namespace

/// Whether a difference is within `claim` as a whole, in each case of
/// remainders, or both for a symbol's least value and the greater ones.
static bool isWithin(const MaybePoly &difference, const Ranges &ranges,
                     DimClaim claim) {
  if (!difference)
    return false;
  if (claim(rangeOf(*difference, ranges)) ||
      holdsByRemainders(*difference, ranges, rangeOf, claim))
    return true;
  return llvm::any_of(getCompared(*difference, ranges), [&](StringRef symbol) {
    LeastCase cases(ranges, symbol);
    return claim(rangeOf(*difference, cases.past)) &&
           claim(rangeOf(*difference, cases.least));
  });
}

bool DimProver::isEqual(Dim a, Dim b) const {
  if (a && (a == b || equal.contains({a.getAttr(), b.getAttr()})))
    return true;
  return isWithin(differenceOf(a, b), symbols, [](DimRange range) {
    return range.min == 0 && range.max == 0;
  });
}

bool DimProver::isNotEqual(Dim a, Dim b) const {
  return isWithin(differenceOf(a, b), symbols, [](DimRange range) {
    return range.min > 0 || range.max < 0;
  });
}

bool DimProver::isLessOrEqual(Dim a, Dim b) const {
  return isWithin(differenceOf(b, a), symbols,
                  [](DimRange range) { return range.min >= 0; });
}

bool DimProver::isMultipleOf(Dim dim, int64_t divisor) const {
  if (!dim || divisor == 0)
    return false;
  return llvm::all_of(getPoly(dim).getTerms(), [&](const auto &term) {
    return term.second % divisor == 0;
  });
}

Dim DimProver::divideExactly(Dim a, Dim b) const {
  if (!a || !b)
    return {};
  return makeDim(a.getAttr().getContext(),
                 detail::divideExactly(getPoly(a), getPoly(b)));
}

void DimProver::learnRemainders(Dim a, Dim b) {
  if (MaybePoly difference = differenceOf(a, b))
    detail::learnRemainders(*difference, symbols, rangeOf);
}

/// The operands of min or max without those that another one always beats.
static void dropBeaten(Kind kind, llvm::SmallVectorImpl<DimPoly> &operands,
                       const Ranges &ranges) {
  auto isBeaten = [&](const DimPoly &one, const DimPoly &by) {
    MaybePoly margin =
        kind == Kind::Min ? subtract(one, by) : subtract(by, one);
    return isWithin(margin, ranges,
                    [](DimRange range) { return range.min >= 0; });
  };
  for (size_t i = 0; i < operands.size();) {
    bool beaten = llvm::any_of(operands, [&](const DimPoly &other) {
      return &other != &operands[i] && isBeaten(operands[i], other);
    });
    if (beaten)
      operands.erase(operands.begin() + i);
    else
      ++i;
  }
}

static MaybePoly simplified(const DimPoly &poly, const Ranges &ranges) {
  return replaceAtoms(poly, [&](const DimAtomRef &atom) -> MaybePoly {
    DimRange range = intervalOf(*atom, ranges);
    if (range.min == range.max)
      return DimPoly(range.min);
    if (atom->kind == Kind::Symbol)
      return DimPoly(atom);
    llvm::SmallVector<DimPoly> operands;
    for (const DimPoly &operand : atom->operands) {
      MaybePoly simple = simplified(operand, ranges);
      if (!simple)
        return DimPoly(atom);
      operands.push_back(std::move(*simple));
    }
    if (atom->kind == Kind::Min || atom->kind == Kind::Max)
      dropBeaten(atom->kind, operands, ranges);
    MaybePoly result = apply(atom->kind, operands);
    return result ? result : MaybePoly(DimPoly(atom));
  });
}

/// The simpler form that the greater values of a symbol allow, where it holds
/// for the least one too.
static DimPoly simplifiedPastLeast(DimPoly poly, const Ranges &ranges) {
  for (StringRef symbol : getCompared(poly, ranges)) {
    LeastCase cases(ranges, symbol);
    MaybePoly simple = simplified(poly, cases.past);
    MaybePoly margin = simple ? subtract(*simple, poly) : std::nullopt;
    if (!margin || margin->isZero())
      continue;
    MaybePoly atLeast = simplified(*margin, cases.least);
    if (atLeast && atLeast->isZero())
      poly = std::move(*simple);
  }
  return poly;
}

static MaybePoly simplifiedByCases(const DimPoly &poly, const Ranges &ranges) {
  MaybePoly result = simplified(poly, ranges);
  if (!result || getCompared(*result, ranges).empty())
    return result;
  // Parts may be simpler where the whole is not.
  MaybePoly parts =
      replaceAtoms(*result, [&](const DimAtomRef &atom) -> MaybePoly {
        if (atom->kind == Kind::Symbol)
          return DimPoly(atom);
        llvm::SmallVector<DimPoly> operands;
        for (const DimPoly &operand : atom->operands)
          operands.push_back(
              simplifiedByCases(operand, ranges).value_or(operand));
        MaybePoly part = apply(atom->kind, operands);
        return simplifiedPastLeast(part ? *part : DimPoly(atom), ranges);
      });
  return simplifiedPastLeast(parts ? *parts : *result, ranges);
}

Dim DimProver::simplify(Dim dim) const {
  MaybePoly result =
      dim ? simplifiedByCases(getPoly(dim), symbols) : std::nullopt;
  return result ? makeDim(dim.getAttr().getContext(), result) : dim;
}

Dim DimProver::simplifyMultiples(Dim dim) const {
  dim = simplify(dim);
  MaybePoly result =
      dim ? detail::simplifyMultiples(getPoly(dim), symbols) : std::nullopt;
  return result ? makeDim(dim.getAttr().getContext(), result) : dim;
}
