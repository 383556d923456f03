//===- Strides.h - Walking tensors ------------------------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_STRIDES_H
#define HAGANE_DIALECTS_XF_EVAL_STRIDES_H

#include "dialects/xf/eval/Evaluation.h"

namespace hagane::xf::eval {

/// Row-major strides in elements.
Shape stridesOf(ArrayRef<int64_t> shape);

/// Strides in elements that read a tensor of `shape` as if it were broadcast
/// to `target`; the shapes must be compatible.
Shape broadcastStrides(ArrayRef<int64_t> shape, ArrayRef<int64_t> target);

/// The product of sizes [begin, end).
int64_t product(ArrayRef<int64_t> shape, int64_t begin, int64_t end);

/// The lines of a tensor along one axis: element `i` of a line lies at its
/// origin plus i * stride.
struct Lines {
  Lines(ArrayRef<int64_t> shape, int64_t axis)
      : size(shape[axis]), stride(product(shape, axis + 1, shape.size())),
        count(product(shape, 0, axis) * stride) {}

  int64_t origin(int64_t line) const {
    return line / stride * size * stride + line % stride;
  }

  int64_t size;   // elements of a line
  int64_t stride; // between them
  int64_t count;  // of lines
};

/// Counts through the coordinates of a shape in row-major order and keeps one
/// linear offset per set of strides.
class Odometer {
public:
  Odometer(ArrayRef<int64_t> shape, ArrayRef<Shape> strides)
      : shape(shape), strides(strides), coordinate(shape.size(), 0),
        offsets(strides.size(), 0) {}

  void next();
  int64_t offset(unsigned set) const { return offsets[set]; }
  ArrayRef<int64_t> getCoordinate() const { return coordinate; }

private:
  Shape shape;
  SmallVector<Shape, 3> strides;
  Shape coordinate;
  Shape offsets;
};

/// Creates the result of operands 0 and 1 broadcast against each other and
/// calls `visit(result, its index, a's index, b's index)` for each element.
template <typename Visit>
FailureOr<HostTensor *> broadcastPairs(Evaluation &evaluation, Visit visit) {
  const HostTensor &a = evaluation.operand(0), &b = evaluation.operand(1);
  FailureOr<Shape> shape = evaluation.broadcast({a.getShape(), b.getShape()});
  if (failed(shape))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(*shape);
  if (failed(y))
    return failure();
  Odometer at(*shape, {broadcastStrides(a.getShape(), *shape),
                       broadcastStrides(b.getShape(), *shape)});
  for (int64_t n = 0, count = (*y)->getCount(); n < count; ++n, at.next())
    visit(**y, n, at.offset(0), at.offset(1));
  return y;
}

/// Copies elements of `bytes` bytes between two strided views of one shape;
/// strides are in elements.
void copyStrided(char *to, ArrayRef<int64_t> toStrides, const char *from,
                 ArrayRef<int64_t> fromStrides, ArrayRef<int64_t> shape,
                 unsigned bytes);

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_STRIDES_H
