//===- XfState.h - Caches that stay in place --------------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_XFSTATE_H
#define HAGANE_DIALECTS_XF_XFSTATE_H

#include "dialects/xf/XfOps.h"

namespace hagane::xf {
/// Bytes of the scale behind the codes of a row of a state of i8.
inline constexpr int64_t kStateScaleBytes = 4;
} // namespace hagane::xf

#define GET_OP_CLASSES
#include "dialects/xf/XfState.h.inc"

#endif // HAGANE_DIALECTS_XF_XFSTATE_H
