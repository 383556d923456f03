//===- XfSpecial.h - Algorithms that few models need ------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_XFSPECIAL_H
#define HAGANE_DIALECTS_XF_XFSPECIAL_H

#include "dialects/xf/XfOps.h"

#define GET_OP_CLASSES
#include "dialects/xf/XfSpecial.h.inc"

#endif // HAGANE_DIALECTS_XF_XFSPECIAL_H
