//===- XfDynamic.h - What only running the model tells ----------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_XFDYNAMIC_H
#define HAGANE_DIALECTS_XF_XFDYNAMIC_H

#include "dialects/xf/XfOps.h"

#define GET_OP_CLASSES
#include "dialects/xf/XfDynamic.h.inc"

namespace hagane::xf {
/// `dim` where it is not 1, `otherwise` where it is: what NumPy's broadcasting
/// makes of the two.
Dim unlessOne(Dim dim, Dim otherwise);
} // namespace hagane::xf

#endif // HAGANE_DIALECTS_XF_XFDYNAMIC_H
