//===- Movement.cpp - Data movement by regular patterns -------------------===//

#include "dialects/xf/XfDynamic.h"
#include "dialects/xf/eval/Strides.h"
#include <cstring>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static LogicalResult defineConstant(Constant op, Evaluation &evaluation) {
  llvm::Expected<HostTensor> value = HostTensor::fromAttribute(op.getValue());
  if (!value)
    return evaluation.error(llvm::toString(value.takeError()));
  return evaluation.add(*value);
}

/// Replaces -1 in `shape` by what the other sizes leave of `count` elements.
static LogicalResult inferSize(Shape &shape, int64_t count,
                               Evaluation &evaluation) {
  auto *unknown = llvm::find(shape, -1);
  if (unknown == shape.end())
    return success();
  *unknown = 1;
  std::optional<int64_t> known = countElements(shape);
  if (!known || *known == 0 || count % *known != 0)
    return evaluation.error(Twine(count) +
                            " elements cannot be split by the other sizes of " +
                            describeShape(shape));
  *unknown = count / *known;
  return success();
}

static LogicalResult defineReshape(Reshape op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<Shape> shape =
      evaluation.sizes(op.getShape(), evaluation.optional(op, 1));
  if (failed(shape))
    return failure();
  if (op.getCopyZero())
    for (auto [axis, size] : llvm::enumerate(*shape))
      if (size == 0 && static_cast<int64_t>(axis) < x.getRank())
        size = x.getSize(axis);
  if (failed(inferSize(*shape, x.getCount(), evaluation)))
    return failure();
  if (countElements(*shape) != x.getCount())
    return evaluation.error(describe(x) + " cannot be reshaped to " +
                            describeShape(*shape));
  return evaluation.add(x.withShape(*shape));
}

static LogicalResult defineTranspose(Transpose op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  ArrayRef<int64_t> permutation = op.getPermutation();
  SmallVector<bool> seen(x.getRank(), false);
  if (static_cast<int64_t>(permutation.size()) != x.getRank())
    return evaluation.error("the permutation does not have the rank of " +
                            describe(x));
  for (int64_t axis : permutation)
    if (axis < 0 || axis >= x.getRank() || std::exchange(seen[axis], true))
      return evaluation.error("the permutation does not hold each axis once");
  Shape strides = stridesOf(x.getShape()), shape, from;
  for (int64_t axis : permutation) {
    shape.push_back(x.getSize(axis));
    from.push_back(strides[axis]);
  }
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  copyStrided((*y)->data(), stridesOf(shape), x.data(), from, shape,
              x.getElement().bytes);
  return success();
}

/// The result: x, repeated along axes where it has one element.
static LogicalResult repeatTo(ArrayRef<int64_t> shape, const HostTensor &x,
                              Evaluation &evaluation) {
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  copyStrided((*y)->data(), stridesOf(shape), x.data(),
              broadcastStrides(x.getShape(), shape), shape,
              x.getElement().bytes);
  return success();
}

static LogicalResult defineBroadcast(Broadcast op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<Shape> wanted =
      evaluation.sizes(op.getShape(), evaluation.optional(op, 1));
  if (failed(wanted))
    return failure();
  FailureOr<Shape> shape = evaluation.broadcast({x.getShape(), *wanted});
  if (failed(shape))
    return failure();
  return repeatTo(*shape, x, evaluation);
}

static LogicalResult defineStretch(Stretch op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<Shape> shape = evaluation.valuesOf(op.getShape());
  if (failed(shape))
    return failure();
  FailureOr<Shape> both = evaluation.broadcast({x.getShape(), *shape});
  if (failed(both))
    return failure();
  if (*both != *shape)
    return evaluation.error(describe(x) + " cannot be stretched to " +
                            describeShape(*shape));
  return repeatTo(*shape, x, evaluation);
}

static LogicalResult concat(ArrayRef<HostTensor> inputs, int64_t axis,
                            Evaluation &evaluation) {
  if (inputs.empty())
    return evaluation.error("there is nothing to concatenate");
  if (failed(evaluation.checkAxis(axis, inputs[0])))
    return failure();
  Shape shape(inputs[0].getShape());
  shape[axis] = 0;
  for (const HostTensor &input : inputs) {
    Shape other(input.getShape());
    if (other.size() == shape.size())
      other[axis] = shape[axis];
    if (other != shape)
      return evaluation.error(
          describe(input) + " cannot be concatenated with " +
          describe(inputs[0]) + " along axis " + Twine(axis));
    if (__builtin_add_overflow(shape[axis], input.getSize(axis), &shape[axis]))
      return evaluation.error("the concatenation has too many elements");
  }
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  int64_t outer = product(shape, 0, axis);
  int64_t row = product(shape, axis, shape.size()) * (*y)->getElement().bytes;
  int64_t begin = 0;
  for (const HostTensor &input : inputs) {
    int64_t part = product(input.getShape(), axis, shape.size()) *
                   input.getElement().bytes;
    for (int64_t i = 0; part > 0 && i < outer; ++i)
      std::memcpy((*y)->data() + i * row + begin, input.data() + i * part,
                  part);
    begin += part;
  }
  return success();
}

static LogicalResult defineConcat(Concat op, Evaluation &evaluation) {
  return concat(evaluation.getOperands(), op.getAxis(), evaluation);
}

static LogicalResult defineCacheAppend(CacheAppend op, Evaluation &evaluation) {
  return concat(evaluation.getOperands(), op.getAxis(), evaluation);
}

static LogicalResult defineCacheWrite(CacheWrite op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &starts = evaluation.operand(1);
  const HostTensor *past = evaluation.optional(op, 2);
  int64_t axis = op.getAxis(), written = x.getSize(axis);
  Shape shape(x.getShape());
  if (past)
    shape[axis] = past->getSize(axis);
  const HostTensor *extent = evaluation.optional(op, 3);
  if (op.getExtent() || extent) {
    FailureOr<Shape> value = evaluation.sizes(op.getExtent(), extent);
    if (failed(value))
      return failure();
    shape[axis] = value->front();
  }
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  int64_t inner = product(shape, axis + 1, x.getRank()),
          row = inner * x.getElement().bytes, lines = product(shape, 0, axis),
          perBatch = lines / std::max<int64_t>(shape[0], 1), size = shape[axis];
  auto copy = [&](const HostTensor &from, int64_t line, int64_t at,
                  int64_t to) {
    std::memcpy((*y)->data() + (line * size + to) * row,
                from.data() + (line * from.getSize(axis) + at) * row, row);
  };
  for (int64_t line = 0; row > 0 && line < lines; ++line) {
    int64_t start = starts.getInteger(line / perBatch);
    if (op.getCircular() && size > 0)
      start %= size;
    if (start < 0 || (!op.getCircular() && start + written > size))
      return evaluation.error("positions from " + Twine(start) + " to " +
                              Twine(start + written) +
                              " do not fit a cache of " + Twine(size));
    int64_t kept = op.getKeepRest() ? size : std::min(start, size);
    for (int64_t t = 0; past && t < std::min(kept, past->getSize(axis)); ++t)
      copy(*past, line, t, t);
    for (int64_t t = 0; t < written; ++t)
      copy(x, line, t, op.getCircular() ? (start + t) % size : start + t);
  }
  return success();
}

namespace {
/// The elements start, start + step, ... of an axis.
struct Window {
  int64_t start = 0, step = 1, size = 0;
};
} // namespace

/// ONNX's rules for the start and end of a slice of an axis of `size`.
static Window clampWindow(int64_t start, int64_t end, int64_t step,
                          int64_t size) {
  auto clamp = [&](int64_t value, int64_t low, int64_t high) {
    return std::clamp(value < 0 ? value + size : value, low, high);
  };
  Window window;
  if (size == 0)
    return window;
  window.step = step;
  if (step > 0) {
    window.start = clamp(start, 0, size);
    int64_t length = clamp(end, 0, size) - window.start;
    window.size = length > 0 ? (length - 1) / step + 1 : 0;
    return window;
  }
  window.start = clamp(start, 0, size - 1);
  int64_t length = window.start - clamp(end, -1, size - 1);
  // Negating the smallest step would leave int64; divide as unsigned.
  window.size =
      length > 0
          ? int64_t(uint64_t(length - 1) / (uint64_t(0) - uint64_t(step))) + 1
          : 0;
  return window;
}

static LogicalResult defineSlice(Slice op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<Shape> starts =
      evaluation.sizes(op.getStarts(), evaluation.optional(op, 1));
  if (failed(starts))
    return failure();
  FailureOr<Shape> ends =
      evaluation.sizes(op.getEnds(), evaluation.optional(op, 2));
  if (failed(ends))
    return failure();
  ArrayRef<int64_t> axes = op.getAxes(), steps = op.getSteps();
  if (starts->size() != axes.size() || ends->size() != axes.size() ||
      steps.size() != axes.size())
    return evaluation.error(
        "axes, starts, ends and steps have different lengths");
  Shape shape(x.getShape()), strides = stridesOf(shape);
  int64_t origin = 0;
  for (auto [axis, start, end, step] : llvm::zip(axes, *starts, *ends, steps)) {
    if (failed(evaluation.checkAxis(axis, x)))
      return failure();
    if (step == 0)
      return evaluation.error("a step is 0");
    Window window = clampWindow(start, end, step, x.getSize(axis));
    shape[axis] = window.size;
    if (window.size > 0)
      origin += window.start * strides[axis];
    strides[axis] = window.size > 1 ? strides[axis] * window.step : 0;
  }
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  if ((*y)->getCount() > 0)
    copyStrided((*y)->data(), stridesOf(shape), x.at(origin), strides, shape,
                x.getElement().bytes);
  return success();
}

/// Which element of an axis of `size` lies at `index`, which may be outside;
/// -1 for the padding value.
static int64_t paddedIndex(PadKind kind, int64_t index, int64_t size) {
  if (index >= 0 && index < size)
    return index;
  auto floorMod = [](int64_t a, int64_t b) { return ((a % b) + b) % b; };
  switch (kind) {
  case PadKind::constant:
    return -1;
  case PadKind::edge:
    return index < 0 ? 0 : size - 1;
  case PadKind::wrap:
    return floorMod(index, size);
  case PadKind::reflect: {
    if (size == 1)
      return 0;
    int64_t phase = floorMod(index, 2 * (size - 1));
    return phase < size ? phase : 2 * (size - 1) - phase;
  }
  }
  llvm_unreachable("all kinds are listed");
}

static LogicalResult definePad(Pad op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  const HostTensor *value = evaluation.optional(op, 2);
  FailureOr<Shape> pads =
      evaluation.sizes(op.getPads(), evaluation.optional(op, 1));
  if (failed(pads))
    return failure();
  int64_t rank = x.getRank();
  if (static_cast<int64_t>(pads->size()) != 2 * rank)
    return evaluation.error("found " + Twine(pads->size()) +
                            " pads, expected " + Twine(2 * rank));
  if (value &&
      (value->getCount() != 1 || value->getElementType() != x.getElementType()))
    return evaluation.error(
        "the padding value must be one element of the operand's type, found " +
        describe(*value));
  Shape shape;
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t size;
    if (__builtin_add_overflow(x.getSize(axis), (*pads)[axis], &size) ||
        __builtin_add_overflow(size, (*pads)[rank + axis], &size) || size < 0)
      return evaluation.error("pads leave axis " + Twine(axis) + " of " +
                              describe(x) + " without a size");
    if (x.getSize(axis) == 0 && size > 0 && op.getKind() != PadKind::constant)
      return evaluation.error("an empty axis can be padded only by a constant");
    shape.push_back(size);
  }
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  Shape strides = stridesOf(x.getShape());
  Odometer at(shape, {});
  for (int64_t n = 0; n < (*y)->getCount(); ++n, at.next()) {
    int64_t source = 0;
    for (int64_t axis = 0; axis < rank && source >= 0; ++axis) {
      int64_t index =
          paddedIndex(op.getKind(), at.getCoordinate()[axis] - (*pads)[axis],
                      x.getSize(axis));
      source = index < 0 ? -1 : source + index * strides[axis];
    }
    if (source >= 0)
      std::memcpy((*y)->at(n), x.at(source), x.getElement().bytes);
    else if (value)
      std::memcpy((*y)->at(n), value->data(), x.getElement().bytes);
  }
  return success();
}

/// Where the part of `x` at position `at` of `axis` begins, in elements.
static FailureOr<int64_t> itemOrigin(const HostTensor &x, int64_t axis,
                                     DimAttr at, Evaluation &evaluation) {
  FailureOr<int64_t> position = evaluation.valueOf(at);
  if (failed(position) || failed(evaluation.checkAxis(axis, x)))
    return failure();
  if (*position < 0 || *position >= x.getSize(axis))
    return evaluation.error("position " + Twine(*position) +
                            " is out of range for " + describe(x));
  return *position * stridesOf(x.getShape())[axis];
}

static LogicalResult defineItem(Item op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  int64_t axis = op.getAxis();
  FailureOr<int64_t> origin = itemOrigin(x, axis, op.getAt(), evaluation);
  if (failed(origin))
    return failure();
  Shape shape(x.getShape()), from = stridesOf(shape);
  shape.erase(shape.begin() + axis);
  from.erase(from.begin() + axis);
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  copyStrided((*y)->data(), stridesOf(shape), x.at(*origin), from, shape,
              x.getElement().bytes);
  return success();
}

static LogicalResult definePutItem(PutItem op, Evaluation &evaluation) {
  const HostTensor &item = evaluation.operand(0), &x = evaluation.operand(1);
  int64_t axis = op.getAxis();
  FailureOr<int64_t> origin = itemOrigin(x, axis, op.getAt(), evaluation);
  if (failed(origin))
    return failure();
  Shape shape(x.getShape()), to = stridesOf(shape);
  shape.erase(shape.begin() + axis);
  to.erase(to.begin() + axis);
  if (ArrayRef<int64_t>(shape) != item.getShape())
    return evaluation.error(describe(item) + " does not fit into " +
                            describe(x));
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  std::memcpy((*y)->data(), x.data(), x.getByteCount());
  copyStrided((*y)->at(*origin), to, item.data(), stridesOf(shape), shape,
              x.getElement().bytes);
  return success();
}

void hagane::xf::eval::defineMovement(DefinitionTable &table) {
  table.add(defineConstant);
  table.add(defineReshape);
  table.add(defineTranspose);
  table.add(defineBroadcast);
  table.add(defineStretch);
  table.add(defineConcat);
  table.add(defineCacheAppend);
  table.add(defineCacheWrite);
  table.add(defineItem);
  table.add(definePutItem);
  table.add(defineSlice);
  table.add(definePad);
}
