//===- XfDialect.cpp - The xf dialect -------------------------------------===//

#include "dialects/xf/DimPoly.h"
#include "dialects/xf/XfDynamic.h"
#include "dialects/xf/XfQuantization.h"
#include "dialects/xf/XfSpecial.h"
#include "dialects/xf/XfState.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
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
  addInterface(detail::makeDimTable(this));
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/xf/XfAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/xf/XfOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/xf/XfDynamic.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/xf/XfSpecial.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/xf/XfQuantization.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/xf/XfState.cpp.inc"
      >();
}

Operation *XfDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location location) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (elements && elements.getShapedType() == type)
    return Constant::create(builder, location, elements, /*name=*/StringAttr());
  return arith::ConstantOp::materialize(builder, value, type, location);
}

#define GET_OP_CLASSES
#include "dialects/xf/XfOps.cpp.inc"

LogicalResult hagane::xf::Symbol::verify() {
  if (int64_t(getMin()) < 0 || getMin() > getMax())
    return emitOpError("(Y1) ranges from ")
           << int64_t(getMin()) << " to " << int64_t(getMax())
           << ", expected 0 <= min <= max";
  return success();
}
