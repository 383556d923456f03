//===- Matrices.cpp - Elimination and states of linear attention ----------===//

#include "dialects/xf/XfSpecial.h"
#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

/// A matrix with as many columns beside it, brought to the identity by row
/// operations as far as it goes.
class Elimination {
public:
  Elimination(const HostTensor &x, int64_t number, int64_t size)
      : size(size), rows(size, std::vector<double>(2 * size)) {
    for (int64_t i = 0; i < size; ++i) {
      for (int64_t j = 0; j < size; ++j)
        rows[i][j] = x.getReal((number * size + i) * size + j);
      rows[i][size + i] = 1;
    }
  }

  /// Returns the determinant.
  double run() {
    double determinant = 1;
    bool isSingular = false;
    for (int64_t column = 0; column < size; ++column) {
      int64_t pivot = column;
      for (int64_t i = column + 1; i < size; ++i)
        if (std::fabs(rows[i][column]) > std::fabs(rows[pivot][column]))
          pivot = i;
      if (pivot != column) {
        std::swap(rows[pivot], rows[column]);
        determinant = -determinant;
      }
      determinant *= rows[column][column];
      isSingular |= rows[column][column] == 0;
      double factor = 1 / rows[column][column];
      for (double &element : rows[column])
        element *= factor;
      for (int64_t i = 0; i < size; ++i)
        if (i != column)
          subtract(i, column);
    }
    return isSingular ? 0 : determinant;
  }

  double inverse(int64_t i, int64_t j) const { return rows[i][size + j]; }

private:
  void subtract(int64_t row, int64_t column) {
    double factor = rows[row][column];
    for (int64_t j = 0; j < 2 * size; ++j)
      rows[row][j] -= factor * rows[column][j];
  }

  int64_t size;
  std::vector<std::vector<double>> rows;
};

LogicalResult checkSquare(Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  int64_t rank = x.getRank();
  if (rank >= 2 && x.getSize(rank - 1) == x.getSize(rank - 2))
    return success();
  return evaluation.error("found " + describe(x) + ", expected squares");
}

LogicalResult defineDeterminant(Determinant, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  if (failed(checkSquare(evaluation)))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(x.getShape().drop_back(2));
  if (failed(y))
    return failure();
  int64_t size = x.getShape().back();
  for (int64_t n = 0; n < (*y)->getCount(); ++n)
    (*y)->setReal(n, Elimination(x, n, size).run());
  return success();
}

LogicalResult defineInverse(Inverse, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  if (failed(checkSquare(evaluation)))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  int64_t size = x.getShape().back();
  if (size == 0)
    return success();
  for (int64_t n = 0; n < x.getCount() / (size * size); ++n) {
    Elimination elimination(x, n, size);
    elimination.run();
    for (int64_t i = 0; i < size * size; ++i)
      (*y)->setReal(n * size * size + i,
                    elimination.inverse(i / size, i % size));
  }
  return success();
}

LogicalResult defineLinearAttention(LinearAttention op,
                                    Evaluation &evaluation) {
  const HostTensor &q = evaluation.operand(0), &k = evaluation.operand(1),
                   &v = evaluation.operand(2);
  const HostTensor *decay = evaluation.optional(op, 3),
                   *rate = evaluation.optional(op, 4),
                   *initial = evaluation.optional(op, 5);
  for (const HostTensor &x : evaluation.getOperands())
    if (x.getRank() != 4)
      return evaluation.error("found " + describe(x) + ", expected rank 4");
  int64_t batch = k.getSize(0), positions = k.getSize(1),
          kvHeads = k.getSize(2), d = k.getSize(3), e = v.getSize(3),
          heads = q.getSize(2);
  if (kvHeads == 0 || heads % kvHeads != 0 || q.getSize(3) != d)
    return evaluation.error("queries " + describe(q) + " do not fit keys " +
                            describe(k));
  Shape stateShape{batch, kvHeads, d, e};
  if (initial && initial->getShape() != ArrayRef<int64_t>(stateShape))
    return evaluation.error("the state is " + describe(*initial) +
                            ", expected the shape " +
                            describeShape(stateShape));
  if (failed(evaluation.create({batch, positions, heads, e})))
    return failure();
  FailureOr<HostTensor *> last = evaluation.create(stateShape);
  if (failed(last))
    return failure();
  HostTensor &y = *(*last - 1);
  double scale = op.getScale().convertToDouble();
  int64_t group = heads / kvHeads;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t h = 0; h < kvHeads; ++h) {
      std::vector<double> state(d * e);
      int64_t origin = (b * kvHeads + h) * d * e;
      for (int64_t i = 0; i < d * e && initial; ++i)
        state[i] = initial->getReal(origin + i);
      for (int64_t t = 0; t < positions; ++t) {
        int64_t row = (b * positions + t) * kvHeads + h;
        auto key = [&](int64_t i) { return k.getReal(row * d + i); };
        for (int64_t i = 0; i < d && decay; ++i) {
          int64_t width = decay->getSize(3);
          double factor = decay->getReal(row * width + (width == 1 ? 0 : i));
          for (int64_t j = 0; j < e; ++j)
            state[i * e + j] *= factor;
        }
        for (int64_t j = 0; j < e; ++j) {
          double update = v.getReal(row * e + j);
          if (rate) {
            for (int64_t i = 0; i < d; ++i)
              update -= key(i) * state[i * e + j];
            int64_t rates = rate->getSize(2);
            update *= rate->getReal((b * positions + t) * rates +
                                    (rates == 1 ? 0 : h));
          }
          for (int64_t i = 0; i < d; ++i)
            state[i * e + j] += key(i) * update;
          for (int64_t g = 0; g < group; ++g) {
            int64_t to = (b * positions + t) * heads + h * group + g;
            double sum = 0;
            for (int64_t i = 0; i < d; ++i)
              sum += q.getReal(to * d + i) * state[i * e + j];
            y.setReal(to * e + j, scale * sum);
          }
        }
      }
      for (int64_t i = 0; i < d * e; ++i)
        (*last)->setReal(origin + i, state[i]);
    }
  return success();
}

} // namespace

void hagane::xf::eval::defineMatrices(DefinitionTable &table) {
  table.add(defineDeterminant);
  table.add(defineInverse);
  table.add(defineLinearAttention);
}
