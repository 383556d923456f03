//===- CodedInput.cpp - Bytes that products read as they are --------------===//

#include "passes/kernels/CodedInput.h"
#include "dialects/xf/XfQuantization.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace hagane;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static bool isOne(Value value) {
  return typeOf(value).hasStaticShape() && typeOf(value).getNumElements() == 1;
}

Value hagane::skipFloatCasts(Value value) {
  while (auto cast = value.getDefiningOp<xf::Cast>()) {
    if (!isa<FloatType>(typeOf(value).getElementType()) ||
        !isa<FloatType>(typeOf(cast.getX()).getElementType()))
      break;
    value = cast.getX();
  }
  return value;
}

std::optional<int64_t> hagane::getSplatInteger(Value value) {
  auto toNumber = [&](const APInt &bits) {
    return typeOf(value).getElementType().isUnsignedInteger()
               ? static_cast<int64_t>(bits.getZExtValue())
               : bits.getSExtValue();
  };
  if (auto concat = value.getDefiningOp<xf::Concat>()) {
    std::optional<int64_t> first = getSplatInteger(concat->getOperand(0));
    for (Value part : concat->getOperands().drop_front())
      if (getSplatInteger(part) != first)
        return std::nullopt;
    return first;
  }
  if (auto reshape = value.getDefiningOp<xf::Reshape>())
    return getSplatInteger(reshape.getX());
  auto constant = value.getDefiningOp<xf::Constant>();
  if (!constant)
    return std::nullopt;
  if (auto dense = dyn_cast<DenseIntElementsAttr>(constant.getValue())) {
    auto numbers = dense.getValues<APInt>();
    if (dense.empty() || !llvm::all_equal(numbers))
      return std::nullopt;
    return toNumber(*numbers.begin());
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
  AsmResourceBlob *blob =
      resource ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob || blob->getData().empty() ||
      typeOf(value).getElementTypeBitWidth() != 8 ||
      !llvm::all_equal(blob->getData()))
    return std::nullopt;
  return toNumber(APInt(8, static_cast<uint8_t>(blob->getData().front())));
}

bool ByteInput::isSigned() const {
  return !typeOf(codes).getElementType().isUnsignedInteger();
}

/// The bytes that were made i32.
static Value skipWidening(Value value) {
  auto cast = value.getDefiningOp<xf::Cast>();
  return cast && typeOf(value).getElementType().isSignlessInteger(32) &&
                 typeOf(cast.getX()).getElementType().isInteger(8)
             ? cast.getX()
             : Value();
}

std::optional<ByteInput> ByteInput::match(Value x) {
  ByteInput input;
  if (auto op = skipFloatCasts(x).getDefiningOp<xf::Dequantize>()) {
    input = {op.getX(), op.getZeroPoint(), op.getScale()};
    if (!typeOf(input.scale).getElementType().isF32() || !isOne(input.scale))
      return std::nullopt;
  } else if (auto op = x.getDefiningOp<xf::Sub>()) {
    Value zero = skipWidening(op.getB());
    input = {skipWidening(op.getA()), zero ? zero : op.getB(), {}};
  } else {
    input.codes = skipWidening(x);
  }
  if (!input.codes || !typeOf(input.codes).getElementType().isInteger(8))
    return std::nullopt;
  if (!input.zero)
    return input;
  Type zero = typeOf(input.zero).getElementType();
  bool isKnown =
      isOne(input.zero) && (zero.isSignlessInteger(32) ||
                            zero == typeOf(input.codes).getElementType());
  return isKnown ? std::optional(input) : std::nullopt;
}

xf::QuantizeRows hagane::matchCodedRows(Value x) {
  auto dequantize = skipFloatCasts(x).getDefiningOp<xf::Dequantize>();
  auto rows = dequantize ? dequantize.getX().getDefiningOp<xf::QuantizeRows>()
                         : xf::QuantizeRows();
  if (!rows || dequantize.getZeroPoint() ||
      dequantize.getScale() != rows.getScales())
    return {};
  RankedTensorType type = typeOf(rows.getX());
  auto block = static_cast<int64_t>(rows.getBlock());
  if (block == 0)
    block = type.getShape().back();
  bool isInverse =
      static_cast<int64_t>(dequantize.getAxis()) == type.getRank() - 1 &&
      static_cast<int64_t>(dequantize.getBlock()) == block;
  return isInverse ? rows : xf::QuantizeRows();
}

bool hagane::isOfCodes(Value x) {
  return matchCodedRows(x) || ByteInput::match(x);
}
