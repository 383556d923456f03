//===- ExpandMath.h - Elementary functions as arithmetic ---------*- C++
//-*-===//
//
// Compiled code calls no mathematics library, so every function of the math
// dialect becomes branch-free arithmetic on vectors.
//
// Errors against the exact result, in units in the last place of f32:
//   exp, tanh, erf        at most 2 (tested over all floats)
//   log, sin, cos, tan, pow, atan, asin, acos, sinh, cosh, asinh, acosh,
//   atanh, log1p, expm1   at most 1: evaluated in f64 and rounded once;
//                         sine and cosine for arguments up to 2^30
// In f64 the latter are good to about 1e-13 relative.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CPU_EXPANDMATH_H
#define HAGANE_CODEGEN_CPU_EXPANDMATH_H

#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

namespace hagane::cpu {

/// Patterns that replace math operations on scalars and vectors of f32, f64.
void populateExpandMathPatterns(mlir::RewritePatternSet &patterns);

std::unique_ptr<mlir::Pass> createExpandMathPass();

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_EXPANDMATH_H
