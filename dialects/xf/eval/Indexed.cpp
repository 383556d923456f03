//===- Indexed.cpp - Data movement by index tensors -----------------------===//

#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static LogicalResult defineGather(Gather op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &indices = evaluation.operand(1);
  int64_t axis = op.getAxis();
  if (failed(evaluation.checkAxis(axis, x)))
    return failure();
  Shape shape(x.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, x.getShape().drop_front(axis + 1));
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  int64_t size = x.getSize(axis), outer = product(x.getShape(), 0, axis);
  int64_t row =
      product(x.getShape(), axis + 1, x.getRank()) * x.getElement().bytes;
  for (int64_t i = 0; i < indices.getCount(); ++i) {
    FailureOr<int64_t> index =
        evaluation.wrapIndex(indices.getInteger(i), size);
    if (failed(index))
      return failure();
    for (int64_t o = 0; row > 0 && o < outer; ++o)
      std::memcpy((*y)->data() + (o * indices.getCount() + i) * row,
                  x.data() + (o * size + *index) * row, row);
  }
  return success();
}

/// For each element of `indices` calls `visit(its number, the offset in a
/// tensor of `shape` of the element it names along `axis`)`.
static LogicalResult
forEachIndexed(ArrayRef<int64_t> shape, const HostTensor &indices, int64_t axis,
               Evaluation &evaluation,
               llvm::function_ref<void(int64_t, int64_t)> visit) {
  if (indices.getRank() != static_cast<int64_t>(shape.size()))
    return evaluation.error("indices must have rank " + Twine(shape.size()) +
                            ", found " + describe(indices));
  if (axis < 0 || axis >= indices.getRank())
    return evaluation.error("axis " + Twine(axis) + " is out of range for " +
                            describe(indices));
  for (auto [i, size] : llvm::enumerate(shape))
    if (static_cast<int64_t>(i) != axis && indices.getSize(i) > size)
      return evaluation.error("indices " + describe(indices) +
                              " are larger than " + describeShape(shape) +
                              " along axis " + Twine(i));
  Shape strides = stridesOf(shape);
  Odometer at(indices.getShape(), {});
  for (int64_t n = 0; n < indices.getCount(); ++n, at.next()) {
    FailureOr<int64_t> index =
        evaluation.wrapIndex(indices.getInteger(n), shape[axis]);
    if (failed(index))
      return failure();
    int64_t offset = *index * strides[axis];
    for (auto [i, coordinate] : llvm::enumerate(at.getCoordinate()))
      if (static_cast<int64_t>(i) != axis)
        offset += coordinate * strides[i];
    visit(n, offset);
  }
  return success();
}

static LogicalResult defineGatherElements(GatherElements op,
                                          Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &indices = evaluation.operand(1);
  FailureOr<HostTensor *> y = evaluation.create(indices.getShape());
  if (failed(y))
    return failure();
  return forEachIndexed(x.getShape(), indices, op.getAxis(), evaluation,
                        [&](int64_t n, int64_t offset) {
                          std::memcpy((*y)->at(n), x.at(offset),
                                      x.getElement().bytes);
                        });
}

/// For each tuple of `indices` after `batchDims` shared axes calls
/// `visit(its number, the offset of the slice of `shape` it names)`.
static LogicalResult
forEachTuple(ArrayRef<int64_t> shape, const HostTensor &indices,
             int64_t batchDims, Evaluation &evaluation,
             llvm::function_ref<void(int64_t, int64_t)> visit) {
  int64_t rank = static_cast<int64_t>(shape.size());
  if (indices.getRank() == 0 || batchDims < 0 ||
      batchDims >= indices.getRank() ||
      batchDims + indices.getShape().back() > rank)
    return evaluation.error("index tuples " + describe(indices) +
                            " do not fit " + describeShape(shape));
  if (indices.getShape().take_front(batchDims) != shape.take_front(batchDims))
    return evaluation.error("batch axes of " + describe(indices) +
                            " differ from " + describeShape(shape));
  int64_t length = indices.getShape().back();
  int64_t tuples = product(indices.getShape(), 0, indices.getRank() - 1);
  int64_t perBatch =
      product(indices.getShape(), batchDims, indices.getRank() - 1);
  int64_t batchSize = product(shape, batchDims, rank);
  Shape strides = stridesOf(shape);
  for (int64_t t = 0; t < tuples; ++t) {
    int64_t offset = t / perBatch * batchSize;
    for (int64_t i = 0; i < length; ++i) {
      FailureOr<int64_t> index = evaluation.wrapIndex(
          indices.getInteger(t * length + i), shape[batchDims + i]);
      if (failed(index))
        return failure();
      offset += *index * strides[batchDims + i];
    }
    visit(t, offset);
  }
  return success();
}

static LogicalResult defineGatherNd(GatherNd op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &indices = evaluation.operand(1);
  int64_t batchDims = op.getBatchDims();
  if (indices.getRank() == 0 || batchDims < 0 ||
      batchDims + indices.getShape().back() > x.getRank())
    return evaluation.error("index tuples " + describe(indices) +
                            " do not fit " + describe(x));
  ArrayRef<int64_t> inner =
      x.getShape().drop_front(batchDims + indices.getShape().back());
  Shape shape(indices.getShape().drop_back());
  llvm::append_range(shape, inner);
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  int64_t row = product(inner, 0, inner.size()) * x.getElement().bytes;
  return forEachTuple(x.getShape(), indices, batchDims, evaluation,
                      [&](int64_t tuple, int64_t offset) {
                        if (row > 0)
                          std::memcpy((*y)->data() + tuple * row, x.at(offset),
                                      row);
                      });
}

/// How an update meets the element at `to`.
static void combine(ScatterKind kind, HostTensor &y, int64_t to,
                    const HostTensor &updates, int64_t from) {
  if (kind == ScatterKind::set) {
    std::memcpy(y.at(to), updates.at(from), y.getElement().bytes);
    return;
  }
  if (y.getElement().isFloat()) {
    double a = y.getReal(to), b = updates.getReal(from);
    bool isNaN = std::isnan(a) || std::isnan(b);
    double value = kind == ScatterKind::add   ? a + b
                   : kind == ScatterKind::mul ? a * b
                   : isNaN                    ? a + b
                   : kind == ScatterKind::max ? std::max(a, b)
                                              : std::min(a, b);
    return y.setReal(to, value);
  }
  int64_t a = y.getInteger(to), b = updates.getInteger(from);
  bool isLess = y.getElement().isUnsigned() ? uint64_t(a) < uint64_t(b) : a < b;
  int64_t value = kind == ScatterKind::add ? int64_t(uint64_t(a) + uint64_t(b))
                  : kind == ScatterKind::mul
                      ? int64_t(uint64_t(a) * uint64_t(b))
                  : kind == ScatterKind::max ? (isLess ? b : a)
                                             : (isLess ? a : b);
  y.setInteger(to, y.getElement().wrap(value));
}

/// The first result as a copy of operand 0, after checking the updates.
static FailureOr<HostTensor *> copyForScatter(Evaluation &evaluation,
                                              ArrayRef<int64_t> updatesShape) {
  const HostTensor &x = evaluation.operand(0), &updates = evaluation.operand(2);
  if (updates.getShape() != updatesShape ||
      updates.getElementType() != x.getElementType())
    return evaluation.error("found updates " + describe(updates) +
                            ", expected shape " + describeShape(updatesShape));
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (succeeded(y) && x.getByteCount() > 0)
    std::memcpy((*y)->data(), x.data(), x.getByteCount());
  return y;
}

static LogicalResult defineScatterElements(ScatterElements op,
                                           Evaluation &evaluation) {
  const HostTensor &indices = evaluation.operand(1),
                   &updates = evaluation.operand(2);
  FailureOr<HostTensor *> y = copyForScatter(evaluation, indices.getShape());
  if (failed(y))
    return failure();
  return forEachIndexed((*y)->getShape(), indices, op.getAxis(), evaluation,
                        [&](int64_t n, int64_t offset) {
                          combine(op.getKind(), **y, offset, updates, n);
                        });
}

static LogicalResult defineScatterNd(ScatterNd op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &indices = evaluation.operand(1),
                   &updates = evaluation.operand(2);
  if (indices.getRank() == 0 || indices.getShape().back() > x.getRank())
    return evaluation.error("index tuples " + describe(indices) +
                            " do not fit " + describe(x));
  ArrayRef<int64_t> inner = x.getShape().drop_front(indices.getShape().back());
  Shape shape(indices.getShape().drop_back());
  llvm::append_range(shape, inner);
  FailureOr<HostTensor *> y = copyForScatter(evaluation, shape);
  if (failed(y))
    return failure();
  int64_t row = product(inner, 0, inner.size());
  return forEachTuple(
      x.getShape(), indices, 0, evaluation, [&](int64_t tuple, int64_t offset) {
        for (int64_t i = 0; i < row; ++i)
          combine(op.getKind(), **y, offset + i, updates, tuple * row + i);
      });
}

void hagane::xf::eval::defineIndexed(DefinitionTable &table) {
  table.add(defineGather);
  table.add(defineGatherElements);
  table.add(defineGatherNd);
  table.add(defineScatterElements);
  table.add(defineScatterNd);
}
