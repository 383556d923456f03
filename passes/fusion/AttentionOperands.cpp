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

/// [batch * heads, rows, features] by batch and heads, through the reshape
/// that merged them if there is one.
Value HeadNormalizer::splitBatch(Value x) {
  if (auto transpose = x.getDefiningOp<xf::Transpose>())
    return splitTransposed(transpose);
  SmallVector<Dim> sizes = {dims.batch, dims.heads};
  llvm::append_range(sizes, ArrayRef(shapes.getDims(x)).take_back(2));
  if (auto reshape = x.getDefiningOp<xf::Reshape>())
    if (shapes.areEqual(shapes.getDims(reshape.getX()), sizes))
      return reshape.getX();
  return makeReshape(builder, location, x, sizes);
}

/// The same where batch and heads were merged further in.
Value HeadNormalizer::splitTransposed(xf::Transpose op) {
  ArrayRef<int64_t> permutation = op.getPermutation();
  int64_t merged = permutation[0];
  SmallVector<Dim> sizes = shapes.getDims(op.getX());
  sizes[merged] = dims.batch;
  sizes.insert(sizes.begin() + merged + 1, dims.heads);
  SmallVector<int64_t> axes = {merged, merged + 1};
  for (int64_t axis : permutation.drop_front())
    axes.push_back(axis > merged ? axis + 1 : axis);
  Value x = op.getX();
  auto reshape = x.getDefiningOp<xf::Reshape>();
  if (reshape && shapes.areEqual(shapes.getDims(reshape.getX()), sizes))
    x = reshape.getX();
  else
    x = makeReshape(builder, location, x, sizes);
  return makeTranspose(builder, location, x, axes);
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

/// What was repeated along `axis` by a broadcast of rank 4; null if nothing
/// was.
static Value findSingle(Value x, int64_t axis, Shapes &shapes,
                        int64_t &groups) {
  auto repeat = x.getDefiningOp<xf::Broadcast>();
  if (!repeat || getRank(x) != 4 || getRank(repeat.getX()) != 4)
    return {};
  SmallVector<Dim> repeated = shapes.getDims(x),
                   source = shapes.getDims(repeat.getX());
  std::optional<int64_t> count = repeated[axis].getConstant();
  repeated[axis] = Dim::constant(x.getContext(), 1);
  if (!count || !shapes.areEqual(source, repeated))
    return {};
  groups = *count;
  return repeat.getX();
}

/// What a broadcast along an axis after `axis`, merged with it, repeated; null
/// if nothing was.
static Value findGrouped(OpBuilder &builder, Value x, int64_t axis,
                         Shapes &shapes, int64_t &groups) {
  auto merge = x.getDefiningOp<xf::Reshape>();
  auto repeat =
      merge ? merge.getX().getDefiningOp<xf::Broadcast>() : xf::Broadcast();
  if (!repeat || getRank(x) != 4 || getRank(repeat.getY()) != 5 ||
      getRank(repeat.getX()) != 5)
    return {};
  SmallVector<Dim> merged = shapes.getDims(x),
                   repeated = shapes.getDims(repeat.getY()),
                   source = shapes.getDims(repeat.getX());
  std::optional<int64_t> count = repeated[axis + 1].getConstant();
  SmallVector<Dim> expected = repeated;
  expected[axis + 1] = Dim::constant(builder.getContext(), 1);
  repeated[axis] = repeated[axis] * repeated[axis + 1];
  repeated.erase(repeated.begin() + axis + 1);
  if (!count || !shapes.areEqual(source, expected) ||
      !shapes.areEqual(merged, repeated))
    return {};
  source.erase(source.begin() + axis + 1);
  groups = *count;
  if (auto reshape = repeat.getX().getDefiningOp<xf::Reshape>())
    if (shapes.areEqual(shapes.getDims(reshape.getX()), source))
      return reshape.getX();
  return shapes.areResolved(source)
             ? makeReshape(builder, x.getLoc(), repeat.getX(), source)
             : Value();
}

Value hagane::fusion::findUnrepeated(OpBuilder &builder, Value x,
                                     Shapes &shapes, int64_t &groups) {
  auto transpose = x.getDefiningOp<xf::Transpose>();
  Value stored = transpose ? transpose.getX() : x;
  int64_t axis = transpose ? transpose.getPermutation()[1] : 1;
  Value found = findSingle(stored, axis, shapes, groups);
  if (!found)
    found = findGrouped(builder, stored, axis, shapes, groups);
  return found && transpose ? makeTranspose(builder, x.getLoc(), found,
                                            transpose.getPermutation())
                            : found;
}

Value hagane::fusion::findSinks(OpBuilder &builder, Value sink, HeadDims heads,
                                Dim queries, Shapes &shapes) {
  while (auto reshape = sink.getDefiningOp<xf::Reshape>())
    sink = reshape.getX();
  auto repeat = sink.getDefiningOp<xf::Broadcast>();
  if (!repeat)
    return {};
  SmallVector<Dim> to = shapes.getDims(repeat.getY()),
                   from = shapes.getDims(repeat.getX());
  Dim one = Dim::constant(builder.getContext(), 1);
  from.insert(from.begin(), to.size() - from.size(), one);
  if (to.size() == 4 && to.back().isConstant(1)) {
    to.pop_back();
    from.pop_back();
  }
  if (!shapes.areEqual(to, {heads.batch, heads.heads, queries}) ||
      !shapes.areEqual(from, {one, heads.heads, one}))
    return {};
  return makeReshape(builder, sink.getLoc(), repeat.getX(), heads.heads);
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

std::optional<size_t> hagane::fusion::countBatchAxes(ArrayRef<Dim> frame,
                                                     HeadDims heads,
                                                     Shapes &shapes) {
  if (frame.size() < 4)
    return std::nullopt;
  ArrayRef<Dim> leading = frame.drop_back(2);
  Dim one = Dim::constant(heads.batch.getAttr().getContext(), 1);
  auto product = [&](ArrayRef<Dim> dims) {
    Dim result = one;
    for (Dim dim : dims)
      result = result * dim;
    return result;
  };
  for (size_t count = 1; count < leading.size(); ++count)
    if (shapes.areEqual(product(leading.take_front(count)), heads.batch) &&
        shapes.areEqual(product(leading.drop_front(count)), heads.heads))
      return count;
  return std::nullopt;
}

/// The mask's value by batch, heads, queries and keys, or with fewer axes.
Value HeadNormalizer::frameMask(const Mask &mask) {
  Value value = mask.value;
  // The attention broadcasts by itself.
  while (auto broadcast = value.getDefiningOp<xf::Broadcast>())
    value = broadcast.getX();
  SmallVector<Dim> found = shapes.getDims(value);
  size_t rank = mask.frame.size();
  // Only a mask with the merged batch of a rank 3 frame is to be split.
  if (rank == 3)
    return found.size() == 3 && !found[0].isConstant(1) ? splitBatch(value)
                                                        : value;
  std::optional<size_t> batchAxes = countBatchAxes(mask.frame, dims, shapes);
  if (!batchAxes || rank == 4)
    return value;
  Dim one = Dim::constant(builder.getContext(), 1);
  SmallVector<Dim> wide(rank - found.size(), one);
  llvm::append_range(wide, found);
  SmallVector<Dim> sizes = {dims.batch, dims.heads, wide[rank - 2],
                            wide[rank - 1]};
  bool widens = false;
  for (auto [group, begin, end] :
       {std::tuple(0, size_t(0), *batchAxes), {1, *batchAxes, rank - 2}}) {
    auto axes = MutableArrayRef(wide).slice(begin, end - begin);
    if (llvm::all_of(axes, [](Dim dim) { return dim.isConstant(1); })) {
      sizes[group] = one;
      continue;
    }
    for (auto [dim, target] :
         llvm::zip(axes, ArrayRef(mask.frame).slice(begin, end - begin))) {
      widens |= !shapes.areEqual(dim, target);
      dim = target;
    }
  }
  if (widens)
    value = makeBroadcast(builder, location, value, wide);
  return makeReshape(builder, location, value, sizes);
}

Value HeadNormalizer::scalar(Value like, double number) {
  auto type = dyn_cast<FloatType>(getElementTypeOrSelf(like));
  return makeScalar(builder, location, type ? type : builder.getF32Type(),
                    number);
}

/// A bias that keeps where true, as one that is added.
Value HeadNormalizer::makeAddend(Value bias) {
  if (!getElementTypeOrSelf(bias).isInteger(1))
    return bias;
  return xf::Select::create(
      builder, location, bias, scalar(bias, 0),
      scalar(bias, -std::numeric_limits<double>::infinity()));
}

Value HeadNormalizer::addMask(Value bias, Value added) {
  // What 16 bits cannot add without overflow.
  auto type = cast<FloatType>(getElementTypeOrSelf(added));
  if (type.getWidth() < 32)
    added = xf::Cast::create(builder, location, added, builder.getF32Type());
  if (!bias)
    return added;
  if (getElementTypeOrSelf(bias).isInteger(1))
    return xf::Select::create(
        builder, location, bias, added,
        scalar(added, -std::numeric_limits<double>::infinity()));
  return xf::Add::create(builder, location, bias, added);
}

/// A score that is hidden loses what was added to it before.
Value HeadNormalizer::hide(Value bias, Value condition, bool keeps,
                           double fill) {
  if (std::isinf(fill) && (!bias || getElementTypeOrSelf(bias).isInteger(1))) {
    if (!keeps)
      condition =
          xf::Not::create(builder, location, condition.getType(), condition);
    return bias ? xf::And::create(builder, location, bias, condition).getY()
                : condition;
  }
  Value added = bias ? makeAddend(bias) : scalar(condition, 0),
        hidden = scalar(added, fill);
  return xf::Select::create(builder, location, condition,
                            keeps ? added : hidden, keeps ? hidden : added);
}

Value HeadNormalizer::apply(Value bias, const Mask &mask) {
  double fill = mask.fill * mask.factor;
  if (mask.kind == Mask::floor) {
    if (!bias)
      return bias;
    Value added = makeAddend(bias);
    return xf::Max::create(builder, location, added, scalar(added, fill));
  }
  Value value = frameMask(mask);
  if (mask.kind == Mask::add) {
    if (mask.factor != 1)
      value =
          xf::Mul::create(builder, location, value, scalar(value, mask.factor));
    return addMask(bias, value);
  }
  // Any number that absorbs every score does as well.
  constexpr double lowest = -std::numeric_limits<float>::max();
  return hide(bias, value, mask.kind == Mask::keep,
              std::isinf(fill) ? fill : std::min(fill, lowest));
}

Value HeadNormalizer::combine(ArrayRef<Mask> masks) {
  Value bias;
  for (const Mask &mask : masks)
    bias = apply(bias, mask);
  return bias;
}
