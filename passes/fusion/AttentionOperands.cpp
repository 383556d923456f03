//===- AttentionOperands.cpp - q, k, v and masks by heads -----------------===//

#include "mlir/IR/IRMapping.h"
#include "passes/fusion/Attention.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

std::optional<Scaled> hagane::fusion::peelScale(OpBuilder &builder, Value x) {
  SmallVector<Operation *> moves;
  std::optional<Scaled> scaled;
  while (!(scaled = matchScaled(x))) {
    Operation *op = x.getDefiningOp();
    // A reshape whose sizes are a tensor is not worth repeating.
    if (!isa_and_present<xf::Transpose, xf::Reshape>(op) ||
        op->getNumOperands() != 1)
      return std::nullopt;
    moves.push_back(op);
    x = op->getOperand(0);
  }
  Value result = scaled->x;
  for (Operation *op : llvm::reverse(moves)) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), result);
    result = builder.clone(*op, mapping)->getResult(0);
  }
  return Scaled{result, scaled->factor};
}

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

/// Whether the transpose does nothing but swap the last two axes.
static bool swapsLastTwo(xf::Transpose op) {
  ArrayRef<int64_t> permutation = op.getPermutation();
  int64_t rank = permutation.size();
  for (auto [i, axis] : llvm::enumerate(permutation.drop_back(2)))
    if (axis != static_cast<int64_t>(i))
      return false;
  return rank >= 2 && permutation[rank - 1] == rank - 2;
}

/// [batch * heads, rows, features] by batch and heads, through the reshape
/// that merged them if there is one.
Value HeadNormalizer::splitBatch(Value x) {
  SmallVector<Dim> sizes = {dims.batch, dims.heads};
  llvm::append_range(sizes, ArrayRef(shapes.getDims(x)).take_back(2));
  if (auto reshape = x.getDefiningOp<xf::Reshape>())
    if (shapes.areEqual(shapes.getDims(reshape.getX()), sizes))
      return reshape.getX();
  return makeReshape(builder, location, x, sizes);
}

Value HeadNormalizer::normalize(Value x, bool transposed, double *scale) {
  while (true) {
    if (std::optional<Scaled> scaled =
            scale ? peelScale(builder, x) : std::nullopt) {
      *scale *= scaled->factor;
      x = scaled->x;
      continue;
    }
    auto transpose = x.getDefiningOp<xf::Transpose>();
    if (transpose && swapsLastTwo(transpose)) {
      transposed = !transposed;
      x = transpose.getX();
      continue;
    }
    if (getRank(x) != 3)
      break;
    x = splitBatch(x);
  }
  return transposed ? makeTranspose(builder, location, x, {0, 1, 3, 2}) : x;
}

/// The source of a broadcast or reshape by which [batch, kv_heads, rows,
/// features] got an axis of size 1 after the heads.
static Value dropGroupAxis(OpBuilder &builder, Value x, ArrayRef<Dim> dims,
                           Shapes &shapes) {
  SmallVector<Dim> wanted = {dims[0], dims[1], dims[3], dims[4]};
  if (auto reshape = x.getDefiningOp<xf::Reshape>())
    if (shapes.areEqual(shapes.getDims(reshape.getX()), wanted))
      return reshape.getX();
  return shapes.areResolved(wanted)
             ? makeReshape(builder, x.getLoc(), x, wanted)
             : Value();
}

/// [batch, 1, rows, features] of a broadcast to all heads.
static Value findSingleHead(Value x, Shapes &shapes, int64_t &groups) {
  auto repeat = x.getDefiningOp<xf::Broadcast>();
  if (!repeat || getRank(x) != 4 || getRank(repeat.getX()) != 4)
    return {};
  SmallVector<Dim> repeated = shapes.getDims(x),
                   source = shapes.getDims(repeat.getX());
  std::optional<int64_t> count = repeated[1].getConstant();
  repeated[1] = Dim::constant(x.getContext(), 1);
  if (!count || !shapes.areEqual(source, repeated))
    return {};
  groups = *count;
  return repeat.getX();
}

Value hagane::fusion::findUnrepeated(OpBuilder &builder, Value x,
                                     Shapes &shapes, int64_t &groups) {
  if (Value single = findSingleHead(x, shapes, groups))
    return single;
  auto merge = x.getDefiningOp<xf::Reshape>();
  auto repeat =
      merge ? merge.getX().getDefiningOp<xf::Broadcast>() : xf::Broadcast();
  if (!repeat || getRank(x) != 4 || getRank(repeat.getY()) != 5 ||
      getRank(repeat.getX()) != 5)
    return {};
  SmallVector<Dim> merged = shapes.getDims(x),
                   repeated = shapes.getDims(repeat.getY()),
                   source = shapes.getDims(repeat.getX());
  std::optional<int64_t> count = repeated[2].getConstant();
  SmallVector<Dim> expected = repeated;
  expected[2] = Dim::constant(builder.getContext(), 1);
  SmallVector<Dim> heads = {repeated[0], repeated[1] * repeated[2], repeated[3],
                            repeated[4]};
  if (!count || !shapes.areEqual(source, expected) ||
      !shapes.areEqual(merged, heads))
    return {};
  groups = *count;
  return dropGroupAxis(builder, repeat.getX(), source, shapes);
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

Value HeadNormalizer::convertMask(const Mask &mask) {
  Value value = mask.value;
  // Only a mask with the merged batch of a rank 3 frame is to be split.
  if (mask.frame.size() == 3 && getRank(value) == 3 &&
      !shapes.getDims(value)[0].isConstant(1))
    value = splitBatch(value);
  // The attention broadcasts by itself.
  while (auto broadcast = value.getDefiningOp<xf::Broadcast>())
    value = broadcast.getX();
  if (mask.kind == Mask::add)
    return value;
  bool keeps = mask.kind == Mask::keep;
  if (std::isinf(mask.fill))
    return keeps ? value
                 : xf::Not::create(builder, location, value.getType(), value)
                       .getY();
  auto constant = [&](double number) -> Value {
    auto type = RankedTensorType::get({}, builder.getF32Type());
    return xf::Constant::create(
        builder, location, type,
        DenseElementsAttr::get(type, static_cast<float>(number)), StringAttr());
  };
  Value zero = constant(0), fill = constant(mask.fill);
  return xf::Select::create(builder, location, value, keeps ? zero : fill,
                            keeps ? fill : zero);
}

/// Two masks as one; a boolean one becomes minus infinity beside a float one.
Value HeadNormalizer::addMasks(Value a, Value b) {
  bool aKeeps = getElementTypeOrSelf(a).isInteger(1),
       bKeeps = getElementTypeOrSelf(b).isInteger(1);
  if (aKeeps && bKeeps)
    return xf::And::create(builder, location, a, b);
  if (!aKeeps && !bKeeps)
    return xf::Add::create(builder, location, a, b);
  Value keep = aKeeps ? a : b, added = aKeeps ? b : a;
  auto element = cast<FloatType>(getElementTypeOrSelf(added));
  auto type = RankedTensorType::get({}, element);
  APFloat lowest = APFloat::getInf(element.getFloatSemantics(), true);
  Value hidden =
      xf::Constant::create(builder, location, type,
                           DenseElementsAttr::get(type, lowest), StringAttr());
  return xf::Select::create(builder, location, keep, added, hidden);
}

Value HeadNormalizer::combine(ArrayRef<Mask> masks) {
  Value bias;
  for (const Mask &mask : masks) {
    Value next = convertMask(mask);
    bias = bias ? addMasks(bias, next) : next;
  }
  return bias;
}
