//===- RotaryParts.cpp - Pairs of features and tables of angles -----------===//

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

/// A slice's only bound of that kind, clamped to 0..size.
static std::optional<int64_t> getBound(std::optional<ArrayAttr> bounds,
                                       int64_t size) {
  if (!bounds || bounds->size() != 1)
    return std::nullopt;
  std::optional<int64_t> bound =
      Dim(cast<xf::DimAttr>((*bounds)[0])).getConstant();
  if (!bound)
    return std::nullopt;
  return std::clamp(*bound < 0 ? *bound + size : *bound, int64_t(0), size);
}

Value hagane::fusion::matchPart(Value value, bool second, Pairing pairing) {
  auto slice = value.getDefiningOp<xf::Slice>();
  if (!slice || slice.getAxes().size() != 1 ||
      slice.getAxes()[0] != getRank(value) - 1)
    return {};
  int64_t size = getWidth(slice.getX()), half = size / 2;
  if (ShapedType::isDynamic(size) || size % 2 != 0)
    return {};
  std::optional<int64_t> begin = getBound(slice.getStarts(), size),
                         end = getBound(slice.getEnds(), size);
  if (!begin || !end)
    return {};
  bool matches = pairing == Pairing::halves
                     ? slice.getSteps()[0] == 1 &&
                           *begin == (second ? half : 0) &&
                           *end == (second ? size : half)
                     : slice.getSteps()[0] == 2 && *begin == (second ? 1 : 0) &&
                           *end >= size - (second ? 0 : 1);
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

/// Looks at the elements. Weights, which are resources, are not looked at.
Value TableHalver::halveConstant(xf::Constant op) {
  auto elements = dyn_cast<DenseFPElementsAttr>(op.getValue());
  int64_t width = getWidth(op.getY()), half = width / 2;
  if (!elements || getRank(op.getY()) == 0)
    return {};
  auto values = elements.getValues<APFloat>();
  bool interleaved = pairing == Pairing::interleaved;
  for (int64_t row = 0; row < elements.getNumElements(); row += width)
    for (int64_t i = 0; i < half; ++i) {
      int64_t first = row + (interleaved ? 2 * i : i);
      if (!values[first].bitwiseIsEqual(
              values[first + (interleaved ? 1 : half)]))
        return {};
    }
  auto type = cast<RankedTensorType>(op.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = half;
  auto dims = [&](int64_t value) {
    return getDimsAttr(op.getContext(), Dim::constant(op.getContext(), value));
  };
  int64_t axis = type.getRank() - 1, step = interleaved ? 2 : 1;
  return xf::Slice::create(builder, op.getLoc(),
                           RankedTensorType::get(shape, type.getElementType()),
                           op.getY(), Value(), Value(), axis, dims(0),
                           dims(interleaved ? width : half), step);
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

Value TableHalver::halve(Value table) {
  Operation *op = table.getDefiningOp();
  int64_t width = getWidth(table);
  if (!op || op->getNumResults() != 1 || ShapedType::isDynamic(width) ||
      width % 2 != 0)
    return {};
  if (std::optional<Paired> pair = matchPaired(table, pairing, shapes))
    return pair->first == pair->second ? pair->first : Value();
  // repeat_interleave: an axis of size 1 becomes 2 by a broadcast.
  if (auto merge = dyn_cast<xf::Reshape>(op);
      merge && pairing == Pairing::interleaved && mergesPairs(merge, shapes)) {
    auto repeat = merge.getX().getDefiningOp<xf::Broadcast>();
    Value single = repeat ? matchUnsqueezed(repeat.getX(), shapes) : Value();
    SmallVector<Dim> dims = shapes.getDims(merge.getX());
    dims.pop_back();
    if (single && shapes.areEqual(dims, shapes.getDims(single)))
      return single;
  }
  return rebuild(op);
}
