//===- Windows.cpp - Convolution and pooling ------------------------------===//

#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

/// A window that slides over the spatial axes.
struct Sliding {
  ArrayRef<int64_t> input, window, strides, pads, dilations;
  Shape output;

  size_t rank() const { return window.size(); }

  /// The input's coordinate along each axis; false if one lies in the padding.
  /// `isPadded` tells whether the position is at least within the padding.
  bool locate(ArrayRef<int64_t> out, ArrayRef<int64_t> in, Shape &coordinate,
              bool *isPadded = nullptr) const {
    bool isInside = true, isInPadding = true;
    for (size_t i = 0; i < rank(); ++i) {
      coordinate[i] = out[i] * strides[i] - pads[i] + in[i] * dilations[i];
      isInside &= coordinate[i] >= 0 && coordinate[i] < input[i];
      isInPadding &= coordinate[i] < input[i] + pads[rank() + i];
    }
    if (isPadded)
      *isPadded = isInPadding;
    return isInside;
  }
};

int64_t offsetOf(ArrayRef<int64_t> shape, ArrayRef<int64_t> coordinate) {
  int64_t offset = 0;
  for (auto [size, index] : llvm::zip(shape, coordinate))
    offset = offset * size + index;
  return offset;
}

/// Checks the parameters and computes the output's sizes.
LogicalResult place(Sliding &sliding, bool ceilMode, Evaluation &evaluation) {
  size_t rank = sliding.rank();
  if (sliding.input.size() != rank || sliding.strides.size() != rank ||
      sliding.dilations.size() != rank || sliding.pads.size() != 2 * rank)
    return evaluation.error("strides, pads, dilations and window must match " +
                            Twine(rank) + " spatial axes");
  for (size_t i = 0; i < rank; ++i) {
    int64_t begin = sliding.pads[i], end = sliding.pads[rank + i];
    int64_t stride = sliding.strides[i], reach, padded;
    if (stride <= 0 || sliding.dilations[i] <= 0 || sliding.window[i] <= 0 ||
        begin < 0 || end < 0)
      return evaluation.error(
          "strides, dilations and window must be above 0, pads at least 0");
    if (__builtin_mul_overflow(sliding.window[i] - 1, sliding.dilations[i],
                               &reach) ||
        __builtin_add_overflow(sliding.input[i], begin, &padded) ||
        __builtin_add_overflow(padded, end, &padded) || padded - reach - 1 < 0)
      return evaluation.error("the window does not fit axis " + Twine(i) +
                              " of size " + Twine(sliding.input[i]));
    int64_t room = padded - reach - 1;
    int64_t size = room / stride + 1;
    // A last, partial window counts unless it starts in the end padding.
    if (ceilMode && room % stride != 0 &&
        size * stride < sliding.input[i] + begin)
      ++size;
    sliding.output.push_back(size);
  }
  return success();
}

LogicalResult defineConv(Conv op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &weight = evaluation.operand(1);
  const HostTensor *bias = evaluation.optional(op, 2);
  int64_t groups = op.getGroups();
  if (x.getRank() < 2 || weight.getRank() != x.getRank() || groups <= 0 ||
      weight.getSize(1) != x.getSize(1) / groups ||
      x.getSize(1) % groups != 0 || weight.getSize(0) % groups != 0)
    return evaluation.error("weight " + describe(weight) + " does not fit " +
                            describe(x) + " with " + Twine(groups) + " groups");
  int64_t out = weight.getSize(0), in = weight.getSize(1);
  if (bias && bias->getShape() != ArrayRef<int64_t>(out))
    return evaluation.error("found bias " + describe(*bias) +
                            ", expected shape [" + Twine(out) + "]");
  Sliding sliding{x.getShape().drop_front(2),
                  weight.getShape().drop_front(2),
                  op.getStrides(),
                  op.getPads(),
                  op.getDilations(),
                  {}};
  if (failed(place(sliding, false, evaluation)))
    return failure();
  Shape shape{x.getSize(0), out};
  shape.append(sliding.output);
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  bool isReal = (*y)->getElement().isFloat();
  int64_t inSpace = product(sliding.input, 0, sliding.rank());
  int64_t windowSize = product(sliding.window, 0, sliding.rank());
  Shape coordinate(sliding.rank(), 0);
  Odometer at(shape, {});
  for (int64_t n = 0; n < (*y)->getCount(); ++n, at.next()) {
    int64_t b = at.getCoordinate()[0], o = at.getCoordinate()[1];
    int64_t firstChannel = o / (out / groups) * in;
    double real = 0;
    uint64_t integer = 0;
    Odometer inWindow(sliding.window, {});
    for (int64_t w = 0; w < windowSize; ++w, inWindow.next()) {
      if (!sliding.locate(at.getCoordinate().drop_front(2),
                          inWindow.getCoordinate(), coordinate))
        continue;
      int64_t position = offsetOf(sliding.input, coordinate);
      for (int64_t c = 0; c < in; ++c) {
        int64_t xAt =
            (b * x.getSize(1) + firstChannel + c) * inSpace + position;
        int64_t weightAt = (o * in + c) * windowSize + w;
        if (isReal)
          real += x.getReal(xAt) * weight.getReal(weightAt);
        else
          integer += uint64_t(x.getInteger(xAt)) *
                     uint64_t(weight.getInteger(weightAt));
      }
    }
    if (isReal)
      (*y)->setReal(n, bias ? real + bias->getReal(o) : real);
    else
      (*y)->setInteger(
          n, int64_t(bias ? integer + uint64_t(bias->getInteger(o)) : integer));
  }
  return success();
}

/// What pooling makes of one window.
class Pooled {
public:
  Pooled(Pool op, const HostTensor &x) : op(op), x(x) {
    largestReal = x.getElement().isFloat() ? x.getElement().lowestReal() : 0;
    largestInteger = x.getElement().lowestInteger();
  }

  void addPadding() { count += op.getCountPad(); }
  void add(int64_t index) {
    ++count;
    if (op.getKind() == PoolKind::max && !x.getElement().isFloat()) {
      int64_t value = x.getInteger(index);
      bool isLarger = x.getElement().isUnsigned()
                          ? uint64_t(value) > uint64_t(largestInteger)
                          : value > largestInteger;
      largestInteger = isLarger ? value : largestInteger;
      return;
    }
    double value = x.getReal(index);
    largestReal =
        std::isnan(value) || value > largestReal ? value : largestReal;
    sum += op.getKind() == PoolKind::lp
               ? std::pow(std::fabs(value), double(op.getP()))
               : value;
  }
  void store(HostTensor &y, int64_t index) const {
    switch (op.getKind()) {
    case PoolKind::max:
      return x.getElement().isFloat() ? y.setReal(index, largestReal)
                                      : y.setInteger(index, largestInteger);
    case PoolKind::average:
      return y.setReal(index, sum / double(count));
    case PoolKind::lp:
      return y.setReal(index, std::pow(sum, 1 / double(op.getP())));
    }
  }

private:
  mutable Pool op;
  const HostTensor &x;
  double largestReal, sum = 0;
  int64_t largestInteger = 0, count = 0;
};

/// Calls `visit` with the result, each of its elements, where that element's
/// plane of x begins, and a function that visits the places of its window:
/// whether they are in x, whether they are padding, and their coordinates.
template <typename OpTy, typename Visit>
LogicalResult forEachWindow(OpTy op, int64_t leastRank, Evaluation &evaluation,
                            Visit visit) {
  const HostTensor &x = evaluation.operand(0);
  if (x.getRank() < leastRank)
    return evaluation.error("found " + describe(x) +
                            ", expected a rank of at least " +
                            Twine(leastRank));
  Sliding sliding{x.getShape().drop_front(2),
                  op.getWindow(),
                  op.getStrides(),
                  op.getPads(),
                  op.getDilations(),
                  {}};
  if (failed(place(sliding, op.getCeilMode(), evaluation)))
    return failure();
  Shape shape(x.getShape().take_front(2));
  shape.append(sliding.output);
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  int64_t space = product(sliding.input, 0, sliding.rank());
  int64_t volume = product(sliding.window, 0, sliding.rank());
  Shape coordinate(sliding.rank(), 0);
  Odometer at(shape, {});
  for (int64_t n = 0; n < (*y)->getCount(); ++n, at.next()) {
    int64_t origin =
        (at.getCoordinate()[0] * x.getSize(1) + at.getCoordinate()[1]) * space;
    visit(**y, n, origin, [&](auto visitPlace) {
      Odometer inWindow(sliding.window, {});
      for (int64_t w = 0; w < volume; ++w, inWindow.next()) {
        bool isPadded;
        bool isInside =
            sliding.locate(at.getCoordinate().drop_front(2),
                           inWindow.getCoordinate(), coordinate, &isPadded);
        visitPlace(isInside, isPadded, ArrayRef<int64_t>(coordinate));
      }
    });
  }
  return success();
}

LogicalResult definePool(Pool op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  return forEachWindow(
      op, 2, evaluation,
      [&](HostTensor &y, int64_t n, int64_t origin, auto forEachPlace) {
        Pooled pooled(op, x);
        forEachPlace([&](bool isInside, bool isPadded, ArrayRef<int64_t> at) {
          if (isInside)
            pooled.add(origin + offsetOf(x.getShape().drop_front(2), at));
          else if (isPadded)
            pooled.addPadding();
        });
        pooled.store(y, n);
      });
}

/// The position of a place in x; planes count in reverse if `columnMajor`.
int64_t positionOf(ArrayRef<int64_t> space, ArrayRef<int64_t> coordinate,
                   bool columnMajor) {
  if (!columnMajor)
    return offsetOf(space, coordinate);
  Shape reversedSpace(llvm::reverse(space)),
      reversed(llvm::reverse(coordinate));
  return offsetOf(reversedSpace, reversed);
}

LogicalResult definePoolIndices(PoolIndices op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  return forEachWindow(
      op, 3, evaluation,
      [&](HostTensor &y, int64_t n, int64_t origin, auto forEachPlace) {
        ArrayRef<int64_t> input = x.getShape().drop_front(2);
        int64_t best = -1, found = 0;
        forEachPlace([&](bool isInside, bool, ArrayRef<int64_t> at) {
          int64_t index = isInside ? origin + offsetOf(input, at) : 0;
          if (!isInside || (best >= 0 && !(x.getReal(index) > x.getReal(best))))
            return;
          best = index;
          found = origin + positionOf(input, at, op.getColumnMajor());
        });
        y.setInteger(n, found);
      });
}

LogicalResult defineFoldWindows(FoldWindows op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<Shape> sizes =
      evaluation.sizes(op.getSizes(), evaluation.optional(op, 1));
  size_t space = op.getWindow().size();
  if (failed(sizes))
    return failure();
  int64_t volume = product(op.getWindow(), 0, space);
  if (x.getRank() != int64_t(space) + 2 || sizes->size() != space ||
      volume < 1 || x.getSize(1) % volume != 0)
    return evaluation.error("windows do not fit " + describe(x));
  Shape shape{x.getSize(0), x.getSize(1) / volume};
  shape.append(*sizes);
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  std::vector<double> sums((*y)->getCount(), 0);
  Odometer at(x.getShape(), {});
  for (int64_t n = 0; n < x.getCount(); ++n, at.next()) {
    ArrayRef<int64_t> from = at.getCoordinate();
    int64_t element = from[1] % volume,
            to = from[0] * shape[1] + from[1] / volume;
    Shape place(space, 0);
    for (size_t i = space; i-- > 0; element /= op.getWindow()[i])
      place[i] = from[2 + i] * op.getStrides()[i] +
                 element % op.getWindow()[i] * op.getDilations()[i] -
                 op.getPads()[i];
    bool isInside = true;
    for (size_t i = 0; i < space; ++i) {
      isInside &= place[i] >= 0 && place[i] < (*sizes)[i];
      to = to * (*sizes)[i] + place[i];
    }
    if (isInside)
      sums[to] += x.getReal(n);
  }
  for (int64_t n = 0; n < (*y)->getCount(); ++n)
    (*y)->setReal(n, sums[n]);
  return success();
}

} // namespace

void hagane::xf::eval::defineWindows(DefinitionTable &table) {
  table.add(defineConv);
  table.add(definePool);
  table.add(definePoolIndices);
  table.add(defineFoldWindows);
}
