//===- Contraction.cpp - Matrix products ----------------------------------===//

#include "dialects/xf/eval/Strides.h"
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

/// A matrix inside a tensor, read as rows x columns.
struct Matrix {
  const HostTensor *tensor;
  int64_t offset, rowStride, columnStride;

  template <typename T> T get(int64_t row, int64_t column) const {
    int64_t index = offset + row * rowStride + column * columnStride;
    if constexpr (std::is_same_v<T, double>)
      return tensor->getReal(index);
    else
      return static_cast<T>(tensor->getInteger(index));
  }
};

struct Sizes {
  int64_t m, n, k;
};

/// y[m, n] = sum over k of a[m, k] * b[k, n] + bias[n], summed in T in the
/// order of k. Works on panels of columns of b so that memory stays small.
/// Integers are summed modulo 2^64, which wraps as any narrower type would.
template <typename T>
void multiply(HostTensor &y, int64_t yOffset, const Matrix &a, const Matrix &b,
              const HostTensor *bias, Sizes sizes) {
  constexpr int64_t width = 64;
  std::vector<T> panel(sizes.k * width), row(sizes.k), sums(width);
  for (int64_t n0 = 0; n0 < sizes.n; n0 += width) {
    int64_t columns = std::min(width, sizes.n - n0);
    for (int64_t k = 0; k < sizes.k; ++k)
      for (int64_t n = 0; n < columns; ++n)
        panel[k * width + n] = b.get<T>(k, n0 + n);
    for (int64_t m = 0; m < sizes.m; ++m) {
      for (int64_t k = 0; k < sizes.k; ++k)
        row[k] = a.get<T>(m, k);
      std::fill(sums.begin(), sums.end(), T(0));
      for (int64_t k = 0; k < sizes.k; ++k)
        for (int64_t n = 0; n < width; ++n)
          sums[n] += row[k] * panel[k * width + n];
      for (int64_t n = 0; n < columns; ++n) {
        int64_t to = yOffset + m * sizes.n + n0 + n;
        Matrix addend{bias, 0, 0, 1};
        T sum = bias ? sums[n] + addend.get<T>(0, n0 + n) : sums[n];
        if constexpr (std::is_same_v<T, double>)
          y.setReal(to, sum);
        else
          y.setInteger(to, static_cast<int64_t>(sum));
      }
    }
  }
}

void multiplyMatrices(HostTensor &y, int64_t yOffset, const Matrix &a,
                      const Matrix &b, const HostTensor *bias, Sizes sizes) {
  if (y.getElement().isFloat())
    multiply<double>(y, yOffset, a, b, bias, sizes);
  else
    multiply<uint64_t>(y, yOffset, a, b, bias, sizes);
}

} // namespace

static LogicalResult checkContracted(int64_t a, int64_t b,
                                     Evaluation &evaluation) {
  if (a == b)
    return success();
  return evaluation.error("contracted sizes differ: " + Twine(a) + " and " +
                          Twine(b));
}

static LogicalResult defineMatMul(MatMul op, Evaluation &evaluation) {
  const HostTensor &a = evaluation.operand(0), &b = evaluation.operand(1);
  if (a.getRank() < 2 || b.getRank() < 2)
    return evaluation.error("ranks must be at least 2, found " + describe(a) +
                            " and " + describe(b));
  int64_t aRows = a.getSize(a.getRank() - 2),
          aColumns = a.getSize(a.getRank() - 1);
  int64_t bRows = b.getSize(b.getRank() - 2),
          bColumns = b.getSize(b.getRank() - 1);
  Matrix left{&a, 0, op.getTransposeA() ? 1 : aColumns,
              op.getTransposeA() ? aColumns : 1};
  Matrix right{&b, 0, op.getTransposeB() ? 1 : bColumns,
               op.getTransposeB() ? bColumns : 1};
  Sizes sizes{op.getTransposeA() ? aColumns : aRows,
              op.getTransposeB() ? bRows : bColumns,
              op.getTransposeA() ? aRows : aColumns};
  if (failed(checkContracted(sizes.k, op.getTransposeB() ? bColumns : bRows,
                             evaluation)))
    return failure();
  ArrayRef<int64_t> aBatch = a.getShape().drop_back(2),
                    bBatch = b.getShape().drop_back(2);
  FailureOr<Shape> batch = evaluation.broadcast({aBatch, bBatch});
  if (failed(batch))
    return failure();
  Shape shape(*batch);
  shape.append({sizes.m, sizes.n});
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  Odometer at(*batch, {broadcastStrides(aBatch, *batch),
                       broadcastStrides(bBatch, *batch)});
  for (int64_t i = 0, count = product(*batch, 0, batch->size()); i < count;
       ++i, at.next()) {
    left.offset = at.offset(0) * aRows * aColumns;
    right.offset = at.offset(1) * bRows * bColumns;
    multiplyMatrices(**y, i * sizes.m * sizes.n, left, right, nullptr, sizes);
  }
  return success();
}

static LogicalResult defineLinear(Linear op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &weight = evaluation.operand(1);
  const HostTensor *bias = evaluation.optional(op, 2);
  if (failed(evaluation.checkRank(weight, 2, "the weight")))
    return failure();
  if (x.getRank() < 1)
    return evaluation.error("found " + describe(x) +
                            ", expected a rank of at least 1");
  int64_t rows = weight.getSize(0), columns = weight.getSize(1);
  bool isTransposed = op.getTransposeWeight();
  int64_t k = isTransposed ? columns : rows, n = isTransposed ? rows : columns;
  if (failed(checkContracted(x.getShape().back(), k, evaluation)))
    return failure();
  if (bias && bias->getShape() != ArrayRef<int64_t>(n))
    return evaluation.error("found bias " + describe(*bias) +
                            ", expected shape [" + Twine(n) + "]");
  Shape shape(x.getShape().drop_back());
  int64_t m = product(shape, 0, shape.size());
  shape.push_back(n);
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  multiplyMatrices(**y, 0, {&x, 0, k, 1},
                   {&weight, 0, isTransposed ? 1 : n, isTransposed ? k : 1},
                   bias, {m, n, k});
  return success();
}

void hagane::xf::eval::defineContractions(DefinitionTable &table) {
  table.add(defineMatMul);
  table.add(defineLinear);
}
