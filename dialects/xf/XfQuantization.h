//===- XfQuantization.h - Codes and scales from numbers ---------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_XFQUANTIZATION_H
#define HAGANE_DIALECTS_XF_XFQUANTIZATION_H

#include "dialects/xf/XfOps.h"

namespace hagane::xf {

/// Blocks of smaller numbers count as zeros: the inverse of their scale would
/// leave the range of f32.
inline constexpr float kLeastMagnitude = 0x1p-119F;

/// The grid of "mse": steps of 1/32. Symmetric, the largest number is divided
/// by 2^(bits-1) - 1, then by 2^(bits-1) * (1 + step); otherwise the range is
/// cut to 1 - step.
inline constexpr float kGridStep = 0x1p-5F;
inline constexpr int kFirstDivisor = -4, kLastDivisor = 28, kLastCut = 20;

} // namespace hagane::xf

#define GET_OP_CLASSES
#include "dialects/xf/XfQuantization.h.inc"

#endif // HAGANE_DIALECTS_XF_XFQUANTIZATION_H
