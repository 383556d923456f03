//===- DimPoly.cpp - The polynomials behind Dim ---------------------------===//

#include "dialects/xf/DimPoly.h"
#include "llvm/ADT/STLExtras.h"
#include <numeric>

using namespace hagane::xf;
using namespace hagane::xf::detail;
using Kind = DimNode::Kind;

// Beyond these an expression is no shape that anyone wrote.
static constexpr size_t kMaxTerms = 256;
static constexpr size_t kMaxText = 1 << 16;

//===----------------------------------------------------------------------===//
// Polynomials
//===----------------------------------------------------------------------===//

bool DimMonomialLess::operator()(const DimMonomial &a,
                                 const DimMonomial &b) const {
  if (a.size() != b.size())
    return a.size() > b.size();
  for (auto [x, y] : llvm::zip_equal(a, b))
    if (int order = llvm::StringRef(x->text).compare(y->text))
      return order < 0;
  return false;
}

DimPoly::DimPoly(int64_t value) {
  if (value)
    terms.emplace(DimMonomial(), value);
}

DimPoly::DimPoly(DimAtomRef atom) {
  terms.emplace(DimMonomial{std::move(atom)}, 1);
}

std::optional<int64_t> DimPoly::getConstant() const {
  if (terms.empty())
    return 0;
  if (terms.size() == 1 && terms.begin()->first.empty())
    return terms.begin()->second;
  return std::nullopt;
}

const DimAtom *DimPoly::getAtom() const {
  if (terms.size() != 1 || terms.begin()->second != 1 ||
      terms.begin()->first.size() != 1)
    return nullptr;
  return terms.begin()->first.front().get();
}

bool DimPoly::addTerm(const DimMonomial &monomial, int64_t coefficient) {
  if (coefficient == 0)
    return true;
  auto [it, inserted] = terms.try_emplace(monomial, coefficient);
  if (!inserted && __builtin_add_overflow(it->second, coefficient, &it->second))
    return false;
  // Its negation is no int64.
  if (it->second == std::numeric_limits<int64_t>::min())
    return false;
  if (it->second == 0)
    terms.erase(it);
  return true;
}

static DimMonomial multiply(const DimMonomial &a, const DimMonomial &b) {
  DimMonomial product(a);
  product.append(b.begin(), b.end());
  llvm::sort(product, [](const DimAtomRef &x, const DimAtomRef &y) {
    return x->text < y->text;
  });
  return product;
}

/// a / b if every atom of b is in a.
static std::optional<DimMonomial> divide(const DimMonomial &a,
                                         const DimMonomial &b) {
  DimMonomial quotient;
  size_t next = 0;
  for (const DimAtomRef &atom : a) {
    if (next < b.size() && b[next]->text == atom->text)
      ++next;
    else
      quotient.push_back(atom);
  }
  if (next != b.size())
    return std::nullopt;
  return quotient;
}

MaybePoly detail::add(const DimPoly &a, const DimPoly &b) {
  DimPoly sum = a;
  for (const auto &[monomial, coefficient] : b.getTerms())
    if (!sum.addTerm(monomial, coefficient))
      return std::nullopt;
  if (sum.getTerms().size() > kMaxTerms)
    return std::nullopt;
  return sum;
}

MaybePoly detail::subtract(const DimPoly &a, const DimPoly &b) {
  MaybePoly negative = multiply(b, DimPoly(-1));
  return negative ? add(a, *negative) : std::nullopt;
}

MaybePoly detail::multiply(const DimPoly &a, const DimPoly &b) {
  DimPoly product;
  for (const auto &[aMonomial, aCoefficient] : a.getTerms()) {
    for (const auto &[bMonomial, bCoefficient] : b.getTerms()) {
      int64_t coefficient;
      if (__builtin_mul_overflow(aCoefficient, bCoefficient, &coefficient) ||
          !product.addTerm(::multiply(aMonomial, bMonomial), coefficient) ||
          product.getTerms().size() > kMaxTerms)
        return std::nullopt;
    }
  }
  return product;
}

MaybePoly detail::divideExactly(const DimPoly &a, const DimPoly &b) {
  if (b.isZero())
    return std::nullopt;
  const auto &[leadMonomial, leadCoefficient] = *b.getTerms().begin();
  DimPoly rest = a, quotient;
  for (size_t step = 0; !rest.isZero() && step < kMaxTerms; ++step) {
    const auto &[monomial, coefficient] = *rest.getTerms().begin();
    std::optional<DimMonomial> ratio = ::divide(monomial, leadMonomial);
    if (!ratio || coefficient % leadCoefficient != 0)
      return std::nullopt;
    DimPoly term;
    if (!term.addTerm(*ratio, coefficient / leadCoefficient) ||
        !quotient.addTerm(*ratio, coefficient / leadCoefficient))
      return std::nullopt;
    MaybePoly product = multiply(term, b);
    MaybePoly next = product ? subtract(rest, *product) : std::nullopt;
    if (!next)
      return std::nullopt;
    rest = std::move(*next);
  }
  return rest.isZero() ? MaybePoly(quotient) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

static llvm::StringRef getName(Kind kind) {
  switch (kind) {
  case Kind::FloorDiv:
    return "floordiv";
  case Kind::Mod:
    return "mod";
  case Kind::Min:
    return "min";
  case Kind::Max:
    return "max";
  default:
    return "";
  }
}

static MaybePoly makeFunction(Kind kind, std::vector<DimPoly> operands) {
  auto atom = std::make_shared<DimAtom>();
  atom->kind = kind;
  atom->text = getName(kind).str() + "(";
  llvm::interleave(
      operands, [&](const DimPoly &operand) { atom->text += operand.str(); },
      [&] { atom->text += ", "; });
  atom->text += ")";
  if (atom->text.size() > kMaxText)
    return std::nullopt;
  atom->operands = std::move(operands);
  return DimPoly(DimAtomRef(std::move(atom)));
}

DimAtomRef detail::makeSymbol(llvm::StringRef name) {
  auto atom = std::make_shared<DimAtom>();
  atom->symbol = name.str();
  atom->text = quoteSymbol(name);
  return atom;
}

/// The greatest common divisor of `start` and the coefficients of all terms
/// but the constant one.
static int64_t gcdOfSymbolicTerms(const DimPoly &poly, int64_t start) {
  for (const auto &[monomial, coefficient] : poly.getTerms())
    if (!monomial.empty())
      start = std::gcd(start, coefficient);
  return start;
}

/// The polynomial with all coefficients divided, the constant one rounded down.
static DimPoly divideCoefficients(const DimPoly &poly, int64_t divisor) {
  DimPoly quotient;
  for (const auto &[monomial, coefficient] : poly.getTerms())
    (void)quotient.addTerm(monomial, floorDivInt(coefficient, divisor));
  return quotient;
}

static int64_t getConstantTerm(const DimPoly &poly) {
  auto it = poly.getTerms().find(DimMonomial());
  return it == poly.getTerms().end() ? 0 : it->second;
}

/// Splits poly = quotient * divisor + rest with each coefficient of rest in
/// [0, divisor), which makes quotient and rest unique.
static std::pair<DimPoly, DimPoly> splitByConstant(const DimPoly &poly,
                                                   int64_t divisor) {
  std::pair<DimPoly, DimPoly> result;
  for (const auto &[monomial, coefficient] : poly.getTerms()) {
    (void)result.first.addTerm(monomial, floorDivInt(coefficient, divisor));
    (void)result.second.addTerm(monomial, floorModInt(coefficient, divisor));
  }
  return result;
}

/// Splits poly = quotient * divisor + rest for a divisor of one term: the
/// terms that it divides, and the others.
static std::pair<DimPoly, DimPoly> splitByTerm(const DimPoly &poly,
                                               const DimPoly &divisor) {
  std::pair<DimPoly, DimPoly> result;
  const auto &[divisorMonomial, divisorCoefficient] =
      *divisor.getTerms().begin();
  for (const auto &[monomial, coefficient] : poly.getTerms()) {
    std::optional<DimMonomial> ratio = ::divide(monomial, divisorMonomial);
    if (ratio && divisorCoefficient > 0 &&
        coefficient % divisorCoefficient == 0)
      (void)result.first.addTerm(*ratio, coefficient / divisorCoefficient);
    else
      (void)result.second.addTerm(monomial, coefficient);
  }
  return result;
}

static MaybePoly floorDivideByConstant(const DimPoly &a, int64_t divisor) {
  if (divisor <= 0)
    return std::nullopt;
  auto [quotient, rest] = splitByConstant(a, divisor);
  int64_t common = gcdOfSymbolicTerms(rest, divisor);
  rest = divideCoefficients(rest, common);
  divisor /= common;
  if (divisor == 1)
    return add(quotient, rest);
  if (rest.getConstant())
    return add(quotient, DimPoly(floorDivInt(*rest.getConstant(), divisor)));
  // floordiv(floordiv(x, d) + c, e) is floordiv(x + c * d, d * e).
  DimPoly inner = rest;
  int64_t constant = getConstantTerm(rest);
  (void)inner.addTerm(DimMonomial(), -constant);
  const DimAtom *atom = inner.getAtom();
  std::optional<int64_t> innerDivisor;
  if (atom && atom->kind == Kind::FloorDiv)
    innerDivisor = atom->operands[1].getConstant();
  int64_t shift, product;
  if (innerDivisor &&
      !__builtin_mul_overflow(constant, *innerDivisor, &shift) &&
      !__builtin_mul_overflow(divisor, *innerDivisor, &product)) {
    MaybePoly dividend = add(atom->operands[0], DimPoly(shift));
    MaybePoly merged =
        dividend ? floorDivideByConstant(*dividend, product) : std::nullopt;
    return merged ? add(quotient, *merged) : std::nullopt;
  }
  MaybePoly function = makeFunction(Kind::FloorDiv, {rest, DimPoly(divisor)});
  return function ? add(quotient, *function) : std::nullopt;
}

/// Divides both by what all their terms have in common.
static void cancelCommonFactor(DimPoly &a, DimPoly &b) {
  int64_t common = 0;
  std::optional<DimMonomial> monomial;
  for (const DimPoly *poly : {&a, &b}) {
    for (const auto &[factors, coefficient] : poly->getTerms()) {
      common = std::gcd(common, coefficient);
      if (!monomial)
        monomial = factors;
      DimMonomial shared, left(factors);
      for (const DimAtomRef &atom : *monomial) {
        auto it = llvm::find_if(
            left, [&](auto &other) { return other->text == atom->text; });
        if (it == left.end())
          continue;
        shared.push_back(atom);
        left.erase(it);
      }
      monomial = shared;
    }
  }
  DimPoly factor;
  if (!monomial || !factor.addTerm(*monomial, common))
    return;
  MaybePoly first = divideExactly(a, factor), second = divideExactly(b, factor);
  if (first && second) {
    a = *first;
    b = *second;
  }
}

MaybePoly detail::floorDivide(const DimPoly &a, const DimPoly &b) {
  if (std::optional<int64_t> divisor = b.getConstant())
    return floorDivideByConstant(a, *divisor);
  if (MaybePoly exact = divideExactly(a, b))
    return exact;
  DimPoly quotient, rest = a, divisor = b;
  if (b.getTerms().size() == 1)
    std::tie(quotient, rest) = splitByTerm(a, b);
  // Rounding -1 down gives -1 whatever the divisor.
  if (rest.getConstant() == -1)
    return add(quotient, DimPoly(-1));
  cancelCommonFactor(rest, divisor);
  MaybePoly function = divisor.getConstant()
                           ? floorDivideByConstant(rest, *divisor.getConstant())
                           : makeFunction(Kind::FloorDiv, {rest, divisor});
  return function ? add(quotient, *function) : std::nullopt;
}

MaybePoly detail::ceilDivide(const DimPoly &a, const DimPoly &b) {
  MaybePoly shifted = add(b, DimPoly(-1));
  if (shifted)
    shifted = add(a, *shifted);
  return shifted ? floorDivide(*shifted, b) : std::nullopt;
}

static MaybePoly moduloConstant(const DimPoly &a, int64_t divisor) {
  if (divisor <= 0)
    return std::nullopt;
  DimPoly rest = splitByConstant(a, divisor).second;
  if (rest.getConstant())
    return rest;
  // mod(g * x + r, g * d) is g * mod(x + floordiv(r, g), d) + mod(r, g).
  int64_t common = gcdOfSymbolicTerms(rest, divisor);
  DimPoly remainder(floorModInt(getConstantTerm(rest), common));
  MaybePoly function = makeFunction(
      Kind::Mod, {divideCoefficients(rest, common), DimPoly(divisor / common)});
  if (function)
    function = multiply(*function, DimPoly(common));
  return function ? add(*function, remainder) : std::nullopt;
}

MaybePoly detail::modulo(const DimPoly &a, const DimPoly &b) {
  if (std::optional<int64_t> divisor = b.getConstant())
    return moduloConstant(a, *divisor);
  if (divideExactly(a, b))
    return DimPoly();
  DimPoly rest = b.getTerms().size() == 1 ? splitByTerm(a, b).second : a;
  return makeFunction(Kind::Mod, {rest, b});
}

/// Whether of `a` and `b` only `b` matters: their difference is a constant of
/// the right sign, or `a` is bounded by something of which that is true.
static bool isAbsorbed(Kind kind, const DimPoly &a, const DimPoly &b) {
  MaybePoly difference = subtract(a, b);
  if (!difference)
    return false;
  if (std::optional<int64_t> constant = difference->getConstant())
    return kind == Kind::Min ? *constant >= 0 : *constant <= 0;
  // min(x, y) + c is at most x + c, max(x, y) + c at least.
  DimPoly function = a;
  int64_t shift = getConstantTerm(a);
  (void)function.addTerm(DimMonomial(), -shift);
  const DimAtom *atom = function.getAtom();
  Kind opposite = kind == Kind::Min ? Kind::Max : Kind::Min;
  return atom && atom->kind == opposite &&
         llvm::any_of(atom->operands, [&](const DimPoly &bound) {
           MaybePoly shifted = add(bound, DimPoly(shift));
           return shifted && isAbsorbed(kind, *shifted, b);
         });
}

MaybePoly detail::extremum(Kind kind, llvm::ArrayRef<DimPoly> operands) {
  std::vector<DimPoly> flat;
  for (const DimPoly &operand : operands) {
    const DimAtom *atom = operand.getAtom();
    if (atom && atom->kind == kind)
      flat.insert(flat.end(), atom->operands.begin(), atom->operands.end());
    else
      flat.push_back(operand);
  }
  std::vector<DimPoly> kept;
  for (const DimPoly &operand : flat) {
    if (llvm::any_of(kept, [&](const DimPoly &other) {
          return isAbsorbed(kind, operand, other);
        }))
      continue;
    llvm::erase_if(kept, [&](const DimPoly &other) {
      return isAbsorbed(kind, other, operand);
    });
    kept.push_back(operand);
  }
  if (kept.empty())
    return std::nullopt;
  if (kept.size() == 1)
    return kept.front();
  llvm::sort(kept, [](const DimPoly &a, const DimPoly &b) {
    return a.str() < b.str();
  });
  return makeFunction(kind, std::move(kept));
}

MaybePoly detail::apply(Kind kind, llvm::ArrayRef<DimPoly> operands) {
  switch (kind) {
  case Kind::FloorDiv:
    return floorDivide(operands[0], operands[1]);
  case Kind::CeilDiv:
    return ceilDivide(operands[0], operands[1]);
  case Kind::Mod:
    return modulo(operands[0], operands[1]);
  case Kind::Min:
  case Kind::Max:
    return extremum(kind, operands);
  default:
    return std::nullopt;
  }
}

MaybePoly
detail::replaceAtoms(const DimPoly &poly,
                     llvm::function_ref<MaybePoly(const DimAtomRef &)> value) {
  DimPoly result;
  for (const auto &[monomial, coefficient] : poly.getTerms()) {
    MaybePoly term = DimPoly(coefficient);
    for (const DimAtomRef &atom : monomial) {
      MaybePoly factor = value(atom);
      term = factor ? multiply(*term, *factor) : std::nullopt;
      if (!term)
        return std::nullopt;
    }
    MaybePoly sum = add(result, *term);
    if (!sum)
      return std::nullopt;
    result = std::move(*sum);
  }
  return result;
}
