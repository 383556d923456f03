//===- Generators.cpp - Shapes, ranges, and what depends on values --------===//

#include "dialects/xf/XfDynamic.h"
#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <cstring>
#include <numeric>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static LogicalResult defineShapeOf(ShapeOf, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<HostTensor *> y = evaluation.create({x.getRank()});
  if (failed(y))
    return failure();
  for (int64_t i = 0; i < x.getRank(); ++i)
    (*y)->setInteger(i, x.getSize(i));
  return success();
}

static LogicalResult defineDims(Dims op, Evaluation &evaluation) {
  FailureOr<Shape> values = evaluation.valuesOf(op.getElements());
  if (failed(values))
    return failure();
  auto type = dyn_cast<RankedTensorType>(op.getTo());
  if (!type || type.getRank() > 1 ||
      (type.getRank() == 0 && values->size() != 1))
    return evaluation.error("the type must be a tensor of rank 0 or 1");
  Shape shape;
  if (type.getRank() == 1)
    shape.push_back(values->size());
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  for (auto [i, value] : llvm::enumerate(*values))
    (*y)->setInteger(i, value);
  return success();
}

static LogicalResult defineDimValue(DimValue op, Evaluation &evaluation) {
  FailureOr<int64_t> value = evaluation.valueOf(op.getDim());
  if (failed(value))
    return failure();
  return evaluation.add(HostTensor::scalar(op.getType(), *value));
}

static LogicalResult fillIntegers(Evaluation &evaluation, int64_t start,
                                  int64_t limit, int64_t delta) {
  if (delta == 0)
    return evaluation.error("the step of the range is 0");
  bool isEmpty = delta > 0 ? start >= limit : start <= limit;
  uint64_t span = delta > 0 ? uint64_t(limit) - uint64_t(start)
                            : uint64_t(start) - uint64_t(limit);
  uint64_t step = delta > 0 ? uint64_t(delta) : uint64_t(0) - uint64_t(delta);
  uint64_t count = isEmpty ? 0 : (span - 1) / step + 1;
  if (count > uint64_t(std::numeric_limits<int64_t>::max()))
    return evaluation.error("the range has too many elements");
  FailureOr<HostTensor *> y = evaluation.create({int64_t(count)});
  if (failed(y))
    return failure();
  for (uint64_t i = 0; i < count; ++i)
    (*y)->setInteger(i, int64_t(uint64_t(start) + i * uint64_t(delta)));
  return success();
}

static LogicalResult fillReals(Evaluation &evaluation, double start,
                               double limit, double delta) {
  double count = std::max(0.0, std::ceil((limit - start) / delta));
  if (!(count < 0x1p62)) // Also where it is NaN.
    return evaluation.error("the range has no finite number of elements");
  FailureOr<HostTensor *> y = evaluation.create({int64_t(count)});
  if (failed(y))
    return failure();
  for (int64_t i = 0; i < (*y)->getCount(); ++i)
    (*y)->setReal(i, start + double(i) * delta);
  return success();
}

static LogicalResult defineRange(hagane::xf::Range op, Evaluation &evaluation) {
  if (op.getBounds()) {
    FailureOr<Shape> bounds = evaluation.valuesOf(*op.getBounds());
    if (failed(bounds))
      return failure();
    if (bounds->size() != 3)
      return evaluation.error("found " + Twine(bounds->size()) +
                              " bounds, expected 3");
    return fillIntegers(evaluation, (*bounds)[0], (*bounds)[1], (*bounds)[2]);
  }
  ArrayRef<HostTensor> bounds = evaluation.getOperands();
  if (bounds.size() != 3)
    return evaluation.error("found " + Twine(bounds.size()) +
                            " bounds, expected 3");
  for (const HostTensor &bound : bounds)
    if (bound.getCount() != 1)
      return evaluation.error("bounds must be scalars, found " +
                              describe(bound));
  if (bounds[0].getElement().isFloat())
    return fillReals(evaluation, bounds[0].getReal(0), bounds[1].getReal(0),
                     bounds[2].getReal(0));
  return fillIntegers(evaluation, bounds[0].getInteger(0),
                      bounds[1].getInteger(0), bounds[2].getInteger(0));
}

static LogicalResult defineTrilu(Trilu op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  const HostTensor *diagonal = evaluation.optional(op, 1);
  if (x.getRank() < 2)
    return evaluation.error("found " + describe(x) +
                            ", expected a rank of at least 2");
  if (diagonal && diagonal->getCount() != 1)
    return evaluation.error("the diagonal must be a scalar, found " +
                            describe(*diagonal));
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  int64_t rows = x.getSize(x.getRank() - 2),
          columns = x.getSize(x.getRank() - 1);
  // Beyond the matrix every diagonal is the same.
  int64_t k =
      diagonal ? std::clamp(diagonal->getInteger(0), -rows, columns) : 0;
  for (int64_t n = 0; n < x.getCount(); ++n) {
    int64_t i = n / columns % rows, j = n % columns;
    if (op.getUpper() ? j >= i + k : j <= i + k)
      std::memcpy((*y)->at(n), x.at(n), x.getElement().bytes);
  }
  return success();
}

static bool isZero(const HostTensor &x, int64_t index) {
  return x.getElement().isFloat() ? x.getReal(index) == 0
                                  : x.getInteger(index) == 0;
}

static LogicalResult listNonZeros(Evaluation &evaluation,
                                  std::optional<int64_t> expected) {
  const HostTensor &x = evaluation.operand(0);
  int64_t count = 0;
  for (int64_t n = 0; n < x.getCount(); ++n)
    count += !isZero(x, n);
  if (expected && count != *expected)
    return evaluation.error("found " + Twine(count) +
                            " elements that are not 0, expected " +
                            Twine(*expected));
  FailureOr<HostTensor *> y = evaluation.create({x.getRank(), count});
  if (failed(y))
    return failure();
  Odometer at(x.getShape(), {});
  for (int64_t n = 0, found = 0; n < x.getCount(); ++n, at.next())
    if (!isZero(x, n)) {
      for (int64_t axis = 0; axis < x.getRank(); ++axis)
        (*y)->setInteger(axis * count + found, at.getCoordinate()[axis]);
      ++found;
    }
  return success();
}

static LogicalResult defineNonZero(NonZero, Evaluation &evaluation) {
  return listNonZeros(evaluation, std::nullopt);
}

static LogicalResult defineCompact(Compact op, Evaluation &evaluation) {
  FailureOr<Shape> count = evaluation.valuesOf(op.getCount());
  return failed(count) ? failure() : listNonZeros(evaluation, count->front());
}

/// Whether element i comes before element j among the largest or smallest;
/// NaN is above every number.
static bool precedes(const HostTensor &x, int64_t i, int64_t j, bool largest) {
  if (!largest)
    std::swap(i, j);
  if (!x.getElement().isFloat())
    return x.getElement().isUnsigned()
               ? uint64_t(x.getInteger(i)) > uint64_t(x.getInteger(j))
               : x.getInteger(i) > x.getInteger(j);
  double a = x.getReal(i), b = x.getReal(j);
  return std::isnan(a) ? !std::isnan(b) : a > b;
}

static LogicalResult defineTopK(TopK op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  int64_t axis = op.getAxis();
  FailureOr<Shape> k = evaluation.sizes(op.getK(), evaluation.optional(op, 1));
  if (failed(k) || failed(evaluation.checkAxis(axis, x)))
    return failure();
  int64_t size = x.getSize(axis);
  if (k->size() != 1 || (*k)[0] < 0 || (*k)[0] > size)
    return evaluation.error("k = " + describeShape(*k) + " does not fit axis " +
                            Twine(axis) + " of " + describe(x));
  Shape shape(x.getShape());
  shape[axis] = (*k)[0];
  if (failed(evaluation.create(shape)))
    return failure();
  FailureOr<HostTensor *> indices = evaluation.create(shape);
  if (failed(indices))
    return failure();
  HostTensor &values = *(*indices - 1);
  int64_t inner = product(x.getShape(), axis + 1, x.getRank());
  int64_t outer = product(x.getShape(), 0, axis);
  std::vector<int64_t> order(size);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      auto from = [&](int64_t n) { return (o * size + n) * inner + i; };
      std::iota(order.begin(), order.end(), 0);
      llvm::stable_sort(order, [&](int64_t a, int64_t b) {
        return precedes(x, from(a), from(b), op.getLargest());
      });
      for (int64_t n = 0; n < shape[axis]; ++n) {
        int64_t to = (o * shape[axis] + n) * inner + i;
        std::memcpy(values.at(to), x.at(from(order[n])), x.getElement().bytes);
        (*indices)->setInteger(to, order[n]);
      }
    }
  return success();
}

void hagane::xf::eval::defineGenerators(DefinitionTable &table) {
  table.add(defineShapeOf);
  table.add(defineDims);
  table.add(defineDimValue);
  table.add(defineRange);
  table.add(defineTrilu);
  table.add(defineNonZero);
  table.add(defineCompact);
  table.add(defineTopK);
}
