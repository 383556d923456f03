//===- WeightPieces.cpp - Parts of the constants of the module ------------===//

#include "codegen/module/WeightPieces.h"
#include "codegen/module/PackCodes.h"
#include "codegen/module/PackWeights.h"
#include "codegen/module/RoundWeights.h"
#include "dialects/xf/eval/Evaluate.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cstring>
#include <vector>

using namespace mlir;
using namespace hagane;
using namespace hagane::codegen;
using xf::eval::HostTensor;
using Tensor = llvm::Expected<HostTensor>;

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

/// What cannot be evaluated in pieces takes at most this.
static xf::eval::EvaluateOptions limits() {
  xf::eval::EvaluateOptions options;
  options.maxResultBytes = int64_t(4) << 30;
  return options;
}

/// A part of a tensor: borrowed where it is contiguous, else a copy.
static Tensor cut(const HostTensor &tensor, PieceRange range) {
  ArrayRef<int64_t> shape = tensor.getShape();
  SmallVector<int64_t> result(shape);
  result[range.axis] = range.end - range.begin;
  int64_t outer = product(shape.take_front(range.axis)),
          inner = product(shape.drop_front(range.axis + 1)) *
                  tensor.getElement().bytes,
          row = shape[range.axis] * inner, part = result[range.axis] * inner;
  const char *source = tensor.data() + range.begin * inner;
  if (outer == 1)
    return HostTensor::borrow(tensor.getElementType(), result,
                              ArrayRef(source, static_cast<size_t>(part)),
                              std::make_shared<HostTensor>(tensor));
  Tensor copy = HostTensor::create(tensor.getElementType(), result);
  if (copy && part)
    for (int64_t i = 0; i < outer; ++i)
      std::memcpy(copy->data() + i * part, source + i * row, part);
  return copy;
}

/// One operation on parts: its result may have other sizes than it states.
Tensor WeightPieces::evaluate(Operation *op, ArrayRef<HostTensor> operands) {
  guilty = op;
  Operation *copy = op->cloneWithoutRegions();
  auto type = cast<RankedTensorType>(copy->getResult(0).getType());
  copy->getResult(0).setType(RankedTensorType::get(
      SmallVector<int64_t>(type.getRank(), ShapedType::kDynamic),
      type.getElementType()));
  SmallVector<HostTensor> results;
  llvm::Error error = xf::eval::evaluate(copy, operands, limits(), results);
  copy->destroy();
  if (error)
    return error;
  return std::move(results.front());
}

Tensor WeightPieces::getWhole(Value value) {
  auto known = whole.find(value);
  if (known != whole.end())
    return known->second;
  Operation *op = value.getDefiningOp();
  if (auto pack = dyn_cast<kernel::Pack>(op))
    return getPacked(pack, {0, 0, shapeOf(pack.getY()).front()});
  if (auto pack = dyn_cast<kernel::PackCodes>(op))
    return getCoded(pack, {0, 0, shapeOf(pack.getY()).front()});
  if (auto quantize = dyn_cast<xf::QuantizeWeight>(op))
    return getAllQuantized(quantize, cast<OpResult>(value).getResultNumber());
  if (std::optional<int64_t> axis = matchSumOfBytes(op))
    return getSums(cast<xf::Reduce>(op), *axis);
  SmallVector<HostTensor> operands, results;
  for (Value operand : op->getOperands()) {
    Tensor tensor = getWhole(operand);
    if (!tensor)
      return tensor;
    operands.push_back(*tensor);
  }
  guilty = op;
  if (auto cast = dyn_cast<xf::Cast>(op); cast && roundsToBf16(cast)) {
    Tensor rounded = roundToBf16(op->getContext(), operands.front());
    if (rounded)
      whole[value] = *rounded;
    return rounded;
  }
  if (llvm::Error error = xf::eval::evaluate(op, operands, limits(), results))
    return error;
  for (auto [result, tensor] : llvm::zip_equal(op->getResults(), results))
    whole[result] = tensor;
  return whole[value];
}

Tensor WeightPieces::cutWhole(Value value, PieceRange range) {
  Tensor tensor = getWhole(value);
  return tensor ? cut(*tensor, range) : std::move(tensor);
}

/// Some panels are some columns of each group of the matrix.
Tensor WeightPieces::getPacked(kernel::Pack op, PieceRange range) {
  kernel::PackedForm form = op.getForm();
  int64_t columnAxis = form.transposed ? 0 : 1, width = form.getGroupWidth(),
          columns = shapeOf(op.getW())[columnAxis] / form.groups;
  if (range.axis != 0)
    return cutWhole(op.getY(), range);
  SmallVector<HostTensor> parts;
  for (int64_t group = 0; group < form.groups; ++group) {
    int64_t first = group * columns;
    Tensor part =
        get(op.getW(), {columnAxis, first + range.begin * width,
                        first + std::min(range.end * width, columns)});
    if (!part)
      return part;
    parts.push_back(*part);
  }
  guilty = op;
  return packPanels(op.getContext(), parts, form);
}

/// The same of values, their scales and zero points.
Tensor WeightPieces::getCoded(kernel::PackCodes op, PieceRange range) {
  if (range.axis != 0)
    return cutWhole(op.getY(), range);
  auto groups = static_cast<int64_t>(op.getGroups());
  int64_t columnAxis = op.getTransposed() ? 0 : 1,
          width = kernel::kCodesPanel / groups,
          columns = shapeOf(op.getValues())[columnAxis] / groups;
  std::vector<CodedMatrix> parts;
  for (int64_t group = 0; group < groups; ++group) {
    int64_t first = group * columns;
    PieceRange wanted{columnAxis, first + range.begin * width,
                      first + std::min(range.end * width, columns)};
    CodedMatrix &part = parts.emplace_back();
    HostTensor *to[] = {&part.values, &part.scales, &part.zeros};
    for (auto [operand, tensor] : llvm::zip(op->getOperands(), to)) {
      Tensor piece = get(operand, wanted);
      if (!piece)
        return piece.takeError();
      *tensor = *piece;
    }
  }
  guilty = op;
  return packCodes(op.getContext(), parts, op.getCodes(), op.getTransposed());
}

/// All blocks of some columns.
Tensor WeightPieces::getQuantized(xf::QuantizeWeight op, unsigned result,
                                  PieceRange range) {
  if (range.axis != (op.getTransposed() ? 0 : 1))
    return cutWhole(op->getResult(result), range);
  bool isKnown = quantized.op == op && quantized.range.begin == range.begin &&
                 quantized.range.end == range.end;
  if (!isKnown) {
    Tensor w = get(op.getW(), range);
    if (!w)
      return w;
    guilty = op;
    llvm::Expected<QuantizedMatrix> matrix = quantizeWeight(op, *w);
    if (!matrix)
      return matrix.takeError();
    quantized.op = op;
    quantized.range = range;
    quantized.matrix = std::move(*matrix);
  }
  return quantized.matrix.get(result);
}

/// Columns whose numbers are in memory at a time.
static constexpr int64_t kMostColumns = 1024;

/// One result for all columns, of which there may be more than one wants to
/// hold as numbers.
Tensor WeightPieces::getAllQuantized(xf::QuantizeWeight op, unsigned result) {
  Value value = op->getResult(result);
  ArrayRef<int64_t> shape = shapeOf(value);
  int64_t axis = op.getTransposed() ? 0 : 1, columns = shape[axis];
  if (columns <= kMostColumns)
    return getQuantized(op, result, {axis, 0, columns});
  Tensor all = HostTensor::create(getElementTypeOrSelf(value), shape);
  if (!all)
    return all;
  int64_t bytes = all->getElement().bytes,
          inner = product(shape.drop_front(axis + 1)) * bytes,
          outer = product(shape.take_front(axis));
  for (int64_t begin = 0; begin < columns; begin += kMostColumns) {
    int64_t end = std::min(begin + kMostColumns, columns),
            part = (end - begin) * inner;
    Tensor piece = getQuantized(op, result, {axis, begin, end});
    if (!piece)
      return piece;
    for (int64_t i = 0; i < outer; ++i)
      std::memcpy(all->data() + (i * columns + begin) * inner,
                  std::as_const(*piece).data() + i * part, part);
  }
  whole[value] = *all;
  return all;
}

/// The sums of a matrix of bytes, whose columns come as they are needed.
Tensor WeightPieces::getSums(xf::Reduce op, int64_t axis) {
  Value codes = op.getX().getDefiningOp()->getOperand(0);
  int64_t columns = shapeOf(codes)[1 - axis];
  Tensor all = HostTensor::create(getElementTypeOrSelf(op.getY()), {columns});
  for (int64_t begin = 0; all && begin < columns; begin += kMostColumns) {
    int64_t end = std::min(begin + kMostColumns, columns);
    Tensor part = get(codes, {1 - axis, begin, end});
    if (!part)
      return part;
    guilty = op;
    Tensor sums = sumBytes(op.getContext(), *part, axis);
    if (!sums)
      return sums;
    std::memcpy(all->at(begin), std::as_const(*sums).data(),
                sums->getByteCount());
  }
  return all;
}

Tensor WeightPieces::getConcat(xf::Concat op, PieceRange range) {
  int64_t axis = op.getAxis(), start = 0;
  SmallVector<HostTensor> parts;
  for (Value operand : op->getOperands()) {
    int64_t size = shapeOf(operand)[axis];
    PieceRange wanted = range;
    if (axis == range.axis) {
      wanted.begin = std::clamp<int64_t>(range.begin - start, 0, size);
      wanted.end = std::clamp<int64_t>(range.end - start, 0, size);
    }
    start += size;
    Tensor part = get(operand, wanted);
    if (!part)
      return part;
    parts.push_back(*part);
  }
  return evaluate(op, parts);
}

/// Scales and zero points are one, one per element of `axis`, or, with blocks,
/// of x's rank.
Tensor WeightPieces::getDequantized(xf::Dequantize op, PieceRange range) {
  int64_t block = static_cast<int64_t>(op.getBlock());
  bool isAlong = static_cast<int64_t>(op.getAxis()) == range.axis;
  if (block > 0 && isAlong && range.begin % block != 0)
    return cutWhole(op.getY(), range);
  Tensor x = get(op.getX(), range);
  if (!x)
    return x;
  SmallVector<HostTensor> parts{*x};
  for (Value operand : op->getOperands().drop_front()) {
    bool isOne = product(shapeOf(operand)) == 1;
    PieceRange wanted = range;
    if (block > 0 && isAlong)
      wanted = {range.axis, range.begin / block,
                static_cast<int64_t>(llvm::divideCeil(range.end, block))};
    if (block <= 0)
      wanted.axis = 0;
    Tensor part = isOne || (block <= 0 && !isAlong) ? getWhole(operand)
                                                    : get(operand, wanted);
    if (!part)
      return part;
    parts.push_back(*part);
  }
  return evaluate(op, parts);
}

/// Rows in front stay rows in front if the bounds fall between them.
Tensor WeightPieces::getReshaped(xf::Reshape op, PieceRange range) {
  ArrayRef<int64_t> to = shapeOf(op.getY()), from = shapeOf(op.getX());
  if (range.axis != 0 || from.empty() || op->getNumOperands() != 1)
    return cutWhole(op.getY(), range);
  int64_t toRow = product(to.drop_front()),
          fromRow = product(from.drop_front());
  if (fromRow == 0 || range.begin * toRow % fromRow != 0 ||
      range.end * toRow % fromRow != 0)
    return cutWhole(op.getY(), range);
  Tensor rows = get(op.getX(), {0, range.begin * toRow / fromRow,
                                range.end * toRow / fromRow});
  if (!rows)
    return rows;
  SmallVector<int64_t> shape(to);
  shape[0] = range.end - range.begin;
  return rows->withShape(shape);
}

/// Operands' last axes are the result's, but for those of size 1.
Tensor WeightPieces::getMultiplied(xf::Mul op, PieceRange range) {
  SmallVector<HostTensor> parts;
  for (Value operand : op->getOperands()) {
    ArrayRef<int64_t> shape = shapeOf(operand);
    int64_t axis = range.axis - static_cast<int64_t>(shapeOf(op.getY()).size() -
                                                     shape.size());
    Tensor part = axis < 0 || shape[axis] == 1
                      ? getWhole(operand)
                      : get(operand, {axis, range.begin, range.end});
    if (!part)
      return part;
    parts.push_back(*part);
  }
  return evaluate(op, parts);
}

Tensor WeightPieces::get(Value value, PieceRange range) {
  ArrayRef<int64_t> shape = shapeOf(value);
  if (auto op = value.getDefiningOp<xf::QuantizeWeight>())
    return getQuantized(op, cast<OpResult>(value).getResultNumber(), range);
  if (range.begin == 0 && range.end == shape[range.axis])
    return getWhole(value);
  return llvm::TypeSwitch<Operation *, Tensor>(value.getDefiningOp())
      .Case([&](kernel::Pack op) { return getPacked(op, range); })
      .Case([&](kernel::PackCodes op) { return getCoded(op, range); })
      .Case([&](xf::Concat op) { return getConcat(op, range); })
      .Case([&](xf::Dequantize op) { return getDequantized(op, range); })
      .Case([&](xf::Mul op) { return getMultiplied(op, range); })
      .Case([&](xf::Reshape op) { return getReshaped(op, range); })
      .Case([&](xf::Cast op) -> Tensor {
        Tensor part = get(op.getX(), range);
        if (!part)
          return part;
        return roundsToBf16(op) ? roundToBf16(op->getContext(), *part)
                                : evaluate(op, *part);
      })
      .Case([&](xf::Transpose op) -> Tensor {
        Tensor part = get(op.getX(), {op.getPermutation()[range.axis],
                                      range.begin, range.end});
        return part ? evaluate(op, *part) : std::move(part);
      })
      .Default([&](Operation *) { return cutWhole(value, range); });
}
