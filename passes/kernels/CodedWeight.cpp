//===- CodedWeight.cpp - Constant weights of codes and scales -------------===//

#include "passes/kernels/CodedWeight.h"
#include "passes/kernels/CodedInput.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Codes of blocks longer than this are not summed in i32.
static constexpr int64_t kMostBlock = 65536;

/// The floats before a change to a wider type, in which they are exact.
static Value skipWidening(Value value) {
  auto cast = value.getDefiningOp<xf::Cast>();
  if (!cast)
    return value;
  auto from = dyn_cast<FloatType>(typeOf(cast.getX()).getElementType()),
       to = dyn_cast<FloatType>(typeOf(value).getElementType());
  bool isWidening = from && to && to.isF32() && (from.isF16() || from.isBF16());
  return isWidening ? cast.getX() : value;
}

static Value reshapeConstant(Value value, ArrayRef<int64_t> shape,
                             KernelBuilder &b) {
  if (typeOf(value).getShape() == shape)
    return value;
  SmallVector<Dim> dims = llvm::map_to_vector(
      shape, [&](int64_t size) { return b.constant(size); });
  return xf::Reshape::create(
      b.rewriter, value.getLoc(),
      RankedTensorType::get(shape, typeOf(value).getElementType()), value,
      Value(), getDimsAttr(b.rewriter.getContext(), dims));
}

/// Whether there is one for all, for each column, or for each block.
static bool canSpread(Value value, ArrayRef<int64_t> shape) {
  RankedTensorType type = typeOf(value);
  return type.getNumElements() == 1 || type.getShape() == shape ||
         (type.getRank() == 1 &&
          type.getNumElements() == ShapedType::getNumElements(shape));
}

/// A scale or zero point for each block, from one for all or for each column.
static Value spread(Value value, ArrayRef<int64_t> shape, KernelBuilder &b) {
  if (typeOf(value).getNumElements() != 1)
    return reshapeConstant(value, shape, b);
  if (ShapedType::getNumElements(shape) == 1)
    return reshapeConstant(value, shape, b);
  Type element = typeOf(value).getElementType();
  auto type = RankedTensorType::get(shape, element);
  auto makeConstant = [&](DenseElementsAttr elements) -> Value {
    return xf::Constant::create(b.rewriter, value.getLoc(), type, elements,
                                StringAttr());
  };
  if (std::optional<int64_t> number = getSplatInteger(value))
    return makeConstant(
        DenseElementsAttr::get(type, APInt(element.getIntOrFloatBitWidth(),
                                           static_cast<uint64_t>(*number),
                                           /*isSigned=*/false,
                                           /*implicitTrunc=*/true)));
  Value scalar = reshapeConstant(value, {}, b);
  if (isa<FloatType>(element))
    return xf::Mul::create(b.rewriter, value.getLoc(), type,
                           makeConstant(DenseElementsAttr::get(
                               type, FloatAttr::get(element, 1).getValue())),
                           scalar);
  return xf::Add::create(
      b.rewriter, value.getLoc(), type,
      makeConstant(DenseElementsAttr::get(
          type, APInt::getZero(element.getIntOrFloatBitWidth()))),
      scalar);
}

int64_t CodedWeight::getDepth() const {
  return getType().getDimSize(transposed ? 1 : 0);
}

int64_t CodedWeight::getColumns() const {
  return getType().getDimSize(transposed ? 0 : 1);
}

bool CodedWeight::areBytes() const {
  if (!getType().getElementType().isInteger(8) || !isOneBlock())
    return false;
  std::optional<int64_t> zero = zeros ? getSplatInteger(zeros) : 0;
  return zero == (isSigned() ? 0 : kMiddleByte);
}

Value CodedWeight::makeSignedBytes(KernelBuilder &b) const {
  if (isSigned())
    return codes;
  Location loc = codes.getLoc();
  Type wide = b.rewriter.getIntegerType(16);
  auto scalar = RankedTensorType::get({}, wide);
  Value middle = xf::Constant::create(
      b.rewriter, loc, scalar,
      DenseElementsAttr::get(scalar, APInt(16, kMiddleByte)), StringAttr());
  Value shifted =
      xf::Sub::create(b.rewriter, loc, getType().clone(wide),
                      xf::Cast::create(b.rewriter, loc, codes, wide), middle);
  return xf::Cast::create(b.rewriter, loc, shifted, b.rewriter.getI8Type());
}

std::optional<CodedWeight>
CodedWeight::matchIntegers(Value weight, bool transposed, KernelBuilder &b) {
  if (!b.isConstantExpression(weight) || typeOf(weight).getRank() != 2)
    return std::nullopt;
  std::optional<ByteInput> bytes = ByteInput::match(weight);
  if (!bytes || bytes->scale || typeOf(weight).getNumElements() == 0)
    return std::nullopt;
  CodedWeight coded{bytes->codes, {}, bytes->zero, 0, transposed};
  coded.block = coded.getDepth();
  return coded;
}

std::optional<CodedWeight> CodedWeight::match(Value weight, bool transposed,
                                              KernelBuilder &b) {
  weight = skipFloatCasts(weight);
  if (!b.isConstantExpression(weight) || typeOf(weight).getRank() != 2 ||
      typeOf(weight).getNumElements() == 0)
    return std::nullopt;
  if (auto transpose = weight.getDefiningOp<xf::Transpose>())
    return transpose.getPermutation()[0] == 1
               ? match(transpose.getX(), !transposed, b)
               : match(transpose.getX(), transposed, b);
  if (auto concat = weight.getDefiningOp<xf::Concat>())
    return matchConcat(concat, transposed, b);
  auto dequantize = weight.getDefiningOp<xf::Dequantize>();
  return dequantize ? matchCodes(dequantize, transposed, b) : std::nullopt;
}

std::optional<CodedWeight>
CodedWeight::matchCodes(xf::Dequantize op, bool transposed, KernelBuilder &b) {
  CodedWeight weight{op.getX(), skipWidening(op.getScale()), op.getZeroPoint(),
                     static_cast<int64_t>(op.getBlock()), transposed};
  auto code = dyn_cast<IntegerType>(weight.getType().getElementType());
  Type scale = typeOf(weight.scales).getElementType();
  if (!code || code.getWidth() > 8 || code.getWidth() < 2 ||
      (!scale.isF16() && !scale.isBF16() && !scale.isF32()) ||
      (weight.zeros && typeOf(weight.zeros).getElementType() != code))
    return std::nullopt;
  int64_t depth = weight.getDepth();
  bool isScalar = typeOf(weight.scales).getNumElements() == 1,
       isAlong = static_cast<int64_t>(op.getAxis()) == (transposed ? 1 : 0);
  // One for each row of k is no factor of a column.
  if (!isScalar && isAlong != (weight.block != 0))
    return std::nullopt;
  if (weight.block <= 0 || weight.block > depth || isScalar)
    weight.block = depth;
  if (weight.block > kMostBlock)
    return std::nullopt;
  SmallVector<int64_t> shape(weight.getType().getShape());
  shape[transposed ? 1 : 0] = llvm::divideCeil(depth, weight.block);
  if (!canSpread(weight.scales, shape) ||
      (weight.zeros && !canSpread(weight.zeros, shape)))
    return std::nullopt;
  weight.scales = spread(weight.scales, shape, b);
  if (weight.zeros)
    weight.zeros = spread(weight.zeros, shape, b);
  return weight;
}

/// Columns side by side.
std::optional<CodedWeight>
CodedWeight::matchConcat(xf::Concat op, bool transposed, KernelBuilder &b) {
  if (static_cast<int64_t>(op.getAxis()) != (transposed ? 0 : 1))
    return std::nullopt;
  SmallVector<Value> codes, scales, zeros;
  std::optional<CodedWeight> first;
  for (Value part : op->getOperands()) {
    std::optional<CodedWeight> weight = match(part, transposed, b);
    if (!weight)
      return std::nullopt;
    if (!first)
      first = weight;
    auto hasTypeOf = [](Value a, Value b) {
      return typeOf(a).getElementType() == typeOf(b).getElementType();
    };
    if (weight->transposed != first->transposed ||
        weight->block != first->block || !weight->zeros != !first->zeros ||
        !hasTypeOf(weight->codes, first->codes) ||
        !hasTypeOf(weight->scales, first->scales))
      return std::nullopt;
    codes.push_back(weight->codes);
    scales.push_back(weight->scales);
    if (weight->zeros)
      zeros.push_back(weight->zeros);
  }
  int64_t axis = first->transposed ? 0 : 1;
  auto join = [&](ArrayRef<Value> parts) -> Value {
    return xf::Concat::create(b.rewriter, op.getLoc(), parts, axis);
  };
  CodedWeight weight = *first;
  weight.codes = join(codes);
  weight.scales = join(scales);
  if (!zeros.empty())
    weight.zeros = join(zeros);
  return weight;
}

kernel::CodesAttr CodedWeight::getCodes(KernelBuilder &b) const {
  auto code = cast<IntegerType>(getType().getElementType());
  int64_t bits = code.getWidth(),
          shift = code.isUnsigned() ? 0 : int64_t(1) << (bits - 1);
  std::optional<int64_t> zero = shift;
  if (zeros) {
    zero = getSplatInteger(zeros);
    if (zero)
      zero = *zero + shift;
  }
  return kernel::CodesAttr::get(b.rewriter.getContext(), bits,
                                isOneBlock() ? 0 : block, zero,
                                typeOf(scales).getElementType());
}

Value CodedWeight::makeSums(Value bytes, int64_t factor,
                            KernelBuilder &b) const {
  Location loc = codes.getLoc();
  Type i32 = b.rewriter.getI32Type();
  auto sumType = RankedTensorType::get({getColumns()}, i32);
  Value wide = xf::Cast::create(b.rewriter, loc, bytes, i32);
  Value sums = xf::Reduce::create(
      b.rewriter, loc, sumType, wide, xf::ReduceKind::sum,
      ArrayRef<int64_t>{transposed ? 1 : 0}, /*keep_dims=*/false);
  auto scalar = RankedTensorType::get({}, i32);
  Value times = xf::Constant::create(
      b.rewriter, loc, scalar,
      DenseElementsAttr::get(scalar, static_cast<int32_t>(factor)),
      StringAttr());
  return xf::Mul::create(b.rewriter, loc, sumType, sums, times);
}

Value CodedWeight::makeScaleRow(KernelBuilder &b) const {
  return reshapeConstant(scales, {getColumns()}, b);
}
