//===- XfAttributes.h - Attributes of the xf dialect -*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_XFATTRIBUTES_H
#define HAGANE_DIALECTS_XF_XFATTRIBUTES_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectImplementation.h"

#include "dialects/xf/XfEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/xf/XfAttributes.h.inc"

#endif // HAGANE_DIALECTS_XF_XFATTRIBUTES_H
