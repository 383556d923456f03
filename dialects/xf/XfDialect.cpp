//===- XfDialect.cpp - The xf dialect -----------------------------------------===//

#include "dialects/xf/XfOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane::xf;

#include "dialects/xf/XfDialect.cpp.inc"
#include "dialects/xf/XfEnums.cpp.inc"
#include "dialects/xf/XfInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/xf/XfAttributes.cpp.inc"

void XfDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/xf/XfAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/xf/XfOps.cpp.inc"
      >();
}

#define GET_OP_CLASSES
#include "dialects/xf/XfOps.cpp.inc"
