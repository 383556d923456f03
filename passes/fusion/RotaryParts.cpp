//===- RotaryParts.cpp - Pairs of features and tables of angles -----------===//

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"
#include "passes/fusion/Rotary.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

static int64_t getWidth(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getRank() == 0 ? 1 : type.getShape().back();
}

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

Value hagane::fusion::matchPart(Value value, bool second, Pairing pairing) {
  auto slice = value.getDefiningOp<xf::Slice>();
  std::optional<Window> window = slice ? getWindow(slice) : std::nullopt;
  if (!window || window->axis != getRank(value) - 1)
    return {};
  int64_t size = getWidth(slice.getX()), half = size / 2;
  if (size % 2 != 0)
    return {};
  bool matches = pairing == Pairing::halves
                     ? window->step == 1 &&
                           window->begin == (second ? half : 0) &&
                           window->end == (second ? size : half)
                     : window->step == 2 && window->begin == (second ? 1 : 0) &&
                           window->end >= size - (second ? 0 : 1);
  return matches ? slice.getX() : Value();
}

/// The tensor that got a last axis of size 1; null if `value` is no such
/// reshape.
static Value matchUnsqueezed(Value value, Shapes &shapes) {
  auto reshape = value.getDefiningOp<xf::Reshape>();
  if (!reshape || getWidth(value) != 1)
    return {};
  SmallVector<Dim> dims = shapes.getDims(value);
  dims.pop_back();
  return shapes.areEqual(dims, shapes.getDims(reshape.getX())) ? reshape.getX()
                                                               : Value();
}

/// Whether merging the last axis of size 2 into the one before gives `value`.
static bool mergesPairs(xf::Reshape op, Shapes &shapes) {
  SmallVector<Dim> dims = shapes.getDims(op.getX());
  if (dims.size() < 2 || !dims.back().isConstant(2))
    return false;
  dims.pop_back();
  dims.back() = dims.back() * 2;
  return shapes.areEqual(dims, shapes.getDims(op.getY()));
}

std::optional<Paired> hagane::fusion::matchPaired(Value value, Pairing pairing,
                                                  Shapes &shapes) {
  if (pairing == Pairing::interleaved) {
    auto merge = value.getDefiningOp<xf::Reshape>();
    if (!merge || !mergesPairs(merge, shapes))
      return std::nullopt;
    value = merge.getX();
  }
  auto concat = value.getDefiningOp<xf::Concat>();
  if (!concat || concat.getInputs().size() != 2 ||
      static_cast<int64_t>(concat.getAxis()) != getRank(value) - 1)
    return std::nullopt;
  Paired pair{concat.getInputs()[0], concat.getInputs()[1]};
  if (pairing == Pairing::interleaved)
    pair = {matchUnsqueezed(pair.first, shapes),
            matchUnsqueezed(pair.second, shapes)};
  if (!pair.first || !pair.second ||
      getWidth(pair.first) != getWidth(pair.second) ||
      ShapedType::isDynamic(getWidth(pair.first)))
    return std::nullopt;
  return pair;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// Whether operation and result have the same last axis, each element of which
/// depends on those of operands at that position only.
static bool keepsLastAxis(Operation *op) {
  if (isa<xf::Cast, xf::Mul, xf::Add, xf::Sub, xf::Div>(op))
    return true;
  if (auto transpose = dyn_cast<xf::Transpose>(op))
    return transpose.getPermutation().back() == getRank(transpose.getY()) - 1;
  if (auto slice = dyn_cast<xf::Slice>(op))
    return op->getNumOperands() == 1 &&
           !llvm::is_contained(slice.getAxes(), getRank(slice.getY()) - 1);
  return op->hasTrait<OpTrait::Elementwise>();
}

Value TableHalver::clone(Operation *op, ArrayRef<Value> operands) {
  IRMapping mapping;
  for (auto [operand, value] : llvm::zip(op->getOperands(), operands))
    mapping.map(operand, value);
  Value result = builder.clone(*op, mapping)->getResult(0);
  auto type = cast<RankedTensorType>(result.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() /= 2;
  result.setType(RankedTensorType::get(shape, type.getElementType()));
  return result;
}

Value TableHalver::halveOperands(Operation *op) {
  int64_t width = getWidth(op->getResult(0));
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    // Operands that broadcast along the last axis repeat by that.
    if (getWidth(operand) == width)
      operand = halve(operand);
    else if (getWidth(operand) != 1)
      return {};
    if (!operand)
      return {};
    operands.push_back(operand);
  }
  return clone(op, operands);
}

Value TableHalver::halveReshape(xf::Reshape op) {
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  Value x =
      getWidth(op.getX()) == getWidth(op.getY()) ? halve(op.getX()) : Value();
  if (!x || !shapes.areResolved(dims))
    return {};
  dims.back() = Dim::constant(op.getContext(), getWidth(x));
  return makeReshape(builder, op.getLoc(), x, dims);
}

Value TableHalver::halveBroadcast(xf::Broadcast op) {
  Value x =
      getWidth(op.getX()) == getWidth(op.getY()) ? halve(op.getX()) : Value();
  if (!x || !op.getShape() || op.getShape()->empty())
    return {};
  SmallVector<Attribute> sizes(op.getShape()->getValue());
  if (Dim(cast<xf::DimAttr>(sizes.back())).getConstant() != 1)
    sizes.back() = Dim::constant(op.getContext(), getWidth(x)).getAttr();
  Value result = clone(op, x);
  result.getDefiningOp<xf::Broadcast>().setShapeAttr(
      ArrayAttr::get(op.getContext(), sizes));
  return result;
}

/// The elements of a table as raw bytes; null if they are not there.
static ArrayRef<char> getBytes(Attribute value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  auto elements = dyn_cast<DenseElementsAttr>(value);
  return elements && !elements.isSplat() ? elements.getRawData()
                                         : ArrayRef<char>();
}

/// Whether both features of each pair have the same angle in a table that
/// exporters wrote out. Of all weights these alone are looked at.
static bool repeatsAngles(xf::Constant op, Pairing pairing) {
  auto type = cast<RankedTensorType>(op.getType());
  if (auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
      elements && elements.isSplat())
    return true;
  size_t bytes = type.getElementTypeBitWidth() / 8, width = getWidth(op.getY()),
         half = width / 2;
  ArrayRef<char> data = getBytes(op.getValue());
  if (bytes == 0 || data.size() != type.getNumElements() * bytes)
    return false;
  bool interleaved = pairing == Pairing::interleaved;
  for (size_t row = 0; row < data.size(); row += width * bytes)
    for (size_t i = 0; i < half; ++i) {
      size_t first = interleaved ? 2 * i : i,
             second = first + (interleaved ? 1 : half);
      if (data.slice(row + first * bytes, bytes) !=
          data.slice(row + second * bytes, bytes))
        return false;
    }
  return true;
}

Value TableHalver::halveConstant(xf::Constant op) {
  auto type = cast<RankedTensorType>(op.getType());
  if (!isa<FloatType>(type.getElementType()) || type.getRank() == 0 ||
      !type.hasStaticShape() || !repeatsAngles(op, pairing))
    return {};
  int64_t width = getWidth(op.getY()), axis = type.getRank() - 1;
  return makeSlice(builder, op.getLoc(), op.getY(),
                   pairing == Pairing::interleaved
                       ? Window{axis, 0, width, 2}
                       : Window{axis, 0, width / 2, 1});
}

Value TableHalver::rebuild(Operation *op) {
  if (auto constant = dyn_cast<xf::Constant>(op))
    return halveConstant(constant);
  if (auto reshape = dyn_cast<xf::Reshape>(op))
    return halveReshape(reshape);
  if (auto broadcast = dyn_cast<xf::Broadcast>(op))
    return halveBroadcast(broadcast);
  if (auto gather = dyn_cast<xf::Gather>(op)) {
    if (static_cast<int64_t>(gather.getAxis()) == getRank(gather.getX()) - 1)
      return {};
    Value table = halve(gather.getX());
    return table ? clone(op, {table, gather.getIndices()}) : Value();
  }
  return keepsLastAxis(op) ? halveOperands(op) : Value();
}

/// repeat_interleave: an axis of size 1 becomes 2 by a broadcast, then merges
/// with the one before. Axes of size 1 elsewhere come and go.
Value TableHalver::findRepeated(xf::Reshape merge) {
  auto repeat = merge.getX().getDefiningOp<xf::Broadcast>();
  if (pairing != Pairing::interleaved || !repeat ||
      getWidth(repeat.getX()) != 1 || getWidth(repeat.getY()) != 2)
    return {};
  SmallVector<Dim> merged = shapes.getDims(merge.getY()), half = merged,
                   single = shapes.getDims(repeat.getX()),
                   repeated = shapes.getDims(repeat.getY());
  single.pop_back();
  repeated.pop_back();
  half.back() = Dim::constant(merge.getContext(), getWidth(merge) / 2);
  auto dropUnits = [](SmallVector<Dim> dims) {
    llvm::erase_if(dims, [](Dim dim) { return dim.isConstant(1); });
    return dims;
  };
  if (!shapes.areEqual(single, repeated) ||
      !shapes.areEqual(dropUnits(repeated), dropUnits(half)) ||
      !shapes.areResolved(half))
    return {};
  if (auto reshape = repeat.getX().getDefiningOp<xf::Reshape>())
    if (shapes.areEqual(shapes.getDims(reshape.getX()), half))
      return reshape.getX();
  return makeReshape(builder, merge.getLoc(), repeat.getX(), half);
}

Value TableHalver::halve(Value table) {
  Operation *op = table.getDefiningOp();
  int64_t width = getWidth(table);
  if (!op || op->getNumResults() != 1 || ShapedType::isDynamic(width) ||
      width % 2 != 0)
    return {};
  if (std::optional<Paired> pair = matchPaired(table, pairing, shapes))
    return pair->first == pair->second ? pair->first : Value();
  if (auto merge = dyn_cast<xf::Reshape>(op))
    if (Value single = findRepeated(merge))
      return single;
  return rebuild(op);
}
