//===- XfMovement.cpp - Shape rules of constants and data movement --------===//

#include "dialects/xf/ShapeRules.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

//===----------------------------------------------------------------------===//
// Constants and shapes
//===----------------------------------------------------------------------===//

XF_SHAPE_RULE(Constant) {
  auto type = dyn_cast<RankedTensorType>(adaptor.getValue().getShapedType());
  if (!type || !type.hasStaticShape())
    return context.error("constant has no tensor type with a static shape");
  Facts facts = factsOfType(type, [](unsigned) { return Dim(); });
  auto elements = dyn_cast<DenseIntElementsAttr>(adaptor.getValue());
  Content content;
  if (elements && type.getRank() <= 2 &&
      type.getNumElements() <= Facts::kMaxContent &&
      type.getElementTypeBitWidth() <= 64) {
    bool isUnsigned = type.getElementType().isUnsignedInteger() ||
                      type.getElementType().isInteger(1);
    content.emplace();
    for (const APInt &value : elements.getValues<APInt>()) {
      bool fits = !isUnsigned || value.getActiveBits() < 64;
      content->push_back(
          !fits ? Dim()
                : context.constant(isUnsigned ? int64_t(value.getZExtValue())
                                              : value.getSExtValue()));
    }
  }
  return addResult(context, results, facts.elementType, facts.dims,
                   std::move(content));
}

XF_SHAPE_RULE(ShapeOf) {
  return addResult(context, results, IntegerType::get(context.getContext(), 64),
                   context.constant(operands[0].rank()), operands[0].dims);
}

XF_SHAPE_RULE(Dims) {
  auto type = dyn_cast<RankedTensorType>(adaptor.getTo());
  int64_t count = adaptor.getElements().size();
  if (!type || type.getRank() > 1 || !type.hasStaticShape() ||
      type.getNumElements() != count ||
      !isa<IntegerType>(type.getElementType())) {
    std::string text;
    llvm::raw_string_ostream(text)
        << "(E1) has " << count << " elements and the type " << adaptor.getTo()
        << ", expected an integer tensor of rank 0 or 1 of that length";
    return context.error(text);
  }
  Facts facts = factsOfType(type, [](unsigned) { return Dim(); });
  SmallVector<Dim> content;
  for (Attribute element : adaptor.getElements())
    content.push_back(dyn_cast_or_null<DimAttr>(element));
  return addResult(context, results, facts.elementType, facts.dims,
                   std::move(content));
}

//===----------------------------------------------------------------------===//
// Shapes of the same elements
//===----------------------------------------------------------------------===//

/// Replaces the size -1 by what the others leave of `count`.
static LogicalResult inferReshapedSize(const FactsContext &context, Dim count,
                                       SmallVectorImpl<Dim> &sizes) {
  auto isInferred = [](Dim size) { return size.isConstant(-1); };
  auto *inferred = llvm::find_if(sizes, isInferred);
  int64_t inferredCount = llvm::count_if(sizes, isInferred);
  if (inferredCount > 1)
    return context.error("(R2) has " + Twine(inferredCount) +
                         " sizes of -1, expected at most 1");
  if (inferred == sizes.end())
    return success();
  Dim known = context.constant(1);
  for (Dim size : sizes)
    if (!isInferred(size))
      known = known * size;
  if (known.isConstant(0))
    return context.error("(R2) has a size of -1 beside a size of 0, which "
                         "leaves it undetermined");
  // Unknown sizes leave this one unknown, too.
  *inferred = Dim();
  if (!known)
    return success();
  *inferred = context.getProver().divideExactly(count, known);
  if (!*inferred && count.getConstant() && known.getConstant())
    return context.error("(R3) has a size of -1 for " + count.str() +
                         " elements, expected a multiple of " + known.str());
  if (!*inferred)
    *inferred = count.floorDiv(known);
  return success();
}

XF_SHAPE_RULE(Reshape) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX());
  FailureOr<SmallVector<Dim>> sizes = getSizes(
      context, "shape", adaptor.getShape(), next.take(adaptor.getShapeValue()));
  if (failed(sizes))
    return failure();
  if (adaptor.getCopyZero())
    for (auto [axis, size] : llvm::enumerate(*sizes)) {
      if (!size.isConstant(0))
        continue;
      if (int64_t(axis) >= x.rank())
        return context.error("(R2) copies the size of axis " + Twine(axis) +
                             " of an operand of rank " + Twine(x.rank()));
      size = x.dims[axis];
    }
  Dim count = multiplyDims(context, x.dims);
  if (failed(inferReshapedSize(context, count, *sizes)))
    return failure();
  for (auto [axis, size] : llvm::enumerate(*sizes))
    if (!size)
      size = context.getFresh(0, axis);
  Dim newCount = multiplyDims(context, *sizes);
  if (context.getProver().isNotEqual(count, newCount))
    return context.error("(R3) has " + count.str() +
                         " elements, but the new shape has " + newCount.str());
  context.assumeEqual(count, newCount, "(R3) elements of both shapes");
  return addResult(context, results, x.elementType, *sizes, x.content);
}

static LogicalResult checkPermutation(const FactsContext &context,
                                      ArrayRef<int64_t> permutation,
                                      int64_t rank) {
  if (int64_t(permutation.size()) != rank)
    return context.error("(T1) permutation has " + Twine(permutation.size()) +
                         " axes, expected " + Twine(rank));
  SmallVector<bool> seen(rank);
  for (int64_t axis : permutation) {
    if (failed(checkAxis(context, "T1", axis, rank)))
      return failure();
    if (seen[axis])
      return context.error("(T1) permutation holds axis " + Twine(axis) +
                           " twice, expected each once");
    seen[axis] = true;
  }
  return success();
}

/// The elements of a matrix, column by column.
static Content swapContent(const Facts &x) {
  std::optional<int64_t> rows = x.dims[0].getConstant(),
                         columns = x.dims[1].getConstant();
  if (!x.content || !rows || !columns)
    return std::nullopt;
  SmallVector<Dim> content;
  for (int64_t j = 0; j < *columns; ++j)
    for (int64_t i = 0; i < *rows; ++i)
      content.push_back((*x.content)[i * *columns + j]);
  return content;
}

XF_SHAPE_RULE(Transpose) {
  const Facts &x = operands[0];
  if (failed(checkPermutation(context, adaptor.getPermutation(), x.rank())))
    return failure();
  SmallVector<Dim> dims;
  for (int64_t axis : adaptor.getPermutation())
    dims.push_back(x.dims[axis]);
  bool swaps = x.rank() == 2 && adaptor.getPermutation().front() == 1;
  return addResult(context, results, x.elementType, dims,
                   swaps ? swapContent(x) : x.content);
}

XF_SHAPE_RULE(Broadcast) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX());
  FailureOr<SmallVector<Dim>> sizes = getSizes(
      context, "shape", adaptor.getShape(), next.take(adaptor.getShapeValue()));
  if (failed(sizes))
    return failure();
  // An unknown size may be 1; the result's is unknown as well.
  for (auto [axis, size] : llvm::enumerate(*sizes))
    if (!size)
      size = context.getFresh(0, axis);
  FailureOr<SmallVector<Dim>> shape =
      broadcastShapes(context, {x.dims, *sizes});
  if (failed(shape))
    return failure();
  return addResult(context, results, x.elementType, *shape,
                   mapContent(*shape, x, [](ArrayRef<Dim> e) { return e[0]; }));
}

//===----------------------------------------------------------------------===//
// Concatenation, padding, windows
//===----------------------------------------------------------------------===//

/// Elements one after another; known as far as the parts are.
static Content concatContents(ArrayRef<Facts> parts) {
  SmallVector<Dim> content;
  for (const Facts &part : parts) {
    std::optional<int64_t> count = getCount(part.dims);
    if (part.rank() != 1 || !count || *count < 0 || *count > Facts::kMaxContent)
      return std::nullopt;
    content.append(expandContent(part, *count));
  }
  return content;
}

static LogicalResult inferConcat(const FactsContext &context,
                                 ArrayRef<Facts> operands, int64_t axis,
                                 SmallVectorImpl<Facts> &results) {
  if (operands.empty())
    return context.error("(C4) has no operands, expected at least 1");
  SmallVector<Dim> dims = operands[0].dims;
  if (failed(checkAxis(context, "C1", axis, dims.size())))
    return failure();
  for (const Facts &part : operands.drop_front()) {
    if (failed(checkRank(context, "C2", "operand", part, dims.size())))
      return failure();
    for (auto [i, dim] : llvm::enumerate(part.dims)) {
      if (int64_t(i) == axis) {
        dims[i] = dims[i] + dim;
        continue;
      }
      if (failed(checkEqual(context, "C3", "sizes of axis " + Twine(i), dims[i],
                            dim)))
        return failure();
      // The most is known of a constant.
      if (dim.getConstant())
        dims[i] = dim;
    }
  }
  return addResult(context, results, operands[0].elementType, dims,
                   concatContents(operands));
}

XF_SHAPE_RULE(Concat) {
  return inferConcat(context, operands, adaptor.getAxis(), results);
}

XF_SHAPE_RULE(CacheAppend) {
  return inferConcat(context, operands, adaptor.getAxis(), results);
}

XF_SHAPE_RULE(Pad) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX());
  FailureOr<SmallVector<Dim>> pads = getSizes(
      context, "pads", adaptor.getPads(), next.take(adaptor.getPadsValue()));
  if (failed(pads))
    return failure();
  if (int64_t(pads->size()) != 2 * x.rank())
    return context.error("(P1) has " + Twine(pads->size()) +
                         " pads, expected " + Twine(2 * x.rank()));
  if (const Facts *value = next.take(adaptor.getValue()))
    if (failed(checkSameElementType(context, "P2", x, *value)))
      return failure();
  SmallVector<Dim> dims;
  for (auto [axis, dim] : llvm::enumerate(x.dims)) {
    Dim begin = (*pads)[axis], end = (*pads)[axis + x.rank()];
    dims.push_back(begin && end ? dim + begin + end
                                : context.getFresh(0, axis));
  }
  return addResult(context, results, x.elementType, dims);
}

/// First element and number of elements of a slice; null where unknown.
static std::pair<Dim, Dim> resolveSlice(const FactsContext &context, Dim size,
                                        Dim start, Dim end, int64_t step) {
  if (!start || !end)
    return {};
  Dim zero = context.constant(0);
  Dim first =
      step > 0
          ? clampPosition(context.getProver(), start, size, zero, size)
          : clampPosition(context.getProver(), start, size, zero, size - 1);
  Dim last = step > 0
                 ? clampPosition(context.getProver(), end, size, zero, size)
                 : clampPosition(context.getProver(), end, size,
                                 context.constant(-1), size - 1);
  // The magnitude of the least int64 is none.
  if (!first || !last || step == std::numeric_limits<int64_t>::min())
    return {};
  Dim distance = step > 0 ? last - first : first - last;
  Dim length = distance.ceilDiv(context.constant(step > 0 ? step : -step));
  if (length && !context.getProver().isLessOrEqual(zero, length))
    length = length.max(zero);
  return {first, length};
}

static LogicalResult checkSlice(const FactsContext &context,
                                ArrayRef<int64_t> axes, ArrayRef<int64_t> steps,
                                size_t starts, size_t ends, int64_t rank) {
  if (starts != axes.size() || ends != axes.size() ||
      steps.size() != axes.size())
    return context.error("(S1) has " + Twine(axes.size()) + " axes, " +
                         Twine(starts) + " starts, " + Twine(ends) +
                         " ends and " + Twine(steps.size()) +
                         " steps, expected equal numbers");
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (failed(checkAxis(context, "S2", axis, rank)))
      return failure();
    if (llvm::is_contained(axes.take_front(i), axis))
      return context.error("(S2) slices axis " + Twine(axis) +
                           " twice, expected once");
  }
  if (llvm::is_contained(steps, 0))
    return context.error("(S3) has a step of 0, expected another");
  return success();
}

/// The elements that a slice along one axis keeps of `x`, whose shape is
/// `dims`.
static Content sliceContent(const Content &x, ArrayRef<Dim> dims, int64_t axis,
                            std::pair<Dim, Dim> range, int64_t step) {
  std::optional<int64_t> begin = range.first.getConstant(),
                         count = range.second.getConstant(),
                         size = dims[axis].getConstant(),
                         outer = getCount(dims.take_front(axis)),
                         inner = getCount(dims.drop_front(axis + 1));
  if (!x || !begin || !count || !size || !outer || !inner)
    return std::nullopt;
  SmallVector<Dim> content;
  for (int64_t o = 0; o < *outer; ++o)
    for (int64_t i = 0; i < *count; ++i)
      for (int64_t in = 0; in < *inner; ++in)
        content.push_back((*x)[(o * *size + *begin + i * step) * *inner + in]);
  return content;
}

XF_SHAPE_RULE(Slice) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX());
  FailureOr<SmallVector<Dim>> starts =
      getSizes(context, "starts", adaptor.getStarts(),
               next.take(adaptor.getStartsValue()));
  if (failed(starts))
    return failure();
  FailureOr<SmallVector<Dim>> ends = getSizes(
      context, "ends", adaptor.getEnds(), next.take(adaptor.getEndsValue()));
  ArrayRef<int64_t> axes = adaptor.getAxes(), steps = adaptor.getSteps();
  if (failed(ends) || failed(checkSlice(context, axes, steps, starts->size(),
                                        ends->size(), x.rank())))
    return failure();
  SmallVector<Dim> dims = x.dims;
  Content content = x.content;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    auto [first, length] =
        resolveSlice(context, x.dims[axis], (*starts)[i], (*ends)[i], steps[i]);
    content = first && length
                  ? sliceContent(content, dims, axis, {first, length}, steps[i])
                  : std::nullopt;
    dims[axis] = length ? length : context.getFresh(0, axis);
  }
  return addResult(context, results, x.elementType, dims, std::move(content));
}

} // namespace hagane::xf
