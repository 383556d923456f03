//===- DimResidues.cpp - Proofs by cases of remainders --------------------===//
//
// floordiv(h, 2) + floordiv(h + 1, 2) is h, which no canonical form shows:
// which of the quotients is rounded depends on h's remainder. Exporters write
// sizes like these for strided convolutions, paddings to a multiple and halves
// of heads.
//
//===----------------------------------------------------------------------===//

#include "dialects/xf/DimResidues.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include <algorithm>
#include <map>
#include <numeric>

using namespace hagane::xf;
using namespace hagane::xf::detail;
using Kind = DimNode::Kind;

// The bits of DimSymbolFacts::remainders; images are made smaller by as much.
static constexpr int64_t kMaxPeriod = 64;
// Two such sizes have as many pairs of remainders.
static constexpr int64_t kMaxCases = 4096;

/// How often quotients and remainders by constants repeat, for each symbol.
using Periods = std::map<std::string, int64_t>;

static Periods findPeriods(const DimPoly &poly, const DimSymbols &symbols);

static void mergePeriods(Periods &into, const Periods &from, int64_t factor) {
  for (const auto &[symbol, period] : from) {
    int64_t &have = into.try_emplace(symbol, 1).first->second;
    int64_t more = std::min(period * factor, kMaxPeriod + 1);
    have = std::min(std::lcm(have, more), kMaxPeriod + 1);
  }
}

static void mergePeriods(Periods &into, const DimAtom &atom,
                         const DimSymbols &symbols) {
  if (atom.kind == Kind::Symbol) {
    auto it = symbols.find(atom.symbol);
    mergePeriods(
        into, {{atom.symbol, it == symbols.end() ? 1 : it->second.period}}, 1);
    return;
  }
  int64_t factor = 1;
  if (atom.kind == Kind::FloorDiv || atom.kind == Kind::Mod)
    factor =
        std::min(atom.operands[1].getConstant().value_or(1), kMaxPeriod + 1);
  for (const DimPoly &operand : atom.operands)
    mergePeriods(into, findPeriods(operand, symbols), factor);
}

static Periods findPeriods(const DimPoly &poly, const DimSymbols &symbols) {
  Periods periods;
  for (const auto &[monomial, coefficient] : poly.getTerms())
    for (const DimAtomRef &atom : monomial)
      mergePeriods(periods, *atom, symbols);
  return periods;
}

/// Replaces symbols inside and outside of functions.
static MaybePoly
substitute(const DimPoly &poly,
           llvm::function_ref<MaybePoly(const DimAtomRef &)> value) {
  return replaceAtoms(poly, [&](const DimAtomRef &atom) -> MaybePoly {
    if (atom->kind == Kind::Symbol)
      return value(atom);
    llvm::SmallVector<DimPoly> operands;
    for (const DimPoly &operand : atom->operands) {
      MaybePoly replaced = substitute(operand, value);
      if (!replaced)
        return std::nullopt;
      operands.push_back(std::move(*replaced));
    }
    return apply(atom->kind, operands);
  });
}

static DimSymbolFacts factsOf(llvm::StringRef symbol,
                              const DimSymbols &symbols) {
  auto it = symbols.find(symbol);
  return it == symbols.end() ? DimSymbolFacts() : it->second;
}

static bool isAllowed(const DimSymbolFacts &facts, int64_t value) {
  return facts.remainders >> floorModInt(value, facts.period) & 1;
}

namespace {
/// The polynomial for symbol = period * symbol + r, if there are such values.
struct Case {
  bool exists = true;
  MaybePoly poly;
  DimSymbols symbols;
};
} // namespace

static Case makeCase(const DimPoly &poly, const DimSymbols &symbols,
                     const std::string &symbol, int64_t period, int64_t r) {
  Case result{true, std::nullopt, symbols};
  DimSymbolFacts facts = factsOf(symbol, symbols), inner;
  inner.range.min = floorDivInt(facts.range.min - r + period - 1, period);
  if (facts.range.max != DimRange().max)
    inner.range.max = floorDivInt(facts.range.max - r, period);
  result.exists = inner.range.min <= inner.range.max && isAllowed(facts, r);
  result.symbols[symbol] = inner;
  DimPoly value(r);
  (void)value.addTerm({makeSymbol(symbol)}, period);
  result.poly = substitute(poly, [&](const DimAtomRef &atom) -> MaybePoly {
    return atom->symbol == symbol ? value : DimPoly(atom);
  });
  return result;
}

static bool holdsInCases(const DimPoly &poly, const DimSymbols &symbols,
                         DimBounds bounds, DimClaim claim, int64_t cases) {
  Periods periods = findPeriods(poly, symbols);
  auto next =
      llvm::find_if(periods, [](auto &item) { return item.second > 1; });
  if (next == periods.end() || next->second > kMaxPeriod ||
      cases * next->second > kMaxCases)
    return claim(bounds(poly, symbols));
  auto [symbol, period] = *next;
  for (int64_t r = 0; r < period; ++r) {
    Case one = makeCase(poly, symbols, symbol, period, r);
    if (one.exists &&
        (!one.poly ||
         !holdsInCases(*one.poly, one.symbols, bounds, claim, cases * period)))
      return false;
  }
  return true;
}

/// A value that the symbol may have, `distance` or a little more above its
/// least one.
static std::optional<int64_t> sampleOf(const DimSymbolFacts &facts,
                                       int64_t distance) {
  for (int64_t i = 0; i < facts.period; ++i) {
    int64_t value = facts.range.min + distance + i;
    if (value <= facts.range.max && isAllowed(facts, value))
      return value;
  }
  return std::nullopt;
}

/// Whether some values of the symbols deny the claim: most wrong claims end
/// here.
static bool isRefuted(const DimPoly &poly, const Periods &periods,
                      const DimSymbols &symbols, DimClaim claim) {
  for (int64_t sample : {0, 1, 2, 3, 7, 100, 1021}) {
    llvm::StringMap<std::optional<int64_t>> values;
    int64_t distance = sample;
    for (const auto &[symbol, period] : periods) {
      values[symbol] = sampleOf(factsOf(symbol, symbols), distance);
      distance += 2 * sample;
    }
    std::optional<int64_t> result = evaluate(
        poly, [&](llvm::StringRef symbol) { return values.lookup(symbol); });
    if (result && !claim({*result, *result}))
      return true;
  }
  return false;
}

/// Bounds beyond which arithmetic on them may overflow.
static bool isModerate(llvm::StringRef symbol, const DimSymbols &symbols) {
  constexpr int64_t limit = int64_t(1) << 60;
  DimRange range = factsOf(symbol, symbols).range;
  return range.min > -limit && range.min < limit && range.max > -limit;
}

bool detail::holdsByRemainders(const DimPoly &poly, const DimSymbols &symbols,
                               DimBounds bounds, DimClaim claim) {
  Periods periods = findPeriods(poly, symbols);
  auto splits = [](auto &item) { return item.second > 1; };
  auto moderate = [&](auto &item) { return isModerate(item.first, symbols); };
  return llvm::any_of(periods, splits) && llvm::all_of(periods, moderate) &&
         !isRefuted(poly, periods, symbols, claim) &&
         holdsInCases(poly, symbols, bounds, claim, 1);
}

/// Keeps the least period by which the remainders repeat.
static void reducePeriod(DimSymbolFacts &facts) {
  for (int64_t period = 1; period < facts.period; ++period) {
    DimSymbolFacts less = facts;
    less.period = period;
    less.remainders &= (uint64_t(1) << period) - 1;
    if (facts.period % period == 0 &&
        llvm::all_of(llvm::seq<int64_t>(0, facts.period), [&](int64_t r) {
          return isAllowed(less, r) == isAllowed(facts, r);
        })) {
      facts = less;
      return;
    }
  }
}

void detail::learnRemainders(const DimPoly &zero, DimSymbols &symbols,
                             DimBounds bounds) {
  for (const auto &[symbol, period] : findPeriods(zero, symbols)) {
    if (period < 2 || period > kMaxPeriod || !isModerate(symbol, symbols))
      continue;
    uint64_t remainders = 0;
    for (int64_t r = 0; r < period; ++r) {
      Case one = makeCase(zero, symbols, symbol, period, r);
      if (!one.exists)
        continue;
      DimRange range = one.poly ? bounds(*one.poly, one.symbols) : DimRange();
      if (range.min <= 0 && range.max >= 0)
        remainders |= uint64_t(1) << r;
    }
    // Without any the model is illegal, which others report.
    if (remainders) {
      symbols[symbol].period = period;
      symbols[symbol].remainders = remainders;
      reducePeriod(symbols[symbol]);
    }
  }
}

/// The factor of all of the symbol's values, if it is all that is known of
/// their remainders.
static int64_t factorOf(llvm::StringRef symbol, const DimSymbols &symbols) {
  DimSymbolFacts facts = factsOf(symbol, symbols);
  return facts.remainders == 1 ? facts.period : 1;
}

/// Replaces s' by s / factor where the coefficient allows, else by a quotient.
static MaybePoly restoreMultiples(const DimPoly &poly,
                                  const DimSymbols &symbols) {
  DimPoly result;
  for (const auto &[monomial, coefficient] : poly.getTerms()) {
    int64_t left = coefficient;
    MaybePoly term = DimPoly(1);
    for (const DimAtomRef &atom : monomial) {
      MaybePoly factor = DimPoly(atom);
      if (atom->kind == Kind::Symbol) {
        int64_t divisor = factorOf(atom->symbol, symbols);
        if (left % divisor == 0)
          left /= divisor;
        else
          factor = floorDivide(DimPoly(atom), DimPoly(divisor));
      } else {
        llvm::SmallVector<DimPoly> operands;
        for (const DimPoly &operand : atom->operands) {
          MaybePoly restored = restoreMultiples(operand, symbols);
          if (!restored)
            return std::nullopt;
          operands.push_back(std::move(*restored));
        }
        factor = apply(atom->kind, operands);
      }
      term = factor ? multiply(*term, *factor) : std::nullopt;
      if (!term)
        return std::nullopt;
    }
    term = multiply(*term, DimPoly(left));
    MaybePoly sum = term ? add(result, *term) : std::nullopt;
    if (!sum)
      return std::nullopt;
    result = std::move(*sum);
  }
  return result;
}

MaybePoly detail::simplifyMultiples(const DimPoly &poly,
                                    const DimSymbols &symbols) {
  bool any = false;
  MaybePoly scaled = substitute(poly, [&](const DimAtomRef &atom) {
    int64_t factor = factorOf(atom->symbol, symbols);
    any |= factor > 1;
    return multiply(DimPoly(atom), DimPoly(factor));
  });
  return any && scaled ? restoreMultiples(*scaled, symbols) : MaybePoly(poly);
}
