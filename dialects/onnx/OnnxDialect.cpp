#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane::onnx;

namespace {

/// An integer without its type, which is always i64.
ParseResult parseInteger(OpAsmParser &parser, IntegerAttr &attr) {
  int64_t value;
  if (parser.parseInteger(value))
    return failure();
  attr = parser.getBuilder().getI64IntegerAttr(value);
  return success();
}

void printInteger(OpAsmPrinter &printer, Operation *, IntegerAttr attr) {
  printer << attr.getInt();
}

} // namespace

#include "dialects/onnx/OnnxDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/onnx/OnnxTypes.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.cpp.inc"

void OnnxDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/onnx/OnnxTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/onnx/OnnxOps.cpp.inc"
      >();
}

std::optional<uint64_t> hagane::onnx::rawDataSize(ShapedType type) {
  if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return std::nullopt;
  // A bool has a byte to itself; elements of 2, 4 and 6 bits are packed.
  uint64_t bits = type.getElementTypeBitWidth();
  if (bits == 1)
    bits = 8;
  uint64_t total = bits;
  for (int64_t dim : type.getShape()) {
    bool overflow = false;
    total = llvm::SaturatingMultiply<uint64_t>(total, dim, &overflow);
    if (overflow)
      return std::nullopt;
  }
  return llvm::divideCeil(total, 8);
}

//===----------------------------------------------------------------------===//
// onnx.node
//===----------------------------------------------------------------------===//

static Value presentOrNull(ValueRange values, unsigned index) {
  if (index >= values.size() || isa<NoneType>(values[index].getType()))
    return {};
  return values[index];
}

Value NodeOp::getInput(unsigned index) {
  return presentOrNull(getInputs(), index);
}

Value NodeOp::getOutput(unsigned index) {
  return presentOrNull(getOutputs(), index);
}

Attribute NodeOp::getAttribute(StringRef name) {
  return getNodeAttrs().get(name);
}

int64_t NodeOp::getInt(StringRef name, int64_t fallback) {
  auto attr = getAttribute<IntegerAttr>(name);
  return attr && attr.getType().isInteger(64) ? attr.getInt() : fallback;
}

float NodeOp::getFloat(StringRef name, float fallback) {
  auto attr = getAttribute<FloatAttr>(name);
  return attr && attr.getType().isF32() ? attr.getValue().convertToFloat()
                                        : fallback;
}

StringRef NodeOp::getString(StringRef name, StringRef fallback) {
  auto attr = getAttribute<StringAttr>(name);
  return attr ? attr.getValue() : fallback;
}

std::optional<ArrayRef<int64_t>> NodeOp::getInts(StringRef name) {
  auto attr = getAttribute<DenseI64ArrayAttr>(name);
  if (!attr)
    return std::nullopt;
  return attr.asArrayRef();
}

Region *NodeOp::getSubgraph(StringRef name) {
  for (auto [attr, region] : llvm::zip_equal(
           getSubgraphs().getAsValueRange<StringAttr>(), getBodies()))
    if (attr == name)
      return &region;
  return nullptr;
}

void NodeOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  if (!getOutputs().empty())
    setName(getOutputs().front(), getOpType().lower());
}

LogicalResult NodeOp::verify() {
  if (getOpType().empty())
    return emitOpError("(C1) has an empty operator type");
  if (getSinceVersion() == 0 || static_cast<int64_t>(getSinceVersion()) < 0)
    return emitOpError("(C2) has version ")
           << static_cast<int64_t>(getSinceVersion())
           << ", expected at least 1";
  if (getSubgraphs().size() != getBodies().size())
    return emitOpError("(C3) names ")
           << getSubgraphs().size() << " subgraphs but has "
           << getBodies().size() << " regions";
  llvm::StringSet<> names;
  for (auto [name, body] : llvm::zip_equal(
           getSubgraphs().getAsValueRange<StringAttr>(), getBodies())) {
    if (!names.insert(name).second)
      return emitOpError("(C3) names subgraph \"") << name << "\" twice";
    if (body.front().empty() || !isa<YieldOp>(body.front().back()))
      return emitOpError("(C4) subgraph \"")
             << name << "\" does not end in onnx.yield";
    if (getNodeAttrs().contains(name))
      return emitOpError("(C5) subgraph \"")
             << name << "\" has the name of an attribute";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// onnx.initializer
//===----------------------------------------------------------------------===//

void InitializerOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), getName());
}

OpFoldResult InitializerOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult InitializerOp::verify() {
  auto type = cast<ShapedType>(getResult().getType());
  if (!type.hasStaticShape())
    return emitOpError("(C1) has type ") << type << ", expected a static shape";
  auto resource = dyn_cast<DenseResourceElementsAttr>(getValue());
  if (!resource || !resource.getRawHandle().getBlob())
    return success();
  size_t got = resource.getRawHandle().getBlob()->getData().size();
  std::optional<uint64_t> want = rawDataSize(type);
  if (want && *want == got)
    return success();
  InFlightDiagnostic diag = emitOpError("(C2) has ")
                            << got << " bytes of data, ";
  if (want)
    return diag << type << " needs " << *want;
  return diag << type << " has no data layout";
}
