//===- DimPoly.h - The polynomials behind Dim -*- C++ -*-===//
//
// Internal to the dialect. Arithmetic is checked: an operation whose result
// leaves int64 or grows beyond reason gives nullopt.
//
// Divisors are taken to be positive. ONNX rules the other case out: a division
// by a size arises from a Reshape with -1, where a size of 0 is illegal.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_DIMPOLY_H
#define HAGANE_DIALECTS_XF_DIMPOLY_H

#include "dialects/xf/Dim.h"
#include "llvm/ADT/SmallVector.h"
#include <map>
#include <memory>

namespace mlir {
class Dialect;
class DialectInterface;
} // namespace mlir

namespace hagane::xf::detail {

struct DimAtom;
using DimAtomRef = std::shared_ptr<const DimAtom>;
/// A product of atoms, sorted by their text; powers are repetitions.
using DimMonomial = llvm::SmallVector<DimAtomRef, 2>;

/// Higher degrees first, then by text: a monomial order (graded
/// lexicographic), so that long division terminates, and the printing order.
struct DimMonomialLess {
  bool operator()(const DimMonomial &a, const DimMonomial &b) const;
};

/// A sum of monomials with non-zero coefficients.
class DimPoly {
public:
  using Terms = std::map<DimMonomial, int64_t, DimMonomialLess>;

  DimPoly() = default;
  explicit DimPoly(int64_t value);
  explicit DimPoly(DimAtomRef atom);

  const Terms &getTerms() const { return terms; }
  bool isZero() const { return terms.empty(); }
  std::optional<int64_t> getConstant() const;
  /// The atom if the polynomial is one atom and nothing else.
  const DimAtom *getAtom() const;
  std::string str() const;

  /// Adds one term; false if the coefficient overflows.
  [[nodiscard]] bool addTerm(const DimMonomial &monomial, int64_t coefficient);

private:
  Terms terms;
};

using MaybePoly = std::optional<DimPoly>;

/// A symbol, or a function of polynomials that is none itself.
struct DimAtom {
  DimNode::Kind kind = DimNode::Kind::Symbol;
  std::string symbol;
  std::vector<DimPoly> operands;
  std::string text;
};

DimAtomRef makeSymbol(llvm::StringRef name);
MaybePoly add(const DimPoly &a, const DimPoly &b);
MaybePoly subtract(const DimPoly &a, const DimPoly &b);
MaybePoly multiply(const DimPoly &a, const DimPoly &b);
/// a / b if b divides a as a polynomial.
MaybePoly divideExactly(const DimPoly &a, const DimPoly &b);
MaybePoly floorDivide(const DimPoly &a, const DimPoly &b);
MaybePoly ceilDivide(const DimPoly &a, const DimPoly &b);
MaybePoly modulo(const DimPoly &a, const DimPoly &b);
/// The least (Min) or greatest (Max) of one or more polynomials.
MaybePoly extremum(DimNode::Kind kind, llvm::ArrayRef<DimPoly> operands);
/// Applies a function atom's operation to other operands.
MaybePoly apply(DimNode::Kind kind, llvm::ArrayRef<DimPoly> operands);
/// Replaces each atom; `value` gives the polynomial that stands for it.
MaybePoly replaceAtoms(const DimPoly &poly,
                       llvm::function_ref<MaybePoly(const DimAtomRef &)> value);

/// The value for given symbols; see Dim::evaluate.
std::optional<int64_t>
evaluate(const DimPoly &poly,
         llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> value);

/// How deep the text of a dimension nests: parsing deeper ones would exhaust
/// the stack.
inline constexpr int kMaxDimDepth = 128;
MaybePoly parsePoly(llvm::StringRef text, std::string *error);
/// A symbol's name as the text form has it, quoted where it is no identifier.
std::string quoteSymbol(llvm::StringRef name);

inline int64_t floorDivInt(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}
inline int64_t floorModInt(int64_t a, int64_t b) {
  return a - floorDivInt(a, b) * b;
}

/// The dialect's table of parsed dimensions.
std::unique_ptr<mlir::DialectInterface> makeDimTable(mlir::Dialect *dialect);
const DimPoly &getPoly(Dim dim);
Dim makeDim(mlir::MLIRContext *context, const MaybePoly &poly);

} // namespace hagane::xf::detail

#endif // HAGANE_DIALECTS_XF_DIMPOLY_H
