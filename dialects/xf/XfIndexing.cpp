//===- XfIndexing.cpp - Shape rules of operations on positions ------------===//

#include "dialects/xf/ShapeRules.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

//===----------------------------------------------------------------------===//
// Gather and scatter
//===----------------------------------------------------------------------===//

/// Visits the elements of an index operand that are known.
static LogicalResult
forEachKnown(Value indices, const Facts &facts,
             llvm::function_ref<LogicalResult(int64_t, int64_t)> visit) {
  auto visitAll = [&](const auto &range, auto read) -> LogicalResult {
    for (auto [i, element] : llvm::enumerate(range))
      if (std::optional<int64_t> value = read(element))
        if (failed(visit(i, *value)))
          return failure();
    return success();
  };
  auto widen = [](int64_t value) { return std::optional<int64_t>(value); };
  if (facts.content)
    return visitAll(*facts.content, [](Dim dim) {
      return dim ? dim.getConstant() : std::nullopt;
    });
  ElementsAttr elements;
  if (!indices || !matchPattern(indices, m_Constant(&elements)))
    return success();
  if (auto dense = dyn_cast<DenseIntElementsAttr>(elements))
    return visitAll(dense.getValues<APInt>(), [](const APInt &value) {
      return std::optional<int64_t>(value.getSExtValue());
    });
  if (auto large = dyn_cast<DenseI64ResourceElementsAttr>(elements))
    if (auto values = large.tryGetAsArrayRef())
      return visitAll(*values, widen);
  if (auto large = dyn_cast<DenseI32ResourceElementsAttr>(elements))
    if (auto values = large.tryGetAsArrayRef())
      return visitAll(*values, widen);
  return success();
}

/// Known indices must lie on the axes they count along; `sizes` are those of
/// the places in a tuple, or of the one axis.
static LogicalResult checkIndices(const FactsContext &context, StringRef rule,
                                  Value indices, const Facts &facts,
                                  ArrayRef<Dim> sizes) {
  return forEachKnown(
      indices, facts, [&](int64_t i, int64_t index) -> LogicalResult {
        std::optional<int64_t> size = sizes[i % sizes.size()].getConstant();
        if (!size || (index >= -*size && index < *size))
          return success();
        return context.error("(" + rule + ") has index " + Twine(index) +
                             ", expected " + Twine(-*size) + " <= index < " +
                             Twine(*size));
      });
}

static Content gatherContent(const Facts &x, const Facts &indices) {
  if (x.rank() != 1 || indices.rank() > 1 || !x.content || !indices.content)
    return std::nullopt;
  SmallVector<Dim> content;
  int64_t size = x.content->size();
  for (Dim index : *indices.content) {
    std::optional<int64_t> position = index.getConstant();
    bool known = position && *position >= -size && *position < size;
    content.push_back(
        known ? (*x.content)[*position < 0 ? *position + size : *position]
              : Dim());
  }
  return content;
}

XF_SHAPE_RULE(Gather) {
  const Facts &x = operands[0], &indices = operands[1];
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(context, "G1", axis, x.rank())) ||
      failed(checkIndices(context, "G2", adaptor.getIndices(), indices,
                          x.dims[axis])))
    return failure();
  ArrayRef<Dim> source = x.dims;
  SmallVector<Dim> dims(source.take_front(axis));
  dims.append(indices.dims.begin(), indices.dims.end());
  llvm::append_range(dims, source.drop_front(axis + 1));
  return addResult(context, results, x.elementType, dims,
                   gatherContent(x, indices));
}

XF_SHAPE_RULE(GatherElements) {
  const Facts &x = operands[0], &indices = operands[1];
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(context, "G1", axis, x.rank())) ||
      failed(checkRank(context, "G2", "indices", indices, x.rank())) ||
      failed(checkIndices(context, "G3", adaptor.getIndices(), indices,
                          x.dims[axis])))
    return failure();
  return addResult(context, results, operands[0].elementType, operands[1].dims);
}

/// The static length of the tuples in the last axis of `indices`, checked to
/// index no more than the axes of x after `batch`.
static FailureOr<int64_t> getTupleLength(const FactsContext &context,
                                         const Facts &x, const Facts &indices,
                                         int64_t batch) {
  std::optional<int64_t> length =
      indices.rank() > 0 ? indices.dims.back().getConstant() : std::nullopt;
  if (!length)
    return context.error(
        "(N1) indices have a last axis of unknown size, expected a static one");
  if (batch < 0 || batch >= indices.rank() || batch > x.rank())
    return context.error("(N2) has " + Twine(batch) +
                         " batch axes, expected at least 0 and fewer than " +
                         Twine(indices.rank()));
  if (*length < 1 || *length > x.rank() - batch)
    return context.error("(N3) has index tuples of length " + Twine(*length) +
                         ", expected 1 to " + Twine(x.rank() - batch));
  return *length;
}

XF_SHAPE_RULE(GatherNd) {
  const Facts &x = operands[0], &indices = operands[1];
  int64_t batch = adaptor.getBatchDims();
  FailureOr<int64_t> length = getTupleLength(context, x, indices, batch);
  if (failed(length))
    return failure();
  ArrayRef<Dim> sizes(x.dims);
  if (failed(checkIndices(context, "N7", adaptor.getIndices(), indices,
                          sizes.slice(batch, *length))))
    return failure();
  SmallVector<Dim> dims(ArrayRef<Dim>(indices.dims).drop_back());
  for (int64_t i = 0; i < batch; ++i)
    if (failed(checkEqual(context, "N4", "batch axis " + Twine(i), x.dims[i],
                          dims[i])))
      return failure();
  llvm::append_range(dims, ArrayRef<Dim>(x.dims).drop_front(batch + *length));
  return addResult(context, results, x.elementType, dims);
}

XF_SHAPE_RULE(ScatterNd) {
  const Facts &x = operands[0], &indices = operands[1], &updates = operands[2];
  FailureOr<int64_t> length = getTupleLength(context, x, indices, 0);
  if (failed(length) ||
      failed(checkSameElementType(context, "N5", x, updates)) ||
      failed(checkIndices(context, "N7", adaptor.getIndices(), indices,
                          ArrayRef<Dim>(x.dims).take_front(*length))))
    return failure();
  SmallVector<Dim> expected(ArrayRef<Dim>(indices.dims).drop_back());
  llvm::append_range(expected, ArrayRef<Dim>(x.dims).drop_front(*length));
  if (failed(checkRank(context, "N6", "updates", updates, expected.size())))
    return failure();
  for (auto [axis, pair] :
       llvm::enumerate(llvm::zip_equal(updates.dims, expected)))
    if (failed(checkEqual(context, "N6", "axis " + Twine(axis) + " of updates",
                          std::get<0>(pair), std::get<1>(pair))))
      return failure();
  return addResult(context, results, x.elementType, x.dims);
}

XF_SHAPE_RULE(ScatterElements) {
  const Facts &x = operands[0], &indices = operands[1], &updates = operands[2];
  if (failed(checkAxis(context, "G1", adaptor.getAxis(), x.rank())) ||
      failed(checkRank(context, "G2", "indices", indices, x.rank())) ||
      failed(checkRank(context, "G2", "updates", updates, x.rank())) ||
      failed(checkIndices(context, "G3", adaptor.getIndices(), indices,
                          x.dims[adaptor.getAxis()])) ||
      failed(checkSameElementType(context, "N5", x, updates)))
    return failure();
  for (int64_t axis = 0; axis < x.rank(); ++axis)
    if (failed(checkEqual(context, "N6",
                          "axis " + Twine(axis) + " of indices and updates",
                          indices.dims[axis], updates.dims[axis])))
      return failure();
  return addResult(context, results, x.elementType, x.dims);
}

//===----------------------------------------------------------------------===//
// Sequences and selections
//===----------------------------------------------------------------------===//

/// The number of elements of a range; null where unknown.
static FailureOr<Dim> getRangeLength(const FactsContext &context, Dim start,
                                     Dim limit, Dim delta) {
  std::optional<int64_t> step = delta.getConstant();
  if (step == 0)
    return context.error("(W2) has a delta of 0, expected another");
  if (!start || !limit || !step || *step == std::numeric_limits<int64_t>::min())
    return Dim();
  Dim distance = *step > 0 ? limit - start : start - limit;
  Dim zero = context.constant(0);
  Dim length = distance.ceilDiv(context.constant(std::abs(*step)));
  return length && !context.getProver().isLessOrEqual(zero, length)
             ? length.max(zero)
             : length;
}

/// The scalar that an operand holds: from its content or a float constant.
static std::optional<double> getFloatConstant(Value value) {
  DenseFPElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)) ||
      elements.getNumElements() != 1)
    return std::nullopt;
  APFloat number = *elements.getValues<APFloat>().begin();
  bool inexact;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
  return number.convertToDouble();
}

static Dim getFloatRangeLength(const FactsContext &context, Value start,
                               Value limit, Value delta) {
  std::optional<double> first = getFloatConstant(start),
                        last = getFloatConstant(limit),
                        step = getFloatConstant(delta);
  if (!first || !last || !step || *step == 0)
    return {};
  double length = std::ceil((*last - *first) / *step);
  if (!(length < 9.0e15))
    return {};
  return context.constant(
      std::max<int64_t>(0, static_cast<int64_t>(std::max(length, 0.0))));
}

static Content getRangeContent(Dim start, Dim length, Dim delta) {
  std::optional<int64_t> count = length.getConstant();
  if (!start || !delta || !count || *count > Facts::kMaxContent)
    return std::nullopt;
  SmallVector<Dim> content;
  for (int64_t i = 0; i < *count; ++i)
    content.push_back(start + delta * i);
  return content;
}

XF_SHAPE_RULE(Range) {
  OperandFacts next(operands);
  const Facts *parts[] = {next.take(adaptor.getStart()),
                          next.take(adaptor.getLimit()),
                          next.take(adaptor.getDelta())};
  int64_t present = llvm::count_if(
      parts, [](const Facts *facts) { return facts != nullptr; });
  std::optional<ArrayAttr> bounds = adaptor.getBounds();
  if (present != (bounds ? 0 : 3) || (bounds && bounds->size() != 3))
    return context.error("(W1) has " + Twine(bounds ? bounds->size() : 0) +
                         " bounds and " + Twine(present) +
                         " operands, expected 3 of one kind");
  SmallVector<Dim, 3> values;
  for (int i = 0; i < 3; ++i) {
    if (bounds) {
      values.push_back(dyn_cast_or_null<DimAttr>((*bounds)[i]));
      continue;
    }
    if (failed(checkRank(context, "W3", "operand", *parts[i], 0)) ||
        failed(checkSameElementType(context, "W3", *parts[i], *parts[0])))
      return failure();
    values.push_back(parts[i]->content ? parts[i]->content->front() : Dim());
  }
  if (bounds && !values[2].getConstant())
    return context.error("(W2) has a delta of " + values[2].str() +
                         ", expected a constant");
  FailureOr<Dim> length =
      getRangeLength(context, values[0], values[1], values[2]);
  if (failed(length))
    return failure();
  if (!*length && !bounds)
    *length = getFloatRangeLength(context, adaptor.getStart(),
                                  adaptor.getLimit(), adaptor.getDelta());
  if (!*length)
    *length = context.getFresh(0, 0);
  return addResult(context, results, adaptor.getTo(), *length,
                   getRangeContent(values[0], *length, values[2]));
}

XF_SHAPE_RULE(Trilu) {
  if (operands[0].rank() < 2)
    return context.error("(U1) operand has rank " + Twine(operands[0].rank()) +
                         ", expected at least 2");
  if (operands.size() > 1 &&
      failed(checkRank(context, "U2", "k", operands[1], 0)))
    return failure();
  return addResult(context, results, operands[0].elementType, operands[0].dims);
}

XF_SHAPE_RULE(NonZero) {
  Dim count = context.getFresh(0, 1);
  return addResult(context, results, IntegerType::get(context.getContext(), 64),
                   {context.constant(operands[0].rank()), count});
}

XF_SHAPE_RULE(TopK) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX());
  FailureOr<SmallVector<Dim>> k =
      getSizes(context, "k", adaptor.getK(), next.take(adaptor.getKValue()));
  int64_t axis = adaptor.getAxis();
  if (failed(k) || failed(checkAxis(context, "A1", axis, x.rank())))
    return failure();
  if (k->size() != 1)
    return context.error("(K1) has " + Twine(k->size()) +
                         " values of k, expected 1");
  Dim count = k->front() ? k->front() : context.getFresh(0, axis);
  if (context.getProver().isLessOrEqual(x.dims[axis] + 1, count))
    return context.error("(K2) takes " + count.str() + " of " +
                         x.dims[axis].str() +
                         " elements, expected at most as many");
  SmallVector<Dim> dims = x.dims;
  dims[axis] = count;
  if (failed(addResult(context, results, x.elementType, dims)))
    return failure();
  return addResult(context, results, IntegerType::get(context.getContext(), 64),
                   dims);
}

XF_SHAPE_RULE(ArgReduce) {
  const Facts &x = operands[0];
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(context, "A1", axis, x.rank())))
    return failure();
  SmallVector<Dim> dims = x.dims;
  if (adaptor.getKeepDims())
    dims[axis] = context.constant(1);
  else
    dims.erase(dims.begin() + axis);
  return addResult(context, results, IntegerType::get(context.getContext(), 64),
                   dims);
}

} // namespace hagane::xf
