//===- XfDynamic.h - What only running the model tells ----------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_XFDYNAMIC_H
#define HAGANE_DIALECTS_XF_XFDYNAMIC_H

#include "dialects/xf/XfOps.h"

#define GET_OP_CLASSES
#include "dialects/xf/XfDynamic.h.inc"

#endif // HAGANE_DIALECTS_XF_XFDYNAMIC_H
