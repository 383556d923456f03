//===- DimResidues.h - Proofs by cases of remainders -*- C++ -*-===//
//
// Internal to the dialect. With s = m * s' + r, quotients and remainders by
// divisors of m are polynomials in s'.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_DIMRESIDUES_H
#define HAGANE_DIALECTS_XF_DIMRESIDUES_H

#include "dialects/xf/DimPoly.h"

namespace hagane::xf::detail {

using DimSymbols = llvm::StringMap<DimSymbolFacts>;
/// The bounds of a polynomial.
using DimBounds =
    llvm::function_ref<DimRange(const DimPoly &, const DimSymbols &)>;
using DimClaim = llvm::function_ref<bool(DimRange)>;

/// Whether the polynomial is within `claim` in each case of the remainders of
/// its symbols; false where there is nothing to split or too much.
bool holdsByRemainders(const DimPoly &poly, const DimSymbols &symbols,
                       DimBounds bounds, DimClaim claim);

/// Rules out the remainders for which the polynomial cannot be 0.
void learnRemainders(const DimPoly &zero, DimSymbols &symbols,
                     DimBounds bounds);

/// Rewrites quotients of symbols that are multiples of a number.
MaybePoly simplifyMultiples(const DimPoly &poly, const DimSymbols &symbols);

} // namespace hagane::xf::detail

#endif // HAGANE_DIALECTS_XF_DIMRESIDUES_H
